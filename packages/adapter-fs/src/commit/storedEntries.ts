/**
 * The entries of a log as the port gives them: counted lines, and a row for each that cannot be read.
 *
 * Every index up to the number of entries that the session says it has is there, so that a loss is seen
 * and not closed up.
 */
import { Corrupt, type EntryRange, selectRange, type StoredEntry, type UnreadableEntry } from "@holdfast/core/port"
import type { EntryLine } from "../layout/entryLine.ts"
import { type CountedLine, indexOf } from "../layout/logFold.ts"
import { segmentPath, storageError, type Target } from "./Place.ts"
import type { SessionFiles } from "./readSession.ts"

/** Lines at their own indices: where a log has lost some, the later ones stay where they were. */
const placed = (lines: ReadonlyArray<CountedLine>): ReadonlyArray<CountedLine | undefined> => {
  const places: Array<CountedLine | undefined> = []
  for (const counted of lines) places[indexOf(counted)] = counted
  return places
}

/** The write that added an entry, on the last one that it added, as far as it is known. */
const writeIdOf = ({ place: [number, of], writeId }: EntryLine): string | undefined =>
  number === of && writeId !== "" ? writeId : undefined

/** The entries of a range. Entries that a head has counted and the log has lost are rows too. */
export const storedEntries = (
  target: Target,
  { document, log }: SessionFiles,
  range: EntryRange
): ReadonlyArray<StoredEntry | UnreadableEntry> => {
  const at = segmentPath(target, log.segment)
  const unreadable = (index: number, problem: string): UnreadableEntry => ({
    _tag: "UnreadableEntry",
    index,
    error: storageError("entries", target.key, new Corrupt({ at, problem, outcome: "notApplied" }))
  })
  const lines = placed(log.state.lines)
  const toEntry = (index: number, counted: CountedLine | undefined): StoredEntry | UnreadableEntry => {
    if (counted === undefined) return unreadable(index, `has lost entry ${index}`)
    if (counted._tag === "Damage") return unreadable(index, `has a damaged line at byte ${counted.offset}`)
    const { at: time, entry, schemaVersion, version } = counted.line
    return { _tag: "StoredEntry", index, at: time, version, schemaVersion, entry, writeId: writeIdOf(counted.line) }
  }
  const [from, to] = selectRange(range, Math.max(lines.length, document.log.count))
  return Array.from({ length: to - from }, (_, offset) => toEntry(from + offset, lines[from + offset]))
}
