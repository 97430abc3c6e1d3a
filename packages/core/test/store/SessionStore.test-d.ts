import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Appended,
  type Entry,
  type Head,
  type InvalidCursor,
  type KeyInput,
  type Listing,
  type Reason,
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
import { Effect, type Layer, type Option, Schema, type Stream } from "effect"
import { describe, expectTypeOf, it } from "vitest"

const CodeSession = Session.define("CodeSession", {
  version: 2,
  state: Schema.Struct({
    title: Schema.String,
    pinned: Schema.Boolean,
    note: Schema.optionalKey(Schema.String),
    due: Schema.DateTimeUtcFromString,
    cwd: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("/")))
  }),
  entry: Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String }),
  summary: ["title", "note", "due"],
  migrations: { 1: (old) => ({ ...old, cwd: "" }) }
})

class CodeSessions extends SessionStore.Service<CodeSessions>()("test/CodeSessions", CodeSession) {}

type State = typeof CodeSession.state.Type
type Summary = Pick<State, "title" | "note" | "due">
type Message = { readonly role: "user" | "assistant"; readonly text: string }

declare const sessions: CodeSessions["Service"]
declare const key: SessionKey
declare const state: State
declare const entries: ReadonlyArray<Message>

/** Takes a call that is there for its types only. */
const compiles = (_: unknown): void => {}

describe("the layers of a service", () => {
  it("need an adapter and cannot fail", () => {
    expectTypeOf(CodeSessions.layer).toEqualTypeOf<Layer.Layer<CodeSessions, never, StorageAdapter>>()
    expectTypeOf(CodeSessions.layerWith({ require: "flushed" })).toEqualTypeOf<
      Layer.Layer<CodeSessions, never, StorageAdapter>
    >()
    expectTypeOf(MemoryAdapter.layer).toEqualTypeOf<Layer.Layer<StorageAdapter>>()
  })

  it("provide the service of the definition", () => {
    expectTypeOf<Effect.Success<typeof CodeSessions>>().toEqualTypeOf<typeof sessions>()
    expectTypeOf(SessionStore.make(CodeSession)).toEqualTypeOf<Effect.Effect<typeof sessions, never, StorageAdapter>>()
  })
})

describe("the methods", () => {
  it("that write fail with exactly what they may meet", () => {
    expectTypeOf(sessions.create).returns.toEqualTypeOf<
      Effect.Effect<Saved<State>, SessionExists | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.save).returns.toEqualTypeOf<
      Effect.Effect<Saved<State>, SessionConflict | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.update).returns.toEqualTypeOf<
      Effect.Effect<Saved<State>, SessionNotFound | SessionConflict | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.append).returns.toEqualTypeOf<
      Effect.Effect<Appended, SessionNotFound | SessionConflict | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.commit).returns.toEqualTypeOf<
      Effect.Effect<Saved<State>, SessionConflict | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.remove).returns.toEqualTypeOf<
      Effect.Effect<Receipt, SessionNotFound | SessionConflict | StorageError>
    >()
  })

  it("that read fail with exactly what they may meet", () => {
    expectTypeOf(sessions.load).returns.toEqualTypeOf<
      Effect.Effect<Session<State>, SessionNotFound | SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.find).returns.toEqualTypeOf<
      Effect.Effect<Option.Option<Session<State>>, SessionInvalid | StorageError>
    >()
    expectTypeOf(sessions.entries).returns.toEqualTypeOf<
      Stream.Stream<Entry<Message> | UnreadableEntry, SessionNotFound | StorageError>
    >()
    expectTypeOf(sessions.list).returns.toEqualTypeOf<Effect.Effect<Listing<Summary>, InvalidCursor | StorageError>>()
    expectTypeOf(sessions.listAll).returns.toEqualTypeOf<Stream.Stream<Head<Summary> | Unreadable, StorageError>>()
  })

  it("take a key or a plain id", () => {
    expectTypeOf<KeyInput>().toEqualTypeOf<SessionKey | string>()
    expectTypeOf(sessions.load).parameter(0).toEqualTypeOf<KeyInput>()
    expectTypeOf(Session.key("a", ["b"])).toEqualTypeOf<SessionKey>()
  })

  it("take what the constructor takes: defaults may be left out, spreads are welcome", () => {
    const { cwd: _, ...withoutDefault } = state
    compiles(sessions.create(withoutDefault))
    compiles(sessions.save(key, withoutDefault, { expect: "absent" }))
    compiles(sessions.update(key, (current) => ({ ...current, title: "next" })))
    compiles(sessions.commit(key, { state: withoutDefault, entries }))
    // @ts-expect-error a field without a default is missing
    compiles(sessions.create({ title: "a", pinned: true }))
    // @ts-expect-error a field has the wrong type
    compiles(sessions.save(key, { ...state, pinned: "yes" }))
    // @ts-expect-error the state has no such field
    compiles(sessions.create({ title: "a", pinned: true, due: state.due, size: 5 }))
  })

  it("expect a version, or a word", () => {
    const version = {} as Version
    compiles(sessions.save(key, state, { expect: version }))
    for (const expect of ["any", "absent", "present"] as const) compiles(sessions.remove(key, { expect }))
    // @ts-expect-error a version is no number of the caller's own
    compiles(sessions.save(key, state, { expect: 5 }))
    // @ts-expect-error no such expectation
    compiles(sessions.save(key, state, { expect: "newer" }))
  })
})

