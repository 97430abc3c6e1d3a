/**
 * What a power cut could take: reads from a record of calls which bytes and names no sync has covered.
 *
 * Bytes are covered by a sync of their file after the last write, names by a sync of their folder after
 * the last change of names in it. A file keeps what is known of its bytes when it is renamed.
 */
import * as path from "node:path"
import type { FileCall } from "../../src/testing/intercept.ts"
import { isDerived } from "../kit.ts"

interface Known {
  /** Files with bytes that were not synced. */
  readonly bytes: Set<string>
  /** By folder, the names in it that were made, renamed or removed and not synced. */
  readonly names: Map<string, Set<string>>
}

const creates = new Set(["w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"])

const changeName = ({ names }: Known, file: string): void => {
  const folder = path.dirname(file)
  names.set(folder, (names.get(folder) ?? new Set()).add(path.basename(file)))
}

const rename = (known: Known, from: string, to: string): void => {
  if (known.bytes.delete(from)) known.bytes.add(to)
  else known.bytes.delete(to)
  changeName(known, from)
  changeName(known, to)
}

const take = (known: Known, call: FileCall): void => {
  const { flag, operation, path: file, target } = call
  switch (operation) {
    case "open":
      if (flag !== undefined && creates.has(flag)) changeName(known, file)
      return
    case "makeDirectory":
      return changeName(known, file)
    case "write":
    case "truncate":
      known.bytes.add(file)
      return
    case "sync":
      known.bytes.delete(file)
      known.names.delete(file)
      return
    case "rename":
      return rename(known, file, target ?? file)
    case "link":
      return changeName(known, target ?? file)
    case "remove":
      known.bytes.delete(file)
      return changeName(known, file)
    default:
  }
}

/** What of these calls is not on the disk for sure: `bytes of X`, `names in Y`. */
export const unsynced = (calls: ReadonlyArray<FileCall>): ReadonlyArray<string> => {
  const known: Known = { bytes: new Set(), names: new Map() }
  for (const call of calls) if (!isDerived(call.path)) take(known, call)
  return [
    ...[...known.bytes].map((file) => `bytes of ${path.basename(file)}`),
    ...[...known.names].map(([folder, names]) => `names in ${path.basename(folder)}: ${[...names].join(" ")}`)
  ]
}
