/**
 * The sessions of a folder whose files are what the catalog says, looked at one after the other without a way
 * through the thread pool.
 *
 * Only where such looks hold nobody up. A session that is not among them is looked at by itself, whatever the cause.
 */
import { keyText, type StoredHead } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { keyAt } from "../layout/keyAt.ts"
import { type Catalog, type FolderRows, rowOf } from "./Catalog.ts"
import { type FileId, fileName, headOf, isStampOf, isYoung } from "./row.ts"

/** A session of ours: its stem, and the name of one of its files. */
export type Own = readonly [stem: string, name: string]

/** A folder, with its files' names where it is sure that none is missing among them. */
export interface Folder {
  readonly path: string
  readonly namespace: ReadonlyArray<string>
  readonly names: Option.Option<ReadonlySet<string>>
  readonly rows: FolderRows
}

// Looks at so many files take a millisecond or two; others may run between them.
const looksAtOnce = 256

/** Shows the heads of those whose files are as they were, and gives the others. */
export const showStill = Effect.fnUntraced(function*(
  { lookNow, place }: Catalog,
  { names, namespace, path, rows }: Folder,
  { sessions, show }: { readonly sessions: ReadonlyArray<Own>; readonly show: (head: StoredHead) => void }
): Effect.fn.Return<ReadonlyArray<Own>> {
  if (Option.isNone(lookNow) || rows.sessions.size === 0) return sessions
  const { inNumbers: look } = lookNow.value
  const start = path + place.path.sep
  const known = Option.getOrUndefined(names)
  /** Whether a session needs no reading: what its row tells, if that is a head, is shown. */
  const isShown = (stem: string): boolean => {
    const row = rowOf(rows, stem)
    const key = row === undefined ? Option.none() : keyAt(namespace, stem)
    // What follows a failed sync is not shown by this process, and others may have counted it.
    if (row === undefined || Option.isNone(key) || isYoung(row)) return false
    if (place.memory.isLogBroken(keyText(key.value))) return false
    for (const file in row.files) {
      const name = fileName(stem, file)
      const facts = known?.has(name) === false ? undefined : look(start + name)
      const stamp = row.files[file as FileId]
      const isSame = typeof stamp === "string" ? facts !== undefined && isStampOf(stamp, facts) : facts === undefined
      if (!isSame) return false
    }
    if (Option.isSome(row.head)) show(headOf(row.head.value, key.value))
    return true
  }
  const others: Array<Own> = []
  for (let at = 0; at < sessions.length; at += looksAtOnce) {
    const next = sessions.slice(at, at + looksAtOnce)
    if (!(yield* place.io.isAtOnce(path))) return [...others, ...sessions.slice(at)]
    let looked = 0
    yield* Effect.ignore(Effect.try(() => {
      for (; looked < next.length; looked++) if (!isShown(next[looked]![0])) others.push(next[looked]!)
    }))
    // Where a look failed, the whole way says why.
    others.push(...next.slice(looked))
    yield* Effect.yieldNow
  }
  return others
})
