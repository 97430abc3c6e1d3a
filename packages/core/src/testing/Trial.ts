/**
 * Trials: one run of one law over one storage, and the clients that a law reads and writes through.
 *
 * A client is an adapter with short verbs that give plain data and break the law where the port's
 * own types leave room: a row that cannot be read has no place in a healthy store. Write ids count up
 * within a trial, so that a run can be repeated exactly.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { AdapterReceipt, KeyReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { ListQuery } from "../model/ListQuery.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { EntryRange, StoredEntry, StoredHead, StoredSession } from "../model/StoredRecord.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import type { Operation, StorageChange } from "../port/StorageChange.ts"
import { broken, equal, type LawBroken, present } from "./claims.ts"
import { type ClockKind, withClock } from "./clocks.ts"
import type { CrashState, Elsewhere, Fault, Offer, Storage } from "./Harness.ts"
import type { Family, Law } from "./Law.ts"

/** All that can be read of one key. */
interface Snapshot {
  readonly session: Option.Option<StoredSession>
  readonly entries: ReadonlyArray<StoredEntry>
}

type Answer<A> = Effect.Effect<A, StorageError | LawBroken>

export interface Client {
  readonly adapter: StorageAdapter["Service"]
  /** Commits operations under a write id of their own and gives the row of the first key. */
  readonly commit: (...operations: ReadonlyArray<Operation>) => Answer<KeyReceipt>
  /** Commits a change and gives the row of its first key. */
  readonly send: (change: StorageChange) => Answer<KeyReceipt>
  /** The session, which must be there. */
  readonly read: (key: SessionKey) => Answer<StoredSession>
  readonly entries: (key: SessionKey, range?: EntryRange) => Answer<ReadonlyArray<StoredEntry>>
  /** The texts of all entries. */
  readonly texts: (key: SessionKey) => Answer<ReadonlyArray<string>>
  /** The heads of a listing by id, unless the query says otherwise. */
  readonly list: (query?: Partial<ListQuery>) => Answer<ReadonlyArray<StoredHead>>
  readonly snapshot: (key: SessionKey) => Answer<Snapshot>
}

/** A client of an instance in another process. */
export interface Remote extends Client {
  readonly kill: Elsewhere["kill"]
}

export interface Trial {
  readonly storage: Storage
  /** Opens another instance, until the scope closes. */
  readonly open: Effect.Effect<Client, StorageError, Scope.Scope>
  /** Opens an instance in another process, until the scope closes. Only for laws that ask for it. */
  readonly elsewhere: Effect.Effect<Remote, unknown, Scope.Scope>
  /** Runs work and gives the crash states that it could have left. Only for laws that ask for them. */
  readonly crashes: (
    work: (client: Client) => Effect.Effect<void, unknown>
  ) => Effect.Effect<ReadonlyArray<CrashState>, unknown, Scope.Scope>
  /** The faults of the storage. Only for laws that ask for them. */
  readonly faults: ReadonlyArray<Fault>
  /** The same trial over another storage: write ids go on. */
  readonly over: (storage: Storage) => Trial
  /** Opens an instance, uses it and closes it. */
  readonly visit: <A, E>(use: (client: Client) => Effect.Effect<A, E>) => Effect.Effect<A, E | StorageError>
  /** A change under a write id of its own. */
  readonly change: (...operations: ReadonlyArray<Operation>) => StorageChange
}

const firstRow = (receipt: AdapterReceipt): Effect.Effect<KeyReceipt, LawBroken> =>
  receipt.keys[0] === undefined ? broken("the receipt has no row for the key") : Effect.succeed(receipt.keys[0])

/** What the port says of a head and no more: an adapter's own fields do not take part in comparisons. */
export const plainHead = (head: StoredHead): StoredHead => ({
  _tag: head._tag,
  key: { namespace: [...head.key.namespace], id: head.key.id },
  kind: head.kind,
  schemaVersion: head.schemaVersion,
  version: head.version,
  incarnation: head.incarnation,
  createdAt: head.createdAt,
  updatedAt: head.updatedAt,
  summary: head.summary,
  entryCount: head.entryCount
})

/** What the port says of an entry, but which write added it. */
export const plainEntry = (entry: StoredEntry): StoredEntry => ({
  _tag: entry._tag,
  index: entry.index,
  at: entry.at,
  version: entry.version,
  schemaVersion: entry.schemaVersion,
  entry: entry.entry
})

