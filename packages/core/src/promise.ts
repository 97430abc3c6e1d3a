/**
 * Holdfast for programs that do not use Effect: a store of sessions as a class of promises.
 *
 * Promises reject with the typed errors themselves (`error instanceof SessionNotFound`), streams are read
 * with `for await`, times are `Date`, and what may be missing is `undefined`. `SessionStore` does the work,
 * so what is promised of a write there holds here. Besides this module a program needs an adapter's layer,
 * and `effect/Schema` for its definitions.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { UnreadableEntry } from "./errors/Unreadable.ts"
import type { Change } from "./model/Change.ts"
import type { Expect } from "./model/operations.ts"
import type { EntryRange } from "./model/StoredRecord.ts"
import type { StorageAdapter } from "./port/StorageAdapter.ts"
import { type Autosave, type AutosaveOptions, makeAutosave } from "./promise/autosave.ts"
import { type AbortSignalLike, type CallOptions, runPromise } from "./promise/calls.ts"
import { type About, connect, type Connection, type IterateOptions } from "./promise/connection.ts"
import type { Iteration } from "./promise/iteration.ts"
import * as Result from "./promise/results.ts"
import { toKey } from "./store/parts.ts"
import { type PlainSchema, Session as Definitions, type SessionDefinition } from "./store/Session.ts"
import {
  type KeyInput,
  type ListAllOptions,
  SessionStore,
  type StoreOptions,
  type WhereOf
} from "./store/SessionStore.ts"

export * from "./errors/reasons.ts"
export type { Degraded } from "./errors/Receipt.ts"
export * from "./errors/SessionErrors.ts"
export * from "./errors/StorageError.ts"
export type { UnreadableEntry } from "./errors/Unreadable.ts"
export type { Change, Changed, Missed, Removed } from "./model/Change.ts"
export type { Expect } from "./model/operations.ts"
export type { SessionKey } from "./model/SessionKey.ts"
export type { Version } from "./model/Version.ts"
export type { Autosave, AutosaveError, AutosaveOptions, AutosaveStatus } from "./promise/autosave.ts"
export type { AbortSignalLike, CallOptions } from "./promise/calls.ts"
export type { Iteration } from "./promise/iteration.ts"
export type {
  Appended,
  Entry,
  Head,
  Health,
  Listing,
  Receipt,
  Saved,
  TierHealth,
  Unreadable
} from "./promise/results.ts"

/** A session: one document of state and the count of its entries. */
export type Session<State> = Result.Session<State>

/** Sessions: `define` a kind, make a `key`, or an `adopter` for what another program stored. */
export const Session: typeof Definitions = Definitions

/** How a store is opened. */
export interface OpenOptions extends StoreOptions, CallOptions {
  /**
   * Where the sessions lie: an adapter's layer, with everything that it needs provided, for example
   * `Layer.provide(FsAdapter.layer({ directory }), NodeServices.layer)`.
   */
  readonly storage: Layer.Layer<StorageAdapter, unknown>
}

/** The store of a definition, for a variable that is filled later: `let chats: SessionsOf<typeof Chat>`. */
export type SessionsOf<Definition> = Definition extends SessionDefinition<infer S, infer E, infer Summary>
  ? Sessions<S, E, Summary>
  : never

/**
 * A store of sessions of one definition.
 *
 * **Details**
 *
 * Every method takes `{ signal }`. All of them may also reject with `StorageError`; its `outcome` says
 * whether anything was changed, its `remedy` what may help. A key may be given as a plain id where there is
 * no namespace.
 *
 * **Gotchas**
 *
 * Errors are the store's own, so what may be missing in them is an `Option`: the version that a
 * `SessionConflict` found is `error.actual._tag === "Some" ? error.actual.value : undefined`.
 *
 * **Example**
 *
 * ```ts
 * const Chat = Session.define("Chat", { state: Schema.Struct({ title: Schema.String }), summary: ["title"] })
 * await using chats = await Sessions.open(Chat, {
 *   storage: Layer.provide(FsAdapter.layer({ directory: "./chats" }), NodeServices.layer)
 * })
 * const { key } = await chats.create({ title: "Fix EXDEV" })
 * ```
 */
export class Sessions<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema> {
  readonly #connection: Connection
  readonly #store: SessionStore<S, E, Summary>

  private constructor(connection: Connection, store: SessionStore<S, E, Summary>) {
    this.#connection = connection
    this.#store = store
  }

