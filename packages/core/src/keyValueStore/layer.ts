/**
 * Effect's `KeyValueStore` over any storage adapter: each key is a session of a kind of its own.
 *
 * What was set is there as durably as the adapter's receipts say, values come back as what they were, and
 * what cannot be read fails: it is never an absent key or an empty store. Sessions of other kinds are
 * neither read nor written nor removed. How keys become session keys is in `keyMapping.ts`.
 */
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { InvalidKey } from "../errors/reasons.ts"
import { OtherKind, type SessionConflict, SessionInvalid } from "../errors/SessionErrors.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import { oneLine, type SessionKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { type Head, Session } from "../store/Session.ts"
import { SessionStore, type StoreOptions } from "../store/SessionStore.ts"
import { makeKeyMapping } from "./keyMapping.ts"

/** How a `KeyValueStore` lies in its adapter. `require` is the durability that every write must reach. */
export interface KeyValueStoreOptions extends StoreOptions {
  /**
   * Below which namespace the keys lie; `["key-value"]` by default. Stores that share a namespace share
   * their keys. One whose namespace lies inside of another one's is apart from it, as long as no name of
   * it begins with `%~`, the mark of long keys.
   */
  readonly namespace?: ReadonlyArray<string> | undefined
}

const namespaceDefault: ReadonlyArray<string> = ["key-value"]

/** The kind of the sessions: a listing of this kind shows what such stores hold, and nothing else. */
export const kind = "@holdfast/core/keyValueStore"

const Stored = Session.define(kind, {
  state: Schema.Union([Schema.Struct({ text: Schema.String }), Schema.Struct({ base64: Schema.Uint8Array })])
})

type Stored = typeof Stored.state.Type

type Value = string | Uint8Array

const toStored = (value: Value): Stored => typeof value === "string" ? { text: value } : { base64: value }

const toText = (stored: Stored): string => "text" in stored ? stored.text : Base64.encode(stored.base64)

// UTF-8 comes from Effect's encoder: core is typed for no platform, so it has no `TextEncoder`.
const toBytes = (stored: Stored): Uint8Array =>
  "text" in stored ? Result.getOrThrow(Base64.decode(Base64.encode(stored.text))) : stored.base64

type Failure = StorageError | SessionInvalid | SessionConflict

/** A failure as `KeyValueStore` tells it; `where` is what the failure's own message does not say. */
const failed = (method: string, about: { readonly key?: string; readonly where?: string } = {}) => (cause: Failure) =>
  new KeyValueStore.KeyValueStoreError({
    method,
    message: `${method}: ${about.where === undefined ? "" : `${oneLine(about.where)}: `}${cause.message}`,
    cause,
    ...(about.key === undefined ? {} : { key: about.key })
  })

