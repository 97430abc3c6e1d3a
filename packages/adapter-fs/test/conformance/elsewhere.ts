/** File stores that another process has open. */
import { join } from "node:path"
import { elsewhere } from "../../../../testing/elsewhere.ts"
import type * as FsAdapter from "../../src/FsAdapter.ts"

const start = elsewhere(join(import.meta.dirname, "child.ts"), "files-elsewhere")

/** Opens a file store in a process of its own, until the scope closes. */
export const openElsewhere = (options: FsAdapter.FsOptions) => start(options)