const makeClient = (adapter: StorageAdapter["Service"], change: Trial["change"]): Client => {
  const send: Client["send"] = (sent) => Effect.flatMap(adapter.commit(sent), firstRow)
  const entries: Client["entries"] = (key, range = {}) =>
    adapter.entries(key, range).pipe(
      Stream.runCollect,
      Effect.flatMap(Effect.forEach((row) =>
        row._tag === "StoredEntry"
          ? Effect.succeed(plainEntry(row))
          : broken(`entry ${row.index} of a healthy store is unreadable: ${row.error.message}`)
      ))
    )
  const load = (key: SessionKey) =>
    Effect.map(
      adapter.load(key),
      Option.map(({ body, head, writes }) => ({
        head: plainHead(head),
        body,
        writes: writes.map(({ at, entryCount, id, version }) => ({ id, version, at, entryCount }))
      }))
    )
  return {
    adapter,
    send,
    commit: (...operations) => send(change(...operations)),
    read: (key) => Effect.flatMap(load(key), (session) => present(session, `the session ${key.id}`)),
    entries,
    texts: (key) => Effect.map(entries(key), (rows) => rows.map((row) => row.entry)),
    list: (query) =>
      adapter.list({ namespace: [], order: "id", ...query }).pipe(
        Stream.runCollect,
        Effect.flatMap(Effect.forEach((row) =>
          row._tag === "StoredHead"
            ? Effect.succeed(plainHead(row))
            : broken(`a listing of a healthy store has an unreadable row: ${row.place}, ${row.error.message}`)
        ))
      ),
    snapshot: (key) => Effect.all({ session: load(key), entries: entries(key) })
  }
}

/** What a law gets that uses what it did not ask for. */
const notAskedFor = (offer: Offer) => Effect.die(new Error(`a law uses ${offer} and does not ask for it`))

/** A trial over a storage, with changes of somebody else's counting. */
const trialOver = (storage: Storage, change: Trial["change"]): Trial => {
  const open = Effect.map(storage.open, (adapter) => makeClient(adapter, change))
  return {
    storage,
    open,
    change,
    visit: (use) => Effect.scoped(Effect.flatMap(open, use)),
    elsewhere: Effect.map(
      storage.elsewhere ?? notAskedFor("elsewhere"),
      ({ adapter, kill }) => ({ ...makeClient(adapter, change), kill })
    ),
    crashes: (work) => storage.crashes?.((adapter) => work(makeClient(adapter, change))) ?? notAskedFor("crashes"),
    faults: storage.faults ?? [],
    over: (other) => trialOver(other, change)
  }
}

/** Starts a trial of a law over a storage. */
export const makeTrial = (storage: Storage): Trial => {
  let count = 0
  return trialOver(storage, (...operations) => ({ writeId: `write-${++count}`, operations }))
}

/**
 * Runs a call and claims that nothing that can be read of these keys is different afterwards, whether the call
 * succeeds or is refused.
 */
export const leavesUnchanged = Effect.fnUntraced(function*<A, E, R>(
  client: Client,
  keys: ReadonlyArray<SessionKey>,
  call: Effect.Effect<A, E, R>
) {
  const before = yield* Effect.forEach(keys, client.snapshot)
  const listed = yield* client.list()
  const exit = yield* Effect.exit(call)
  yield* equal(yield* Effect.forEach(keys, client.snapshot), before, "what is stored after a call that changes nothing")
  yield* equal(yield* client.list(), listed, "the listing after a call that changes nothing")
  return yield* exit
})

/** A law as its family's file writes it. */
export interface LawText {
  readonly id: string
  readonly title: string
  readonly needs?: ((capability: Capability) => boolean) | undefined
  /** What the harness has to offer for it. */
  readonly asks?: ReadonlyArray<Offer> | undefined
  /** How the wall clock moves while the law runs; it advances by default. */
  readonly clock?: ClockKind | undefined
  readonly run: (trial: Trial) => Effect.fn.Return<void, unknown, Scope.Scope>
}

/** The laws of one family. */
export const family = (name: Family, texts: ReadonlyArray<LawText>): ReadonlyArray<Law> =>
  texts.map(({ asks, clock, id, needs, run, title }) => ({
    id,
    title,
    family: name,
    needs: needs ?? (() => true),
    asks,
    run: (storage) => {
      const trial = Effect.suspend(() => Effect.gen(() => run(makeTrial(storage))))
      return clock === undefined ? trial : withClock(clock, trial)
    }
  }))
