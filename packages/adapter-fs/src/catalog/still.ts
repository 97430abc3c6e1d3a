/**
 * The sessions of a folder whose files are what the catalog says, looked at one after the other without a way
 * through the thread pool.
 *
 * Only where such looks hold nobody up. A session that is not among them is looked at by itself, whatever the cause.
 */
import { keyText, type SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Catalog } from "./Catalog.ts"
import { fileName, isYoung, type SessionRow, stampOf } from "./row.ts"

/** A session to be looked at. */
export interface Known {
  readonly stem: string
  readonly key: SessionKey
  readonly row: SessionRow
}

/** A folder, with its files' names where it is sure that none is missing among them. */
export interface Folder {
  readonly path: string
  readonly names: Option.Option<ReadonlySet<string>>
}

// Looks at so many files take a millisecond or two; others may run between them.
const looksAtOnce = 256

/** The stems of those whose files are as they were. */
export const stillStems = Effect.fnUntraced(function*(
  { lookNow, place }: Catalog,
  { names, path }: Folder,
  sessions: ReadonlyArray<Known>
) {
  const still = new Set<string>()
  if (Option.isNone(lookNow) || !(yield* place.io.isAtOnce(path))) return still
  const look = lookNow.value
  const start = path + place.path.sep
  const isAsWritten = ({ files }: SessionRow, stem: string): boolean => {
    for (const [file, expected] of Object.entries(files)) {
      const name = fileName(stem, file)
      const facts = Option.isSome(names) && !names.value.has(name) ? undefined : look(start + name)
      if (expected !== (facts === undefined ? null : stampOf(facts))) return false
    }
    return true
  }
  // What follows a failed sync is not shown by this process, and others may have counted it.
  const isBroken = (key: SessionKey): boolean => place.memory.recall(keyText(key)).isLogBroken
  for (let at = 0; at < sessions.length; at += looksAtOnce) {
    yield* Effect.ignore(Effect.try(() => {
      for (const { key, row, stem } of sessions.slice(at, at + looksAtOnce)) {
        if (!isYoung(row) && !isBroken(key) && isAsWritten(row, stem)) still.add(stem)
      }
    }))
    yield* Effect.yieldNow
    if (!(yield* place.io.isAtOnce(path))) break
  }
  return still
})
