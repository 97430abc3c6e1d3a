/**
 * The known name that a mistyped one probably means: for "did you mean".
 *
 * Counts typing mistakes: a character too much, one missing, a wrong one, two neighbours swapped. A name
 * that is cut short means the one that it begins.
 */
import * as Arr from "effect/Array"
import type * as Option from "effect/Option"

/** The mistakes between two words: the optimal string alignment distance. */
const mistakes = (self: string, that: string): number => {
  const rows = Array.from({ length: self.length + 1 }, (_, row) => [row])
  const at = (row: number, column: number): number => rows[row]?.[column] ?? column
  for (let row = 1; row <= self.length; row++) {
    for (let column = 1; column <= that.length; column++) {
      const isSame = self[row - 1] === that[column - 1]
      const isSwapped = row > 1 && column > 1 && self[row - 1] === that[column - 2] &&
        self[row - 2] === that[column - 1]
      rows[row]![column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity
      )
    }
  }
  return at(self.length, that.length)
}

// A third of a word may be wrong, and one character of a short one; beyond that everything is near.
const mistakesMax = (known: string): number => Math.max(1, Math.floor(known.length / 3))

/** The nearest of the known names, none where none is near. Upper and lower case are the same. */
export const nearestOf = (given: string, known: ReadonlyArray<string>): Option.Option<string> => {
  const word = given.toLowerCase()
  // Longer words are not near anything that is known, and would be costly to compare.
  if (word.length < 2 || word.length > 40) return Arr.head([])
  const begun = known.find((name) => name.toLowerCase().startsWith(word))
  if (begun !== undefined) return Arr.head([begun])
  const near = known
    .map((name) => ({ name, count: mistakes(word, name.toLowerCase()) }))
    .filter(({ count, name }) => count <= mistakesMax(name))
    .toSorted((self, that) => self.count - that.count)
  return Arr.head(near.map(({ name }) => name))
}
