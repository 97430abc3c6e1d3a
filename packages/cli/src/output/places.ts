/**
 * Places and reasons in tables: relative to the store, and without repeating the place.
 *
 * A store may have thousands of files that cannot be read. People are shown the first ones and how many more there are;
 * JSON has them all.
 */
import { codeUnits, type Unreadable } from "@holdfast/core"
import { counted, type Paper, table } from "./text.ts"

// As many as fit on a screen beside what is said about them.
const shownMax = 20

/** A place as it is seen from the store. */
export const seenFrom = (location: string, place: string): string =>
  place.startsWith(`${location}/`) || place.startsWith(`${location}\\`) ? place.slice(location.length + 1) : place

/** A reason without the place that stands beside it. */
export const withoutPlace = (message: string, place: string, word = "it"): string => message.replaceAll(place, word)

/** A table of the first rows, and a line that says how many more there are. */
export const firstRows = (
  paper: Paper,
  columns: ReadonlyArray<{ readonly title: string }>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => [
  ...table(paper, columns, rows.slice(0, shownMax)),
  ...(rows.length > shownMax ? [`and ${rows.length - shownMax} more; --json shows all of them`] : [])
]

/** What could not be read, as text; nothing for nothing. */
export const unreadableLines = (
  paper: Paper,
  location: string,
  unreadable: ReadonlyArray<Unreadable>
): ReadonlyArray<string> => {
  if (unreadable.length === 0) return []
  const rows = unreadable
    .map(({ error, place }) => [seenFrom(location, place), withoutPlace(error.reason.message, place)] as const)
    .toSorted(([self], [that]) => codeUnits(self, that))
  return [
    paper.paint("bad", `${counted(rows.length, "file or folder", "files or folders")} could not be read:`),
    ...firstRows(paper, [{ title: "WHERE" }, { title: "WHY" }], rows)
  ]
}
