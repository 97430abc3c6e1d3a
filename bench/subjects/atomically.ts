/** atomically, one file per session. */
import { writeFile } from "atomically"
import { filePerSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) =>
  appendByRewriting(filePerSession(directory, (path, text) => writeFile(path, text)))