  /**
   * Opens a store. Rejects when the storage cannot be opened, with the layer's own error; nothing stays open then.
   *
   * With `require` (for example `"flushed"`) a write rejects where the storage promises, or reaches, less.
   */
  static open<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
    definition: SessionDefinition<S, E, Summary>,
    { signal, storage, ...options }: OpenOptions
  ): Promise<Sessions<S, E, Summary>> {
    const opening = Effect.gen(function*() {
      const connection = yield* connect(storage)
      const store = yield* Effect.provideContext(SessionStore.make(definition, options), connection.context)
      return new Sessions(connection, store)
    })
    return runPromise(Context.empty(), opening, signal)
  }

  #call<A, Failure>(about: About, effect: Effect.Effect<A, Failure>, signal?: AbortSignalLike): Promise<A> {
    return this.#connection.run(Effect.andThen(this.#connection.ensureOpen(about), effect), signal)
  }

  #write<A, Failure>(input: KeyInput, effect: Effect.Effect<A, Failure>, signal?: AbortSignalLike): Promise<A> {
    return this.#call({ operation: "commit", key: toKey(input) }, effect, signal)
  }

  #read<A, Failure>(stream: Stream.Stream<A, Failure>, options: IterateOptions): AsyncIterable<A> {
    return { [Symbol.asyncIterator]: () => this.#connection.iterate(stream, options) }
  }

  /**
   * Saves a session that must not exist. Without `id` a random one is drawn.
   *
   * Rejects with `SessionExists` or `SessionInvalid`; nothing was changed then.
   */
  create(state: S["~type.make.in"], { signal, ...options }: CallOptions & {
    readonly id?: string | undefined
    readonly namespace?: ReadonlyArray<string> | undefined
    readonly entries?: ReadonlyArray<E["~type.make.in"]> | undefined
  } = {}): Promise<Result.Saved<S["Type"]>> {
    return this.#call({ operation: "commit" }, Effect.map(this.#store.create(state, options), Result.toSaved), signal)
  }

  /**
   * Reads a session, migrated to the definition's version. Rejects with `SessionNotFound` only when it is known
   * to be absent, and with `SessionInvalid` when it does not fit the definition.
   */
  load(key: KeyInput, { signal }: CallOptions = {}): Promise<Result.Session<S["Type"]>> {
    const about = { operation: "load", key: toKey(key) } as const
    return this.#call(about, Effect.map(this.#store.load(key), Result.toSession), signal)
  }

  /** Reads a session; `undefined` when it is known to be absent. */
  find(key: KeyInput, { signal }: CallOptions = {}): Promise<Result.Session<S["Type"]> | undefined> {
    const found = Effect.map(this.#store.find(key), Option.map(Result.toSession))
    return this.#call({ operation: "load", key: toKey(key) }, Effect.map(found, Option.getOrUndefined), signal)
  }

  /**
   * Writes a session's state; its entries stay. `expect` says what must be there before: a version, `"absent"`,
   * `"present"`, or `"any"` (default). Rejects with `SessionConflict` when it is not so, and with `SessionInvalid`.
   */
  save(
    key: KeyInput,
    state: S["~type.make.in"],
    { signal, ...options }: CallOptions & { readonly expect?: Expect | undefined } = {}
  ): Promise<Result.Saved<S["Type"]>> {
    return this.#write(key, Effect.map(this.#store.save(key, state, options), Result.toSaved), signal)
  }

  /**
   * Reads, changes and writes a session's state as one step. `f` may be async; what it throws is what `update`
   * rejects with, and nothing was changed then.
   *
   * Updates of one session in this process queue up; against other writers the update is tried again, `f`
   * included, a bounded number of times before `SessionConflict`. Rejects with `SessionNotFound` and
   * `SessionInvalid` too.
   *
   * **Gotchas**
   *
   * `f` must not wait for another update of the same session, which waits for this one.
   */
  update(
    key: KeyInput,
    f: (state: S["Type"]) => S["~type.make.in"] | PromiseLike<S["~type.make.in"]>,
    { signal }: CallOptions = {}
  ): Promise<Result.Saved<S["Type"]>> {
    const updated = this.#store.updateEffect(
      key,
      (state) => Effect.promise(() => Promise.resolve(f(state)))
    )
    return this.#write(key, Effect.map(updated, Result.toSaved), signal)
  }

  /**
   * Adds entries at the end of a session's list, all or none. No entries change nothing. A repeated `operationId`
   * changes nothing and is answered as it was the first time.
   *
   * Rejects with `SessionNotFound`, `SessionConflict` and `SessionInvalid`; nothing was changed then.
   */
  append(
    key: KeyInput,
    entries: ReadonlyArray<E["~type.make.in"]>,
    { signal, ...options }: CallOptions & {
      readonly operationId?: string | undefined
      readonly expect?: Expect | undefined
    } = {}
  ): Promise<Result.Appended> {
    return this.#write(key, Effect.map(this.#store.append(key, entries, options), Result.toAppended), signal)
  }

  /** Writes a session's state and adds entries: both or neither. Rejects as `save` does. */
  commit(
    key: KeyInput,
    change: {
      readonly state: S["~type.make.in"]
      readonly entries: ReadonlyArray<E["~type.make.in"]>
      readonly expect?: Expect | undefined
    },
    { signal }: CallOptions = {}
  ): Promise<Result.Saved<S["Type"]>> {
    return this.#write(key, Effect.map(this.#store.commit(key, change), Result.toSaved), signal)
  }

  /**
   * Reads entries with `for await`: `from` (inclusive) to `to` (exclusive), counted from 0, or the `last` so many
   * of those. An entry that cannot be read is a row that says so. Rejects with `SessionNotFound`.
   */
  entries(
    key: KeyInput,
    { signal, ...range }: CallOptions & EntryRange = {}
  ): AsyncIterable<Result.Entry<E["Type"]> | UnreadableEntry> {
    const rows = Stream.map(this.#store.entries(key, range), Result.toEntryRow)
    return this.#read(rows, { about: { operation: "entries", key: toKey(key) }, signal })
  }

  /**
   * Lists one page of heads. A store that cannot be read rejects, it is never an empty page; what is unreadable
   * in it is in `unreadable`. Rejects with `InvalidCursor` for an `after` that is not the `next` of a page.
   */
  list(
    { signal, ...options }: CallOptions & ListAllOptions<WhereOf<Summary>> & {
      /** How many sessions a page shows at most; 100 by default. */
      readonly limit?: number | undefined
      /** The `next` of the page before. */
      readonly after?: string | undefined
    } = {}
  ): Promise<Result.Listing<Summary["Type"]>> {
    return this.#call({ operation: "list" }, Effect.map(this.#store.list(options), Result.toListing), signal)
  }

  /** Reads all heads of one snapshot with `for await`, and what could not be read. */
  listAll(
    { signal, ...options }: CallOptions & ListAllOptions<WhereOf<Summary>> = {}
  ): AsyncIterable<Result.Head<Summary["Type"]> | Result.Unreadable> {
    const rows = Stream.map(this.#store.listAll(options), Result.toListed)
    return this.#read(rows, { about: { operation: "list" }, signal })
  }

  /**
   * Removes a session with its entries, also one that this definition cannot read. `expect` is `"present"` by
   * default. Rejects with `SessionNotFound` and `SessionConflict`.
   */
  remove(
    key: KeyInput,
    { signal, ...options }: CallOptions & { readonly expect?: Expect | undefined } = {}
  ): Promise<Result.Receipt> {
    return this.#write(key, Effect.map(this.#store.remove(key, options), Result.toReceipt), signal)
  }

  /**
   * Copies a session, with its entries, to a key that has none. Without `id` a random one is drawn; the namespace
   * is the source's unless it is given. Rejects with `SessionNotFound`, `SessionExists` and `SessionInvalid`.
   */
  fork(key: KeyInput, { signal, ...options }: CallOptions & {
    readonly id?: string | undefined
    readonly namespace?: ReadonlyArray<string> | undefined
  } = {}): Promise<Result.Saved<S["Type"]>> {
    return this.#write(key, Effect.map(this.#store.fork(key, options), Result.toSaved), signal)
  }

  /**
   * Watches the sessions of this definition, those of a namespace and below it when one is given.
   *
   * Subscribed when the promise resolves: what is acknowledged from then on is in the iteration, or a `Missed`
   * is. Leaving the loop (`break`), `return()` or the signal ends the subscription; while it lasts, an iteration
   * that nobody reads takes memory. It rejects with `StorageError` (`Closed`) when the store is closed.
   */
  changes({ signal, ...options }: CallOptions & {
    readonly namespace?: ReadonlyArray<string> | undefined
  } = {}): Promise<Iteration<Change>> {
    const about = { operation: "changes" } as const
    const connection = this.#connection
    const subscribed = Effect.gen({ self: this }, function*() {
      const scope = yield* Scope.make()
      const changes = yield* this.#store.changes(options).pipe(
        Scope.provide(scope),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const release = () => connection.run(Scope.close(scope, Exit.void))
      return connection.iterate(changes, { about, signal, release })
    })
    return this.#call(about, subscribed, signal)
  }

  /** The current health, then every change of it, for `for await`; ends when the store is closed. */
  health({ signal }: CallOptions = {}): AsyncIterable<Result.Health> {
    return this.#read(Stream.map(this.#store.health, Result.toHealth), { signal })
  }

  /**
   * Saves a session's state as it changes: after a pause, or after `maxWait` at the latest.
   *
   * `flush()` it where the program is about to end, for example in Electron's `before-quit`. Use one autosave per
   * session, and close it before the session is removed.
   */
  autosave(key: KeyInput, options: AutosaveOptions): Autosave<S["~type.make.in"]> {
    const { expect } = options
    const save = (state: S["~type.make.in"]) =>
      Effect.map(this.#store.save(key, state, { expect }), ({ receipt }) => Result.toReceipt(receipt))
    return makeAutosave(this.#connection, { key: toKey(key), save }, options)
  }

  /**
   * Closes the store; calling it again waits for the same closing.
   *
   * Autosaves are flushed and writes in flight are answered before it resolves; later calls reject with
   * `StorageError` (`Closed`), and what is being read rejects with it as well. Rejects with the error of an
   * autosave that could not be flushed; the store is closed nevertheless.
   */
  close(): Promise<void> {
    return this.#connection.close()
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close()
  }
}