describe("a summary", () => {
  it("is a pick of the state", () => {
    expectTypeOf<Effect.Success<ReturnType<typeof sessions.list>>["sessions"][number]["summary"]>().toEqualTypeOf<
      Summary
    >()
  })

  it("names fields of the state only", () => {
    // @ts-expect-error the state has no such field
    Session.define("Bad", { state: Schema.Struct({ title: Schema.String }), summary: ["size"] })
  })

  it("filters by its encoded fields only", () => {
    compiles(sessions.list({ where: { title: "a", due: "2026-11-22T00:00:00.000Z" }, order: "id" }))
    compiles(sessions.listAll({ where: { note: "n" } }))
    // @ts-expect-error a field that the summary does not show
    compiles(sessions.list({ where: { pinned: true } }))
    // @ts-expect-error a value of the wrong type
    compiles(sessions.list({ where: { title: 5 } }))
    // @ts-expect-error no such order
    compiles(sessions.list({ order: "size" }))
  })

  it("filters by the JSON of what JSON does not know", () => {
    const tasks = {} as Effect.Success<ReturnType<typeof openTasks>>
    compiles(tasks.list({ where: { due: "1970-01-01T00:00:00.000Z", cost: "5" } }))
    // @ts-expect-error a bigint is no JSON
    compiles(tasks.list({ where: { cost: 5n } }))
  })

  it("is empty unless it is named", () => {
    const Plain = Session.define("Plain", { state: Schema.Struct({ title: Schema.String }) })
    expectTypeOf<keyof typeof Plain.summary.schema.Type>().toEqualTypeOf<never>()
  })

  it("may be derived, with the derived type", () => {
    const Run = Session.define("Run", {
      state: Schema.Union([Schema.TaggedStruct("Idle", {}), Schema.TaggedStruct("Running", { pid: Schema.Int })]),
      summary: {
        schema: Schema.Struct({ isRunning: Schema.Boolean }),
        of: (state) => {
          expectTypeOf(state).toEqualTypeOf<
            { readonly _tag: "Idle" } | { readonly _tag: "Running"; readonly pid: number }
          >()
          return { isRunning: state._tag === "Running" }
        }
      }
    })
    expectTypeOf<typeof Run.summary.schema.Type>().toEqualTypeOf<{ readonly isRunning: boolean }>()
    Session.define("Bad", {
      state: Schema.String,
      // @ts-expect-error the derived value is not of the summary's schema
      summary: { schema: Schema.Struct({ length: Schema.Int }), of: (state) => ({ length: state }) }
    })
  })
})

describe("entries", () => {
  it("are typed by the definition", () => {
    compiles(sessions.append(key, entries, { operationId: "op" }))
    compiles(sessions.create(state, { entries }))
    // @ts-expect-error an entry with a wrong field
    compiles(sessions.append(key, [{ role: "robot", text: "" }]))
    // @ts-expect-error an entry without a field
    compiles(sessions.commit(key, { state, entries: [{ role: "user" }] }))
  })

  it("are none where the definition names none", () => {
    const plain = {} as Effect.Success<ReturnType<typeof openPlain>>
    compiles(plain.append(key, []))
    // @ts-expect-error there are no entries
    compiles(plain.append(key, ["text"]))
  })
})

const openPlain = () => SessionStore.make(Session.define("Plain", { state: Schema.Struct({ title: Schema.String }) }))

const openTasks = () =>
  SessionStore.make(Session.define("Task", {
    state: Schema.Struct({ due: Schema.DateTimeUtc, cost: Schema.BigInt }),
    summary: ["due", "cost"]
  }))

describe("a definition", () => {
  it("migrates records of JSON values", () => {
    Session.define("Chat", {
      version: 2,
      state: Schema.Struct({ title: Schema.String }),
      migrations: {
        1: (old) => {
          expectTypeOf(old).toEqualTypeOf<{ readonly [field: string]: Schema.Json }>()
          return old
        }
      }
    })
  })

  it("takes schemas that need no services", () => {
    const needy = Schema.String as unknown as Schema.Codec<string, string, StorageAdapter>
    // @ts-expect-error a schema that needs a service to decode
    Session.define("Needy", { state: needy })
  })
})

describe("a storage error", () => {
  it("is caught by its reasons", () => {
    const caught = Effect.catchReason(sessions.find(key), "StorageError", "NoSpace", (reason) => {
      expectTypeOf(reason).toEqualTypeOf<Extract<Reason, { readonly _tag: "NoSpace" }>>()
      return Effect.succeed(reason.path)
    })
    expectTypeOf<Effect.Error<typeof caught>>().toEqualTypeOf<SessionInvalid | StorageError>()
  })
})
