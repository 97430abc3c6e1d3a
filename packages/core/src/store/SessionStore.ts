/**
 * The typed store of one kind of session: what apps call.
 *
 * Every write is checked and encoded before any I/O and answered with a receipt; every failure is
 * typed. What cannot be read is never shown as absent or empty. The store works over any adapter.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Health } from "../errors/Health.ts"
import type { Receipt } from "../errors/Receipt.ts"
import type {
  InvalidCursor,
  SessionConflict,
  SessionExists,
  SessionInvalid,
  SessionNotFound
} from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable, UnreadableEntry } from "../errors/Unreadable.ts"
import type { Durability } from "../model/Capability.ts"
import type { Change } from "../model/Change.ts"
import type { ListOrder } from "../model/ListQuery.ts"
import type { Expect } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { EntryRange } from "../model/StoredRecord.ts"
import { makeKeyedLock } from "../port/keyedLock.ts"
import { makeMemory, makeMemoryAdapter } from "../port/memory.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { makeChanges } from "./changes.ts"
import { makeCodec } from "./codec.ts"
import { makeFork } from "./fork.ts"
import { makeListing } from "./listing.ts"
import { makeReads } from "./reads.ts"
import type { Appended, Entry, Head, Listing, PlainSchema, Saved, Session, SessionDefinition } from "./Session.ts"
import { makeWriteMethods } from "./writeMethods.ts"

/** A key, or the id of a session without a namespace. */
export type KeyInput = SessionKey | string

/** How a store treats its adapter. */
export interface StoreOptions {
  /**
   * The durability that every write must reach. Where the adapter promises less, writes fail with
   * `Unsupported` before any I/O; where one write lands lower, it fails with `DurabilityNotMet`.
   */
  readonly require?: Durability | undefined
}

/** Values to compare summary fields with, as they are stored: a field that JSON does not know is given as its JSON. */
export type WhereOf<Summary extends PlainSchema> = {
  readonly [K in keyof Summary["Encoded"]]?: [Exclude<Summary["Encoded"][K], undefined>] extends [Schema.Json]
    ? Exclude<Summary["Encoded"][K], undefined>
    : Schema.Json
}

/** What to list. A namespace selects itself and what lies below it; none selects all. */
export interface ListAllOptions<Where> {
  readonly namespace?: ReadonlyArray<string> | undefined
  /** `updatedAt` (default) and `createdAt` list the newest first, `id` goes by code units; ties go by key. */
  readonly order?: ListOrder | undefined
  /** Equality on encoded summary fields. */
  readonly where?: Where | undefined
}

/**
 * One page: at most `limit` (100 by default, at least 1) sessions after the page that ended with `after`. A
 * session that is there and cannot be decoded takes its place on the page as a row of `unreadable`.
 */
export interface ListOptions<Where> extends ListAllOptions<Where> {
  readonly limit?: number | undefined
  readonly after?: string | Option.Option<string> | undefined
}

/** A store of sessions of one definition. All methods may also fail with `StorageError`. */
export interface SessionStore<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema> {
  /**
   * Saves a session that must not exist. Without `id` a random one is drawn.
   *
   * Fails with `SessionExists` or `SessionInvalid`; nothing was changed then.
   */
  readonly create: (state: S["~type.make.in"], options?: {
    readonly id?: string | undefined
    readonly namespace?: ReadonlyArray<string> | undefined
    readonly entries?: ReadonlyArray<E["~type.make.in"]> | undefined
  }) => Effect.Effect<Saved<S["Type"]>, SessionExists | SessionInvalid | StorageError>

  /** Reads a session, migrated to the definition's version. Fails with `SessionNotFound` only when it is known to be absent. */
  readonly load: (
    key: KeyInput
  ) => Effect.Effect<Session<S["Type"]>, SessionNotFound | SessionInvalid | StorageError>

  /** Reads a session, or none when it is known to be absent. */
  readonly find: (key: KeyInput) => Effect.Effect<Option.Option<Session<S["Type"]>>, SessionInvalid | StorageError>

  /** Writes a session's state; its entries stay. `expect` is `"any"` by default. */
  readonly save: (key: KeyInput, state: S["~type.make.in"], options?: {
    readonly expect?: Expect | undefined
  }) => Effect.Effect<Saved<S["Type"]>, SessionConflict | SessionInvalid | StorageError>

  /**
   * Reads, changes and writes a session's state as one step.
   *
   * Updates of one key through this store queue up; against other writers the update is tried again,
   * `f` included, a bounded number of times before `SessionConflict`.
   */
  readonly update: (
    key: KeyInput,
    f: (state: S["Type"]) => S["~type.make.in"]
  ) => Effect.Effect<Saved<S["Type"]>, SessionNotFound | SessionConflict | SessionInvalid | StorageError>

  /**
   * The same with an effect that makes the state; its failures and needs are the update's.
   *
   * The effect runs again when another writer came in between, so what it does beside making the state
   * must bear repeating. When it fails nothing was changed. The key's turn is taken while the effect runs:
   * it must not write the same session, and an update of it in there is a defect rather than a wait without end.
   */
  readonly updateEffect: <Failure, Needs>(
    key: KeyInput,
    f: (state: S["Type"]) => Effect.Effect<S["~type.make.in"], Failure, Needs>
  ) => Effect.Effect<
    Saved<S["Type"]>,
    Failure | SessionNotFound | SessionConflict | SessionInvalid | StorageError,
    Needs
  >

