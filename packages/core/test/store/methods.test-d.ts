import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Appended,
  type Change,
  type ContentError,
  type Entry,
  type Head,
  type Health,
  type InvalidCursor,
  type Listing,
  type Receipt,
  type Saved,
  Session,
  type SessionConflict,
  type SessionExists,
  type SessionInvalid,
  type SessionKey,
  type SessionNotFound,
  SessionStore,
  type StorageAdapter,
  type StorageError,
  type Unreadable,
  type UnreadableEntry,
  type Version
} from "@holdfast/core"
import { Config, Context, Data, Effect, type Layer, type Option, Schema, type Scope, type Stream } from "effect"
import { describe, expectTypeOf, it } from "vitest"

const CodeSession = Session.define("CodeSession", {
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean, note: Schema.optionalKey(Schema.String) }),
  entry: Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String }),
  summary: ["title", "note"]
})

class CodeSessions extends SessionStore.Service<CodeSessions>()("test/CodeSessionMethods", CodeSession) {}

type Store = CodeSessions["Service"]
type State = typeof CodeSession.state.Type
type Message = { readonly role: "user" | "assistant"; readonly text: string }

declare const sessions: Store
declare const key: SessionKey
declare const state: State

/** Takes a call that is there for its types only. */
const compiles = (_: unknown): void => {}

/** What a method, or a stream, succeeds with, fails with and needs. */
type Parts<M> = M extends (...given: never) => infer Answer ? Parts<Answer>
  : M extends Effect.Effect<infer A, infer E, infer R> ? readonly ["Effect", A, E, R]
  : M extends Stream.Stream<infer A, infer E, infer R> ? readonly ["Stream", A, E, R]
  : never

/** A call of one key: what it succeeds with and fails with beside `StorageError`. It needs nothing. */
type Call<A, E = never> = readonly ["Effect", A, E | StorageError, never]

type Changes = readonly ["Effect", Stream.Stream<Change, StorageError>, StorageError, Scope.Scope]

describe("the methods of a store", () => {
  it("are these, and each succeeds, fails and needs exactly so", () => {
    expectTypeOf<{ readonly [M in Exclude<keyof Store, "updateEffect">]: Parts<Store[M]> }>().toEqualTypeOf<{
      readonly create: Call<Saved<State>, SessionExists | SessionInvalid>
      readonly load: Call<Session<State>, SessionNotFound | SessionInvalid>
      readonly find: Call<Option.Option<Session<State>>, SessionInvalid>
      readonly save: Call<Saved<State>, SessionConflict | SessionInvalid>
      readonly update: Call<Saved<State>, SessionNotFound | SessionConflict | SessionInvalid>
      readonly append: Call<Appended, SessionNotFound | SessionConflict | SessionInvalid>
      readonly commit: Call<Saved<State>, SessionConflict | SessionInvalid>
      readonly entries: readonly [
        "Stream",
        Entry<Message> | UnreadableEntry,
        SessionNotFound | StorageError,
        never
      ]
      readonly list: Call<Listing<Pick<State, "title" | "note">>, InvalidCursor>
      readonly listAll: readonly ["Stream", Head<Pick<State, "title" | "note">> | Unreadable, StorageError, never]
      readonly remove: Call<Receipt, SessionNotFound | SessionConflict>
      readonly fork: Call<Saved<State>, SessionNotFound | SessionExists | SessionInvalid>
      readonly changes: Changes
      readonly health: readonly ["Stream", Health, never, never]
    }>()
    expectTypeOf<Store>().toHaveProperty("updateEffect")
  })

  it("fail with two groups of errors that have names", () => {
    expectTypeOf<ContentError>().toEqualTypeOf<SessionInvalid | StorageError>()
  })
})

class Refused extends Data.TaggedError("Refused")<{ readonly why: string }> {}
class Naming extends Context.Service<Naming, { readonly name: Effect.Effect<string> }>()("test/TypedNaming") {}

type UpdateError = SessionNotFound | SessionConflict | SessionInvalid | StorageError

describe("an update by an effect", () => {
  it("adds the effect's failures and needs to its own", () => {
    const named = sessions.updateEffect(key, (current) =>
      Effect.gen(function*() {
        expectTypeOf(current).toEqualTypeOf<State>()
        const title = yield* (yield* Naming).name
        return title === "" ? yield* new Refused({ why: "empty" }) : { ...current, title }
      }))
    expectTypeOf(named).toEqualTypeOf<Effect.Effect<Saved<State>, Refused | UpdateError, Naming>>()
    const scoped = sessions.updateEffect("id", (current) => Effect.as(Effect.scope, current))
    expectTypeOf(scoped).toEqualTypeOf<Effect.Effect<Saved<State>, UpdateError, Scope.Scope>>()
  })

  it("adds nothing where the effect has none", () => {
    const updated = sessions.updateEffect(key, (current) => Effect.succeed({ ...current, pinned: true }))
    expectTypeOf(updated).toEqualTypeOf<ReturnType<Store["update"]>>()
  })

  it("fails with errors of any sort, its own included", () => {
    const failing = sessions.updateEffect(key, () => Effect.fail("text"))
    expectTypeOf(failing).toEqualTypeOf<Effect.Effect<Saved<State>, string | UpdateError>>()
    const conflicting = sessions.updateEffect(key, (current) => Effect.as(sessions.save("b", current), current))
    expectTypeOf(conflicting).toEqualTypeOf<Effect.Effect<Saved<State>, UpdateError>>()
  })

  it("makes a state", () => {
    // @ts-expect-error a field is missing
    compiles(sessions.updateEffect(key, () => Effect.succeed({ title: "a" })))
    // @ts-expect-error a state, not an effect
    compiles(sessions.updateEffect(key, (current) => current))
    // @ts-expect-error an effect, not a state
    compiles(sessions.update(key, (current) => Effect.succeed(current)))
    // @ts-expect-error the state that is there is not the caller's to change
    compiles(sessions.update(key, (current) => Object.assign(current, { title: current.pinned = true })))
  })
})

