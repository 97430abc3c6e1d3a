/**
 * The listing methods of a store: one page, or all heads of one snapshot.
 *
 * Heads of an older schema version are loaded and migrated before they are shown or filtered, so a
 * listing looks the same before and after a migration. What does not decode is a row, never missing.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import { type ListPosition, positionOf } from "../model/ListQuery.ts"
import { displayKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { traced } from "../port/tracing.ts"
import { decodeCursor, encodeCursor } from "./cursor.ts"
import * as Immediate from "./immediate.ts"
import { type StoreParts, toTime } from "./parts.ts"
import type { Head, Listing, PlainSchema } from "./Session.ts"
import type { ListAllOptions, ListOptions, SessionStore, WhereOf } from "./SessionStore.ts"

// Rows are made in groups: a step of the stream for each would cost ten times what the row does.
const rowsAtOnce = 64

// The page size of a listing that names none.
const listLimitDefault = 100

/** A listed head with what is shown of it: nothing when it was removed meanwhile. It takes a place on a page either way. */
interface Row<Summary> {
  readonly _tag: "Row"
  readonly stored: StoredHead
  readonly shown: Head<Summary> | Unreadable | undefined
}

const matches = (where: object | undefined, encoded: unknown): boolean =>
  where === undefined
  || Object.entries(where).every(([name, value]) =>
    value === undefined || (Predicate.hasProperty(encoded, name) && Equal.equals(encoded[name], value))
  )

/** Makes the reading of stored heads as rows, without those that `where` leaves out. */
const makeToRows = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, codec, definition }: StoreParts<S, E, Summary>
) => {
  type Shown = Row<Summary["Type"]>
  type Listed = Shown | Unreadable

  const asRow = (stored: StoredHead) => (shown: Shown["shown"]): Option.Option<Shown> =>
    Option.some({ _tag: "Row", stored, shown })

  /** A head with its summary parsed. Synchronous where the summary's schema is. */
  const show = (
    head: StoredHead,
    encoded: unknown,
    where: object | undefined
  ): Effect.Effect<Option.Option<Head<Summary["Type"]>>, SessionInvalid> =>
    matches(where, encoded)
      ? Effect.mapEager(codec.decodeSummary(head, encoded), (summary) =>
        Option.some({
          _tag: "Head",
          key: head.key,
          version: head.version,
          createdAt: toTime(head.createdAt),
          updatedAt: toTime(head.updatedAt),
          summary,
          entryCount: head.entryCount
        }))
      : Effect.succeedNone

  /** A head of an older version is shown as the current definition has it, or is gone when it was removed meanwhile. */
  const readOlder = Effect.fnUntraced(function*(head: StoredHead, where: object | undefined) {
    yield* codec.checkOwn(head)
    const stored = yield* adapter.load(head.key)
    // A session of another kind that has the key by now is not listed, as one that is gone is not.
    if (Option.isNone(stored) || stored.value.head.kind !== definition.kind) return asRow(head)(undefined)
    const state = yield* codec.decodeState(stored.value.head, stored.value.body)
    const encoded = yield* codec.parseSummary(head, yield* codec.encodeSummary(head.key, state))
    return Option.flatMap(yield* show(stored.value.head, encoded, where), asRow(head))
  })

  const readCurrent = (
    head: StoredHead,
    where: object | undefined
  ): Effect.Effect<Option.Option<Shown>, SessionInvalid> =>
    Effect.flatMapEager(
      codec.parseSummary(head, head.summary),
      (encoded) => Effect.mapEager(show(head, encoded, where), Option.flatMap(asRow(head)))
    )

  const unreadable =
    (stored: StoredHead) => (error: SessionInvalid | StorageError): Effect.Effect<Option.Option<Shown>> =>
      Effect.succeed(
        asRow(stored)({
          _tag: "Unreadable",
          key: Option.some(stored.key),
          place: `${adapter.location} ${displayKey(stored.key)}`,
          error
        })
      )

  const read = (listed: StoredHead | Unreadable, where: object | undefined): Effect.Effect<Option.Option<Listed>> => {
    if (listed._tag === "Unreadable") return Effect.succeedSome(listed)
    const isCurrent = listed.kind === definition.kind && listed.schemaVersion === definition.version
    const row = isCurrent ? readCurrent(listed, where) : readOlder(listed, where)
    return Immediate.isDone(row) ? row : Effect.catch(row, unreadable(listed))
  }

  return (
    listed: ReadonlyArray<StoredHead | Unreadable>,
    where: object | undefined
  ): Effect.Effect<ReadonlyArray<Listed>> =>
    Effect.mapEager(Immediate.forEach(listed, (one) => read(one, where)), Arr.getSomes)
}

/** Makes the listing methods of a store. */
export const makeListing = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  parts: StoreParts<S, E, Summary>
) => {
  type Store = SessionStore<S, E, Summary>
  type Listed = Row<Summary["Type"]> | Unreadable
  const { adapter, definition } = parts
  const toRows = makeToRows(parts)

  const rows = (
    { namespace = [], order = "updatedAt", where }: ListAllOptions<WhereOf<Summary>>,
    page: { readonly after?: ListPosition | undefined; readonly limit?: number | undefined }
  ): Stream.Stream<Listed, StorageError> => {
    // A filter is applied here, so the adapter cannot know how many heads a page takes.
    const limit = where === undefined ? page.limit : undefined
    return adapter.list({ namespace, order, kind: definition.kind, after: page.after, limit }).pipe(
      Stream.rechunk(rowsAtOnce),
      Stream.chunks,
      Stream.mapEffect((listed) => toRows(listed, where)),
      Stream.filter(Arr.isReadonlyArrayNonEmpty),
      Stream.flattenArray
    )
  }

  const list: Store["list"] = traced(
    "SessionStore.list",
    Effect.fnUntraced(function*(options: ListOptions<WhereOf<Summary>> = {}) {
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
      const shown = page.flatMap((row) => row.shown ?? [])
      const unreadable = [...unread, ...shown.filter((row) => row._tag === "Unreadable")]
      const last = page.at(-1)
      const listing: Listing<Summary["Type"]> = {
        sessions: shown.filter((row) => row._tag === "Head"),
        unreadable,
        complete: unreadable.length === 0,
        next: last === undefined || found.length <= limit
          ? Option.none()
          : Option.some(encodeCursor(order, positionOf(last.stored, order)))
      }
      return listing
    })
  )

  const listAll: Store["listAll"] = (query = {}) =>
    rows(query, {}).pipe(
      Stream.map((row) => row._tag === "Row" ? row.shown : row),
      Stream.filter((shown) => shown !== undefined)
    )

  return { list, listAll }
}
