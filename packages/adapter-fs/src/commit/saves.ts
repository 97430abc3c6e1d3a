/**
 * Saves by write id, for as long as the store is open: more than a head remembers.
 *
 * Many saves of one session may be written as one, and a head keeps the last few ids. One that is sent
 * again after its acknowledgement was lost must not take the place of a later one.
 */
import type { AppliedWrite, KeyFacts } from "@holdfast/core/port"
import * as Option from "effect/Option"
import { recall, remember, type Target } from "./Place.ts"

// A retry comes within seconds; no app saves one session more often in that time.
const savesMax = 512

/** The save of this id, if this process wrote it in this life of the key. */
export const findSave = (target: Target, { live }: KeyFacts, writeId: string): Option.Option<AppliedWrite> => {
  const { saves } = recall(target)
  const isSameLife = Option.exists(live, ({ incarnation }) => incarnation === saves.incarnation)
  return isSameLife ? Option.fromUndefinedOr(saves.writes.get(writeId)) : Option.none()
}

/** Keeps what was saved, in its order. */
export const rememberSaves = (target: Target, saved: ReadonlyArray<AppliedWrite>, incarnation: string): void => {
  const known = recall(target)
  const isSameLife = known.saves.incarnation === incarnation
  const writes = isSameLife ? known.saves.writes : new Map<string, AppliedWrite>()
  for (const write of saved) writes.set(write.id, write)
  for (const oldest of writes.keys()) {
    if (writes.size <= savesMax) break
    writes.delete(oldest)
  }
  if (!isSameLife) remember(target, { ...known, saves: { incarnation, writes } })
}
