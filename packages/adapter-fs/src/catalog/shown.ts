/**
 * What a listing has found: of the heads no more than its query can show.
 *
 * A page of a store with a hundred thousand sessions takes the room of a page. What could not be read is kept, all
 * of it. Whether a head may be shown at all is for others to tell.
 */
import { evaluateQuery, type Listed, type ListQuery, type StoredHead, type Unreadable } from "@holdfast/core/port"

/** What a listing has found so far. */
export interface Shown {
  readonly add: (row: Listed) => void
  /** First what could not be read, then the heads in the query's order. */
  readonly rows: () => ReadonlyArray<Listed>
}

// Sorting now and then what may be shown takes less than holding all heads of a large store.
const spareHeadsMax = 2000

/** Keeps of what it is given no more than the query can show. */
export const makeShown = (query: ListQuery): Shown => {
  const unread: Array<Unreadable> = []
  let heads: Array<StoredHead> = []
  const headsMax = 2 * (query.limit ?? Infinity) + spareHeadsMax
  return {
    add: (row) => {
      if (row._tag === "Unreadable") return void unread.push(row)
      heads.push(row)
      if (heads.length >= headsMax) heads = [...evaluateQuery(heads, query)]
    },
    rows: () => [...unread, ...evaluateQuery(heads, query)]
  }
}