  /**
   * Adds entries at the end of a session's list, all or none. No entries change nothing.
   *
   * A repeated `operationId` changes nothing and is answered as it was the first time.
   */
  readonly append: (key: KeyInput, entries: ReadonlyArray<E["~type.make.in"]>, options?: {
    readonly operationId?: string | undefined
    readonly expect?: Expect | undefined
  }) => Effect.Effect<Appended, SessionNotFound | SessionConflict | SessionInvalid | StorageError>

  /** Writes a session's state and adds entries: both or neither. */
  readonly commit: (key: KeyInput, change: {
    readonly state: S["~type.make.in"]
    readonly entries: ReadonlyArray<E["~type.make.in"]>
    readonly expect?: Expect | undefined
  }) => Effect.Effect<Saved<S["Type"]>, SessionConflict | SessionInvalid | StorageError>

  /**
   * Reads entries: `from` (inclusive) to `to` (exclusive), counted from 0, or the `last` so many of those.
   * An entry that does not decode, or that belongs to another kind of session, is a row that says so.
   */
  readonly entries: (
    key: KeyInput,
    range?: EntryRange
  ) => Stream.Stream<Entry<E["Type"]> | UnreadableEntry, SessionNotFound | StorageError>

  /** Lists one page of heads. An unreadable store fails; what is unreadable in it is in `unreadable`. */
  readonly list: (
    options?: ListOptions<WhereOf<Summary>>
  ) => Effect.Effect<Listing<Summary["Type"]>, InvalidCursor | StorageError>

  /** Streams all heads of one snapshot, and what could not be read. */
  readonly listAll: (
    options?: ListAllOptions<WhereOf<Summary>>
  ) => Stream.Stream<Head<Summary["Type"]> | Unreadable, StorageError>

  /**
   * Removes a session with its entries, also one that this definition cannot read. `expect` is `"present"`
   * by default.
   */
  readonly remove: (key: KeyInput, options?: {
    readonly expect?: Expect | undefined
  }) => Effect.Effect<Receipt, SessionNotFound | SessionConflict | StorageError>

  /**
   * Copies a session to a key that has none: the same state and entries, with their times and schema
   * versions, as one version of a life of its own. Without `id` a random one is drawn; the namespace is
   * the source's unless it is given.
   *
   * Fails with `SessionNotFound` without a source, `SessionExists` with a target, and with the error of an
   * entry that cannot be read; nothing was changed then.
   */
  readonly fork: (key: KeyInput, options?: {
    readonly id?: string | undefined
    readonly namespace?: ReadonlyArray<string> | undefined
  }) => Effect.Effect<Saved<S["Type"]>, SessionNotFound | SessionExists | SessionInvalid | StorageError>

  /**
   * Watches this definition's sessions, those of a namespace and below it when one is given.
   *
   * Subscribed when the effect succeeds: what is acknowledged from then on is in the stream, or `Missed`
   * is. The adapter's `watch` says whose writes are reported. Writes of one session may come as one change
   * with the newest version. The stream is read once; it ends with the scope and fails with `Closed` when
   * the store is closed.
   */
  readonly changes: (options?: {
    readonly namespace?: ReadonlyArray<string> | undefined
  }) => Effect.Effect<Stream.Stream<Change, StorageError>, StorageError, Scope.Scope>

  /** The current health, then every change of it. */
  readonly health: Stream.Stream<Health>
}

/** Makes a store of a definition over the adapter in the context. */
const make = Effect.fnUntraced(
  function*<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
    definition: SessionDefinition<S, E, Summary>,
    options: StoreOptions = {}
  ): Effect.fn.Return<SessionStore<S, E, Summary>, never, StorageAdapter> {
    const adapter = yield* StorageAdapter
    const parts = { adapter, definition, options, codec: makeCodec(definition) }
    const reads = makeReads(parts)
    const writes = makeWriteMethods(parts, yield* makeKeyedLock, reads.load)
    return {
      ...reads,
      ...makeListing(parts),
      ...writes,
      fork: makeFork(parts),
      changes: makeChanges(parts),
      health: adapter.health
    }
  }
)

const memoryLayer = Layer.effect(StorageAdapter, Effect.suspend(() => makeMemoryAdapter(makeMemory())))

/** The service class of a definition: its key in a context, with the layers that provide it. */
export interface ServiceClass<Self, S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>
  extends Context.ServiceClass<Self, string, SessionStore<S, E, Summary>>
{
  readonly definition: SessionDefinition<S, E, Summary>
  /** The store over the adapter in the context. */
  readonly layer: Layer.Layer<Self, never, StorageAdapter>
  /** The store with options, for example `{ require: "flushed" }`. */
  readonly layerWith: (options: StoreOptions) => Layer.Layer<Self, never, StorageAdapter>
  /** The store over memory that is empty at first: for tests of what uses it. Stores that are built together share it. */
  readonly layerTest: Layer.Layer<Self>
}

/**
 * Makes the service class of a definition.
 *
 * **Example**
 *
 * `class Chats extends SessionStore.Service<Chats>()("app/Chats", Chat) {}`
 */
const Service = <Self>() =>
<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  id: string,
  definition: SessionDefinition<S, E, Summary>
): ServiceClass<Self, S, E, Summary> => {
  const service = Context.Service<Self, SessionStore<S, E, Summary>>()(id)
  const layerWith = (options: StoreOptions) => Layer.effect(service, make(definition, options))
  const layer = layerWith({})
  return Object.assign(service, { definition, layerWith, layer, layerTest: Layer.provide(layer, memoryLayer) })
}

/** Session stores: a service class per definition (`Service`), or a plain value (`make`). */
export const SessionStore = { Service, make } as const
