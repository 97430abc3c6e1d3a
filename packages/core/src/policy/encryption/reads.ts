/**
 * Reading through the encryption: heads, sessions, listings and entries.
 *
 * What cannot be decrypted is a typed failure of its own session or a row of a listing, never the failure of the
 * listing. Rows that could not be read come first and are not counted by a limit, as the port has it.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Corrupt, type Reason } from "../../errors/reasons.ts"
import type { StorageError, StorageOperation } from "../../errors/StorageError.ts"
import type { Unreadable, UnreadableEntry } from "../../errors/Unreadable.ts"
import { displayKey, type SessionKey } from "../../model/SessionKey.ts"
import type { StoredEntry, StoredHead } from "../../model/StoredRecord.ts"
import type { Listed } from "../../port/StorageAdapter.ts"
import { type Adapter, failureOf } from "../policies.ts"
import { afterUnreadable, type Before, beforeRange, judgePosition, type Positioned } from "./batches.ts"
import type { Opened, Sealer } from "./seal.ts"

type Reads = Pick<Adapter, "head" | "load" | "list" | "entries">

// The platform decrypts beside the JavaScript thread; more at a time would only wait for its threads.
const decryptionsAtOnceMax = 8

/** A stored entry with its text in clear, and where it was in its write. */
interface OpenedEntry {
  readonly _tag: "OpenedEntry"
  readonly entry: StoredEntry
  readonly positioned: Positioned
}

const positionedOf = (index: number, { sealed }: Opened): Positioned => ({
  index,
  sealed: Option.flatMap(
    sealed,
    ({ place, write }) => typeof place === "number" ? Option.some({ write, place }) : Option.none()
  )
})

const isOneWrite = (self: Opened, that: Opened): boolean =>
  Option.isNone(self.sealed) || Option.isNone(that.sealed)
    ? Option.isNone(self.sealed) && Option.isNone(that.sealed)
    : self.sealed.value.write === that.sealed.value.write

/** What a listing holds, with the number of heads that were read for it. */
interface Found {
  readonly unreadable: ReadonlyArray<Unreadable>
  readonly heads: ReadonlyArray<StoredHead>
  readonly headCount: number
}

const makeOpenHead = (adapter: Adapter, sealer: Sealer) =>
  Effect.fnUntraced(function*(operation: StorageOperation, head: StoredHead) {
    const { key } = head
    const summary = yield* Effect.mapError(
      sealer.open(head.summary, { key, what: "summary" }),
      (reason) => failureOf(adapter, operation, { key, reason })
    )
    return { head: { ...head, summary: summary.text }, summary }
  })

const makeList = (adapter: Adapter, openHead: ReturnType<typeof makeOpenHead>): Adapter["list"] => {
  const open = (row: Listed): Effect.Effect<Listed> => {
    if (row._tag === "Unreadable") return Effect.succeed(row)
    const { key } = row
    return Effect.match(openHead("list", row), {
      onSuccess: ({ head }) => head,
      onFailure: (error): Unreadable => ({
        _tag: "Unreadable",
        key: Option.some(key),
        place: `${adapter.location} ${displayKey(key)}`,
        error
      })
    })
  }

  /** Reads rows until `limit` heads were decrypted, or all. */
  const find = (rows: Stream.Stream<Listed, StorageError>, limit: number | undefined) =>
    Effect.suspend(() => {
      const unreadable: Array<Unreadable> = []
      const heads: Array<StoredHead> = []
      let headCount = 0
      return rows.pipe(
        Stream.tap((row) => Effect.sync(() => row._tag === "StoredHead" && headCount++)),
        Stream.mapEffect(open, { concurrency: decryptionsAtOnceMax }),
        Stream.tap((row) => Effect.sync(() => row._tag === "StoredHead" ? heads.push(row) : unreadable.push(row))),
        Stream.takeUntil(() => heads.length === limit),
        Stream.runDrain,
        Effect.map((): Found => ({ unreadable, heads, headCount }))
      )
    })

  return (query) =>
    Stream.unwrap(Effect.gen(function*() {
      const { limit } = query
      const page = yield* find(adapter.list(query), limit)
      const isShort = limit !== undefined && page.heads.length < limit && page.headCount >= limit
      // Rows that did not decrypt took places on the page. One snapshot without a limit fills it: a second page
      // behind the first one could miss what was saved in between.
      const found = isShort ? yield* find(adapter.list({ ...query, limit: undefined }), limit) : page
      return Stream.fromIterable<Listed>([...found.unreadable, ...found.heads])
    }))
}

