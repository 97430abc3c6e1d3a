/**
 * Every head of a store, one after the other, with what cannot be read first.
 *
 * A database is asked page by page, so a store of any size takes the memory of one page. Files are asked once: every
 * page of theirs would read all folders again. What cannot be read is told once, whichever pages tell of it.
 */
import {
  keyText,
  type Listed,
  positionOf,
  type StorageAdapter,
  type StorageError,
  type StoredHead,
  type Unreadable
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CurrentScreen } from "../output/Screen.ts"

type Adapter = StorageAdapter["Service"]

/** Which heads, in an order in which no write moves a session while pages are read; by id where none is named. */
export interface Wanted {
  readonly namespace: ReadonlyArray<string>
  readonly kind?: string | undefined
  readonly order?: "id" | "createdAt" | undefined
}

// Some megabytes with summaries as apps write them; larger pages are not faster.
const pageSize = 1000

const nameOf = ({ error, key, place }: Unreadable): string =>
  JSON.stringify([place, Option.getOrNull(Option.map(key, keyText)), error.reason.message])

const isFirst = (told: Set<string>, row: Listed): boolean => {
  if (row._tag === "StoredHead") return true
  const name = nameOf(row)
  const isNew = !told.has(name)
  told.add(name)
  return isNew
}

/** Heads in pages, each read when the one before was taken. */
const inPages = (adapter: Adapter, { kind, namespace, order = "id" }: Wanted): Stream.Stream<Listed, StorageError> => {
  const query = { namespace, kind, order }
  type Start = { readonly after: StoredHead | undefined; readonly limit: number | undefined }
  const pageFor = (told: Set<string>) =>
    Effect.fnUntraced(function*({ after, limit }: Start) {
      const position = after === undefined ? undefined : positionOf(after, order)
      const rows = yield* Stream.runCollect(adapter.list({ ...query, after: position, limit }))
      const last = rows.findLast((row): row is StoredHead => row._tag === "StoredHead")
      const headCount = rows.filter(({ _tag }) => _tag === "StoredHead").length
      const isFull = limit !== undefined && headCount >= limit
      // A page may be short because damaged rows lie in it: what comes after it is then asked for at once.
      const mayGoOn = limit !== undefined && headCount < rows.length
      const next: Start | undefined = isFull
        ? { after: last, limit }
        : mayGoOn
        ? { after: last ?? after, limit: undefined }
        : undefined
      return [rows.filter((row) => isFirst(told, row)), Option.fromUndefinedOr(next)] as const
    })
  const first: Start = { after: undefined, limit: pageSize }
  return Stream.suspend(() => Stream.paginate<Start, Listed, StorageError>(first, pageFor(new Set())))
}

/** What a store lists, and how many rows that is; 0 where it takes reading them to know, and nobody is shown. */
interface Listing {
  readonly count: number
  readonly rows: Stream.Stream<Listed, StorageError>
}

/** The rows of a listing, for whoever does not need to know how many there are. */
export const listRows = (adapter: Adapter, wanted: Wanted): Stream.Stream<Listed, StorageError> =>
  adapter.name === "sqlite" ? inPages(adapter, wanted) : adapter.list({ ...wanted, order: wanted.order ?? "id" })

/** The rows of a listing. */
export const listAll = Effect.fnUntraced(function*(adapter: Adapter, wanted: Wanted) {
  if (adapter.name === "sqlite") {
    const rows = inPages(adapter, wanted)
    const { showsProgress } = yield* CurrentScreen
    return { rows, count: showsProgress ? yield* Stream.runCount(rows) : 0 } satisfies Listing
  }
  const listed = yield* Stream.runCollect(listRows(adapter, wanted))
  return { rows: Stream.fromIterable(listed), count: listed.length } satisfies Listing
})
