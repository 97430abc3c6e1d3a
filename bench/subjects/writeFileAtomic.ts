/** write-file-atomic, one file per session. */
import { createRequire } from "node:module"
import { filePerSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

// The package has no declarations of its own.
const writeFileAtomic = createRequire(import.meta.url)("write-file-atomic") as (
  path: string,
  text: string
) => Promise<void>

export const open: Open = (directory) => appendByRewriting(filePerSession(directory, writeFileAtomic))
