/**
 * The listing methods of a store: one page, or all heads of one snapshot.
 *
 * Heads of an older schema version are loaded and migrated before they are shown or filtered, so a
 * listing looks the same before and after a migration. What does not decode is a row, never missing.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import { type ListOrder, type ListPosition, positionOf } from "../model/ListQuery.ts"
import { displayKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { tracedFn } from "../port/tracing.ts"
import { decodeCursor, encodeCursor } from "./cursor.ts"
import { type StoreParts, toTime } from "./parts.ts"
import type { Head, Listing, PlainSchema } from "./Session.ts"
import type { ListAllOptions, ListOptions, SessionStore, WhereOf } from "./SessionStore.ts"

// The page size of a listing that names none.
const listLimitDefault = 100

/**
 * A session's place in the listing's order, with its head, or why it cannot be shown; nothing when it was
 * removed meanwhile. All three take a place on a page, so that a page's end is where the adapter's was.
 */
interface Row<Summary> {
  readonly _tag: "Row"
  readonly shown: ReadonlyArray<Head<Summary> | Unreadable>
  readonly position: ListPosition
}

const matches = (where: object | undefined, encoded: unknown): boolean =>
  where === undefined
  || Object.entries(where).every(([name, value]) =>
    value === undefined || (Predicate.hasProperty(encoded, name) && Equal.equals(encoded[name], value))
  )

/** Makes the reading of one stored head as a row; none when `where` leaves it out. */
const makeToRow = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, codec, definition }: StoreParts<S, E, Summary>
) => {
  /** The encoded summary of a head in the current version; none when the session was removed meanwhile. */
  const currentSummary = Effect.fnUntraced(function*(head: StoredHead) {
    yield* codec.checkOwn(head)
    if (head.schemaVersion === definition.version) {
      return Option.some({ head, encoded: yield* codec.parseSummary(head, head.summary) })
    }
    const stored = yield* adapter.load(head.key)
    // A session of another kind that has the key by now is not listed, as one that is gone is not.
    if (Option.isNone(stored) || stored.value.head.kind !== definition.kind) return Option.none()
    const state = yield* codec.decodeState(stored.value.head, stored.value.body)
    const text = yield* codec.encodeSummary(head.key, state)
    return Option.some({ head: stored.value.head, encoded: yield* codec.parseSummary(head, text) })
  })

  const toHead = Effect.fnUntraced(function*(stored: StoredHead, where: object | undefined) {
    const current = yield* currentSummary(stored)
    if (Option.isNone(current)) return Option.some([])
    if (!matches(where, current.value.encoded)) return Option.none()
    const { encoded, head } = current.value
    const shown: Head<Summary["Type"]> = {
      _tag: "Head",
      key: head.key,
      version: head.version,
      createdAt: toTime(head.createdAt),
      updatedAt: toTime(head.updatedAt),
      summary: yield* codec.decodeSummary(head, encoded),
      entryCount: head.entryCount
    }
    return Option.some([shown])
  })

  return (stored: StoredHead, order: ListOrder, where: object | undefined) => {
    const position = positionOf(stored, order)
    const unreadable = (error: SessionInvalid | StorageError): Row<Summary["Type"]> => ({
      _tag: "Row",
      position,
      shown: [{
        _tag: "Unreadable",
        key: Option.some(stored.key),
        place: `${adapter.location} ${displayKey(stored.key)}`,
        error
      }]
    })
    return toHead(stored, where).pipe(
      Effect.map(Option.map((shown): Row<Summary["Type"]> => ({ _tag: "Row", position, shown }))),
      Effect.catch((error) => Effect.succeedSome(unreadable(error)))
    )
  }
}

/** Makes the listing methods of a store. */
export const makeListing = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  parts: StoreParts<S, E, Summary>
) => {
  type Store = SessionStore<S, E, Summary>
  type Listed = Row<Summary["Type"]> | Unreadable
  const { adapter, definition } = parts
  const toRow = makeToRow(parts)

  const rows = (
    { namespace = [], order = "updatedAt", where }: ListAllOptions<WhereOf<Summary>>,
    page: { readonly after?: ListPosition | undefined; readonly limit?: number | undefined }
  ): Stream.Stream<Listed, StorageError> => {
    const read = (listed: StoredHead | Unreadable): Effect.Effect<ReadonlyArray<Listed>> =>
      listed._tag === "Unreadable"
        ? Effect.succeed([listed])
        : Effect.map(toRow(listed, order, where), Option.toArray)
    // A filter is applied here, so the adapter cannot know how many heads a page takes.
    const limit = where === undefined ? page.limit : undefined
    return adapter.list({ namespace, order, kind: definition.kind, after: page.after, limit }).pipe(
      Stream.mapEffect(read),
      Stream.flattenIterable
    )
  }

  const list: Store["list"] = tracedFn("SessionStore.list")(function*(options: ListOptions<WhereOf<Summary>> = {}) {
    const order = options.order ?? "updatedAt"
    // A limit that is no number shows one session rather than none: an empty page would look like the end.
    const limit = Math.max(1, Math.floor(options.limit ?? listLimitDefault) || 1)
    const cursor = Option.isOption(options.after) ? Option.getOrUndefined(options.after) : options.after
    const after = cursor === undefined ? undefined : yield* decodeCursor(order, cursor)
    const found: Array<Row<Summary["Type"]>> = []
    const unread: Array<Unreadable> = []
    // One row beyond the page tells whether there is a next one.
    yield* rows(options, { after, limit: limit + 1 }).pipe(
      Stream.takeWhile(() => found.length <= limit),
      Stream.runForEach((row) => Effect.sync(() => row._tag === "Row" ? found.push(row) : unread.push(row)))
    )
    const page = found.slice(0, limit)
    const shown = page.flatMap((row) => row.shown)
    const unreadable = [...unread, ...shown.filter((row) => row._tag === "Unreadable")]
    const last = page.at(-1)
    const listing: Listing<Summary["Type"]> = {
      sessions: shown.filter((row) => row._tag === "Head"),
      unreadable,
      complete: unreadable.length === 0,
      next: last === undefined || found.length <= limit
        ? Option.none()
        : Option.some(encodeCursor(order, last.position))
    }
    return listing
  })

  const listAll: Store["listAll"] = (query = {}) =>
    rows(query, {}).pipe(
      Stream.map((row) => row._tag === "Row" ? row.shown : [row]),
      Stream.flattenIterable
    )

  return { list, listAll }
}