// A removal competes with writers of its key only; ten tries with growing pauses end within about two seconds.
const removeRetries = Schedule.exponential("2 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 10 }))

// Removals of different keys do not wait for each other; more at a time would only queue up for the disk.
const removalsAtOnceMax = 8

const checkOwn = (head: StoredHead): Effect.Effect<void, SessionInvalid> =>
  head.kind === kind
    ? Effect.void
    : Effect.fail(
      new SessionInvalid({ key: head.key, reason: new OtherKind({ stored: head.kind, expected: kind }) })
    )

/** A key with the session key that it lies at. */
interface Place {
  readonly key: string
  readonly sessionKey: SessionKey
}

/** Makes what the methods are built of. */
const makeParts = Effect.fnUntraced(function*({ namespace = namespaceDefault, require }: KeyValueStoreOptions) {
  const adapter = yield* StorageAdapter
  const store = yield* SessionStore.make(Stored, { require })
  const mapping = makeKeyMapping(namespace)

  const locate = (operation: StorageOperation, key: string): Effect.Effect<SessionKey, StorageError> =>
    Effect.mapError(Effect.fromResult(mapping.toSessionKey(key)), (problem) =>
      new StorageError({
        adapter: adapter.name,
        operation,
        reason: new InvalidKey({ outcome: "notApplied", problem })
      }))

  const has = Effect.fnUntraced(function*(key: SessionKey) {
    const head = yield* adapter.head(key)
    if (Option.isNone(head)) return false
    yield* checkOwn(head.value)
    return true
  })

  // The port removes whatever is there, so the kind is looked at first and the version ties both together.
  const removeOnce = Effect.fnUntraced(function*(key: SessionKey) {
    const head = yield* adapter.head(key)
    if (Option.isNone(head)) return
    yield* checkOwn(head.value)
    yield* store.remove(key, { expect: head.value.version })
  })

  const remove = (key: SessionKey): Effect.Effect<void, Failure> =>
    removeOnce(key).pipe(
      Effect.catchTag("SessionNotFound", () => Effect.void),
      Effect.retry({ schedule: removeRetries, while: (error) => error._tag === "SessionConflict" })
    )

  /** The places in a row of a listing: none, where it belongs to a store whose namespace lies inside of this one's. */
  const placesIn = (method: string) => (row: Head<object> | Unreadable) => {
    const rowKey = row._tag === "Unreadable" ? row.key : Option.some(row.key)
    const own = Option.flatMap(
      rowKey,
      (sessionKey) => Option.map(mapping.fromSessionKey(sessionKey), (key): Place => ({ key, sessionKey }))
    )
    const isElsewhere = Option.isSome(rowKey) && Option.isNone(own)
    return row._tag === "Unreadable" && !isElsewhere
      ? Effect.fail(failed(method, { where: row.place })(row.error))
      : Effect.succeed(Option.toArray(own))
  }

  // Suspended, so that each run asks the adapter for a listing of its own.
  const places = (method: string): Effect.Effect<ReadonlyArray<Place>, KeyValueStore.KeyValueStoreError> =>
    Stream.suspend(() => store.listAll({ namespace, order: "id" })).pipe(
      Stream.mapError(failed(method)),
      Stream.mapEffect(placesIn(method)),
      Stream.flattenIterable,
      Stream.runCollect
    )

  return { store, locate, has, remove, places }
})

/**
 * Makes a `KeyValueStore` over the adapter in the context.
 *
 * **Details**
 *
 * Keys may be any string. A key that takes more than 128 bytes fills several names of 126 bytes, of which
 * a session key has 9 with those of the namespace: in the default namespace that is 1008 bytes of UTF-8, of
 * which an escaped character takes 3 or 6. A longer key fails with `InvalidKey` before any I/O.
 *
 * `get` of bytes is their Base64, `getUint8Array` of a text its UTF-8, as in Effect's memory store. Values
 * are copied when they are set.
 *
 * `set` and `remove` succeed once the adapter has acknowledged them, so they survive what its capability
 * says, or what `require` asks for. `modify` is one step: no write of the key comes between reading and
 * writing it, among whom the adapter's `compareAndSet` names. `f` may run again after a write that came
 * between; after 30 such writes in a row `modify` fails with `SessionConflict`.
 *
 * Every failure is a `KeyValueStoreError` whose cause is the `StorageError`, the `SessionInvalid` or the
 * `SessionConflict`; none of them holds a value. Where the cause has an `outcome`, it says whether anything was
 * changed. A key at which a session of another kind lies fails with `SessionInvalid`, and that session stays.
 *
 * `keys`, `size` and `isEmpty` list the whole store. A row that cannot be read and may be a key of this
 * store fails them, and also `clear` and `clearPrefix`, which then remove nothing. These two remove key by
 * key: after a failure or an interruption some are removed, and running them again goes on. A key that is
 * set meanwhile may be removed or stay.
 *
 * **Gotchas**
 *
 * `KeyValueStore` has no receipts: whether a write was degraded is to be seen in the adapter's `health`.
 */
export const make = Effect.fnUntraced(
  function*(
    options: KeyValueStoreOptions = {}
  ): Effect.fn.Return<KeyValueStore.KeyValueStore, never, StorageAdapter> {
    const { has, locate, places, remove, store } = yield* makeParts(options)

    const get = <A extends Value>(method: string, of: (stored: Stored) => A) => (key: string) =>
      locate("load", key).pipe(
        Effect.flatMap(store.find),
        Effect.map((found) => Option.getOrUndefined(Option.map(found, ({ state }) => of(state)))),
        Effect.mapError(failed(method, { key }))
      )

    const modify = <A extends Value>(method: string, of: (stored: Stored) => A) => (key: string, f: (value: A) => A) =>
      locate("commit", key).pipe(
        Effect.flatMap((sessionKey) => store.update(sessionKey, (stored) => toStored(f(of(stored))))),
        Effect.map(({ state }) => of(state)),
        Effect.catchTag("SessionNotFound", () => Effect.undefined),
        Effect.mapError(failed(method, { key }))
      )

    const clear = (method: string, isMeant: (key: string) => boolean) =>
      Effect.flatMap(places(method), (all) =>
        Effect.forEach(
          all.filter(({ key }) => isMeant(key)),
          ({ key, sessionKey }) => Effect.mapError(remove(sessionKey), failed(method, { key })),
          { concurrency: removalsAtOnceMax, discard: true }
        ))

    return KeyValueStore.make({
      get: get("get", toText),
      getUint8Array: get("getUint8Array", toBytes),
      set: (key, value) =>
        locate("commit", key).pipe(
          Effect.flatMap((sessionKey) => store.save(sessionKey, toStored(value))),
          Effect.mapError(failed("set", { key })),
          Effect.asVoid
        ),
      remove: (key) => Effect.mapError(Effect.flatMap(locate("commit", key), remove), failed("remove", { key })),
      has: (key) => Effect.mapError(Effect.flatMap(locate("head", key), has), failed("has", { key })),
      modify: modify("modify", toText),
      modifyUint8Array: modify("modifyUint8Array", toBytes),
      keys: Effect.map(places("keys"), (all) => all.map(({ key }) => key)),
      size: Effect.map(places("size"), (all) => all.length),
      isEmpty: Effect.map(places("isEmpty"), (all) => all.length === 0),
      clear: clear("clear", () => true),
      clearPrefix: (prefix) => clear("clearPrefix", (key) => key.startsWith(prefix))
    })
  }
)

/** The `KeyValueStore` of `make` over the adapter in the context. */
export const layer = (
  options?: KeyValueStoreOptions
): Layer.Layer<KeyValueStore.KeyValueStore, never, StorageAdapter> =>
  Layer.effect(KeyValueStore.KeyValueStore, make(options))
