/** The SQLite adapter keeps the laws of the port where there is no write-ahead log. */
import { conformance } from "@holdfast/core/testing/vitest"
import { observing } from "./modes.ts"

conformance(observing("sqlite, no log", { fileSystemType: 0x6969 }))
