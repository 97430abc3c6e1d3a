/** Restores that are explored: of a record over whatever a key can hold. */
import { Option } from "effect"
import { heldOf, restore } from "../restore/records.ts"
import { type Change, changesOf, key } from "./session.ts"

/** A restore of a record with so many entries, above all versions that the clock of an exploration gives. */
const restoring = (name: string, version: number, entryCount: number): Change => {
  const held = heldOf(key, { version, batches: [0, entryCount] })
  const entries = held.entries.map(({ entry }): unknown => JSON.parse(entry))
  return { name, operations: [restore(key, held)], after: Option.some({ state: { restored: version }, entries }) }
}

const version = 2 ** 51

/** Restores of a key that was never there, of one that is, and of one that was removed; the first three show most. */
export const restores: ReadonlyArray<ReadonlyArray<Change>> = [
  [restoring("restore", version, 2)],
  [...changesOf("both", "append"), restoring("restore over a session", version, 2)],
  [...changesOf("both", "remove"), restoring("restore over a removal", version, 1)],
  [...changesOf("both", "append"), restoring("restore over a session, without entries", version, 0)],
  [restoring("restore", version, 2), restoring("restore over a restored one", version + 9, 1)]
]