describe("a fork", () => {
  it("takes a key or an id, and names its target in part or whole", () => {
    compiles(sessions.fork(key))
    compiles(sessions.fork("a", { id: "b" }))
    compiles(sessions.fork(key, { namespace: ["acct", "org"] }))
    compiles(sessions.fork(key, { id: undefined, namespace: undefined }))
    // @ts-expect-error a namespace is a list of names
    compiles(sessions.fork(key, { namespace: "acct" }))
    // @ts-expect-error the entries are the source's
    compiles(sessions.fork(key, { entries: [] }))
    // @ts-expect-error no such option: a fork's target never exists
    compiles(sessions.fork(key, { expect: "any" }))
  })

  it("has the state of its source, with a receipt", () => {
    expectTypeOf<Effect.Success<ReturnType<Store["fork"]>>["state"]>().toEqualTypeOf<State>()
    expectTypeOf<Effect.Success<ReturnType<Store["fork"]>>["receipt"]>().toEqualTypeOf<Receipt>()
  })
})

describe("a watch", () => {
  it("is of a namespace or of all", () => {
    compiles(sessions.changes())
    compiles(sessions.changes({ namespace: ["acct"] }))
    // @ts-expect-error a namespace is a list of names
    compiles(sessions.changes({ namespace: "acct" }))
    // @ts-expect-error a watch is of one kind already
    compiles(sessions.changes({ kind: "Chat" }))
  })

  it("tells keys and versions, and no content", () => {
    type Told = { readonly key: SessionKey; readonly kind: string; readonly version: Version }
    expectTypeOf<Extract<Change, { readonly _tag: "Changed" }>>().toExtend<Told>()
    expectTypeOf<keyof Extract<Change, { readonly _tag: "Changed" }>>().toEqualTypeOf<"_tag" | keyof Told>()
    expectTypeOf<keyof Extract<Change, { readonly _tag: "Removed" }>>().toEqualTypeOf<"_tag" | keyof Told>()
    expectTypeOf<keyof Extract<Change, { readonly _tag: "Missed" }>>().toEqualTypeOf<"_tag">()
    expectTypeOf<Change["_tag"]>().toEqualTypeOf<"Changed" | "Removed" | "Missed">()
  })
})

describe("entries", () => {
  it("are read in the type of the definition", () => {
    type Read = Stream.Success<ReturnType<Store["entries"]>>
    expectTypeOf<Extract<Read, { readonly _tag: "Entry" }>["entry"]>().toEqualTypeOf<Message>()
    compiles(sessions.entries(key, { from: 1, to: 5, last: 2 }))
    // @ts-expect-error an index is a number
    compiles(sessions.entries(key, { from: "1" }))
  })
})

describe("the layers of a store", () => {
  it("need an adapter, or nothing, and never fail", () => {
    expectTypeOf(CodeSessions.layer).toEqualTypeOf<Layer.Layer<CodeSessions, never, StorageAdapter>>()
    expectTypeOf(CodeSessions.layerWith({})).toEqualTypeOf<Layer.Layer<CodeSessions, never, StorageAdapter>>()
    expectTypeOf(CodeSessions.layerTest).toEqualTypeOf<Layer.Layer<CodeSessions>>()
    // @ts-expect-error no such durability
    compiles(CodeSessions.layerWith({ require: "forever" }))
  })

  it("of an adapter with options from the configuration may fail with that", () => {
    const closeTimeout = Config.Duration("CLOSE_TIMEOUT")
    expectTypeOf(MemoryAdapter.layerConfig({ closeTimeout })).toEqualTypeOf<
      Layer.Layer<StorageAdapter, Config.ConfigError>
    >()
    compiles(MemoryAdapter.layerConfig({}))
    compiles(MemoryAdapter.layerConfig({ closeTimeout: closeTimeout.pipe(Config.withDefault(undefined)) }))
    compiles(MemoryAdapter.layerConfig(Config.succeed({})))
    // @ts-expect-error an option is configured, not given
    compiles(MemoryAdapter.layerConfig({ closeTimeout: "1 seconds" }))
    // @ts-expect-error a timeout is no flag
    compiles(MemoryAdapter.layerConfig({ closeTimeout: Config.Boolean("CLOSE_TIMEOUT") }))
  })
})

compiles(state)
