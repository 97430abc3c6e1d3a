/**
 * Whether the index that listings read has the sessions that the store has: one flipped bit may hide rows of an index,
 * or bring back rows that it had before, and leaves another index as it is. The two are counted.
 *
 * Whatever reads the whole index counts first. Pages count together: the first one of a connection, and the next one
 * after as many rows as the store has. So a page costs what it shows, and a walk through the store one count.
 */
import type { Statements } from "./statements.ts"

/** How many sessions there are by the index that listings read, and by another one. */
export interface IndexCounts {
  readonly listed: number
  readonly known: number
}

/** The check of one connection. */
export interface IndexCheck {
  /** What the indexes say, where they disagree. A page is told what was found for the pages before it. */
  readonly differ: (read: "all" | "page") => IndexCounts | undefined
  /** Tells how many rows a listing gave. */
  readonly note: (rowCount: number) => void
}

/** Makes the check of a connection. */
export const makeIndexCheck = ({ counts }: Pick<Statements, "counts">): IndexCheck => {
  // How many rows pages may give before the next count. There are none while the indexes disagree.
  let rest = 0
  return {
    differ: (read) => {
      if (read === "page" && rest > 0) return undefined
      const found = counts.get()!
      const isSame = found.known === found.listed
      rest = isSame ? found.known : 0
      return isSame ? undefined : found
    },
    note: (rowCount) => {
      rest -= rowCount
    }
  }
}
