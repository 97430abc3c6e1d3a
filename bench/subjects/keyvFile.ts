/** keyv with keyv-file, one file per session. */
import { Keyv } from "keyv"
import { KeyvFile } from "keyv-file"
import { join } from "node:path"
import { overKeyv } from "./overKeyv.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) =>
  overKeyv(new Keyv({ store: new KeyvFile({ filename: join(directory, "sessions"), separatedFile: true }) }))