const makeEntries = (adapter: Adapter, sealer: Sealer): Adapter["entries"] => {
  const unreadable = (key: SessionKey, index: number, reason: Reason): UnreadableEntry => ({
    _tag: "UnreadableEntry",
    index,
    error: failureOf(adapter, "entries", { key, reason })
  })

  const open =
    (key: SessionKey) => (row: StoredEntry | UnreadableEntry): Effect.Effect<OpenedEntry | UnreadableEntry> =>
      row._tag === "UnreadableEntry"
        ? Effect.succeed(row)
        : Effect.match(sealer.open(row.entry, { key, what: "entry" }), {
          onFailure: (reason) => unreadable(key, row.index, reason),
          onSuccess: (opened): OpenedEntry => ({
            _tag: "OpenedEntry",
            entry: { ...row, entry: opened.text },
            positioned: positionedOf(row.index, opened)
          })
        })

  /** What is known before the first row of a range: the entry before it says where its write begins. */
  const beforeFirst = Effect.fnUntraced(function*(key: SessionKey, first: OpenedEntry | UnreadableEntry) {
    const index = first._tag === "OpenedEntry" ? first.entry.index : first.index
    const before = beforeRange(index)
    if (index === 0 || first._tag === "UnreadableEntry") return before
    const row = yield* Stream.runHead(adapter.entries(key, { from: index - 1, to: index }))
    if (Option.isNone(row)) return before
    const previous = yield* open(key)(row.value)
    // A newer one belongs to another life of the key, which began while this one was being read.
    const isForeign = previous._tag === "UnreadableEntry" || previous.entry.version > first.entry.version
    return isForeign ? before : judgePosition(before, previous.positioned)[1]
  })

  return (key, range) =>
    Stream.suspend(() => {
      let before: Before | undefined
      const judge = Effect.fnUntraced(function*(row: OpenedEntry | UnreadableEntry) {
        const known: Before = before ?? (yield* beforeFirst(key, row))
        if (row._tag === "UnreadableEntry") {
          before = afterUnreadable(known)
          return row
        }
        const [isInPlace, after] = judgePosition(known, row.positioned)
        before = after
        if (isInPlace) return row.entry
        const at = `entry ${row.entry.index} of ${displayKey(key)} in ${adapter.location}`
        return unreadable(
          key,
          row.entry.index,
          new Corrupt({ outcome: "notApplied", at, problem: "is an entry of another position" })
        )
      })
      return adapter.entries(key, range).pipe(
        Stream.mapEffect(open(key), { concurrency: decryptionsAtOnceMax }),
        Stream.mapEffect(judge)
      )
    })
}

/** Makes the reading methods of an encrypted adapter. */
export const makeReads = (adapter: Adapter, sealer: Sealer): Reads => {
  const openHead = makeOpenHead(adapter, sealer)

  const head: Reads["head"] = Effect.fnUntraced(function*(key) {
    const stored = yield* adapter.head(key)
    return Option.isNone(stored) ? stored : Option.some((yield* openHead("head", stored.value)).head)
  })

  const load: Reads["load"] = Effect.fnUntraced(function*(key) {
    const stored = yield* adapter.load(key)
    if (Option.isNone(stored)) return stored
    const fail = (reason: Reason) => failureOf(adapter, "load", { key, reason })
    const { head, summary } = yield* openHead("load", stored.value.head)
    const body = yield* Effect.mapError(sealer.open(stored.value.body, { key, what: "body" }), fail)
    if (!isOneWrite(body, summary)) {
      const at = `the body of ${displayKey(key)} in ${adapter.location}`
      return yield* fail(
        new Corrupt({ outcome: "notApplied", at, problem: "is not of the write that its summary is of" })
      )
    }
    return Option.some({ ...stored.value, head, body: body.text })
  })

  return { head, load, list: makeList(adapter, openHead), entries: makeEntries(adapter, sealer) }
}
