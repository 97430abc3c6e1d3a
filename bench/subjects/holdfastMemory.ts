/** The memory adapter: what the typed store costs without any disk. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { openStore } from "./holdfast.ts"
import type { Open } from "./Subject.ts"

export const open: Open = () => openStore(MemoryAdapter.layer)
