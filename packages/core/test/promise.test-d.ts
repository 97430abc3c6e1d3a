import { MemoryAdapter } from "@holdfast/adapter-memory"
import * as core from "@holdfast/core"
import {
  type AbortSignalLike,
  type Appended,
  type Autosave,
  type AutosaveError,
  type AutosaveStatus,
  type Change,
  type Entry,
  type Head,
  type Health,
  type Iteration,
  type Listing,
  type OpenOptions,
  type Receipt,
  type Saved,
  Session,
  type SessionConflict,
  type SessionInvalid,
  type SessionKey,
  SessionNotFound,
  Sessions,
  type SessionsOf,
  StorageError,
  type TierHealth,
  type Unreadable,
  type UnreadableEntry,
  type Version
} from "@holdfast/core/promise"
import { type DateTime, Effect, type Layer, type Option, type Path, Schema } from "effect"
import { describe, expectTypeOf, it } from "vitest"

const CodeSession = Session.define("CodeSession", {
  state: Schema.Struct({
    title: Schema.String,
    cwd: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("/")))
  }),
  entry: Schema.Struct({ text: Schema.String }),
  summary: ["title"]
})

type State = typeof CodeSession.state.Type
type Message = { readonly text: string }
type Summary = { readonly title: string }

type Store = SessionsOf<typeof CodeSession>

declare const sessions: Store
declare const key: SessionKey
declare const state: State

/** Takes a call that is there for its types only. */
const compiles = (_: unknown): void => {}

describe("opening", () => {
  it("gives the store of the definition", () => {
    expectTypeOf(Sessions.open(CodeSession, { storage: MemoryAdapter.layer })).toEqualTypeOf<Promise<Store>>()
    compiles(Sessions.open(CodeSession, { storage: MemoryAdapter.layer, require: "flushed" }))
  })

  it("takes a storage that may fail, and none that still needs something", () => {
    const needy = {} as Layer.Layer<core.StorageAdapter, core.StorageError, Path.Path>
    expectTypeOf(needy).not.toExtend<OpenOptions["storage"]>()
    expectTypeOf<Layer.Layer<core.StorageAdapter, core.StorageError>>().toExtend<OpenOptions["storage"]>()
    // @ts-expect-error a store has a storage
    compiles(Sessions.open(CodeSession, {}))
    // @ts-expect-error only open makes a store
    compiles(new Sessions())
  })
})

describe("the methods", () => {
  it("give promises of plain results", () => {
    expectTypeOf<ReturnType<Store["create"]>>().toEqualTypeOf<Promise<Saved<State>>>()
    expectTypeOf<ReturnType<Store["load"]>>().toEqualTypeOf<Promise<Session<State>>>()
    expectTypeOf<ReturnType<Store["find"]>>().toEqualTypeOf<Promise<Session<State> | undefined>>()
    expectTypeOf<ReturnType<Store["save"]>>().toEqualTypeOf<Promise<Saved<State>>>()
    expectTypeOf<ReturnType<Store["update"]>>().toEqualTypeOf<Promise<Saved<State>>>()
    expectTypeOf<ReturnType<Store["append"]>>().toEqualTypeOf<Promise<Appended>>()
    expectTypeOf<ReturnType<Store["commit"]>>().toEqualTypeOf<Promise<Saved<State>>>()
    expectTypeOf<ReturnType<Store["list"]>>().toEqualTypeOf<Promise<Listing<Summary>>>()
    expectTypeOf<ReturnType<Store["remove"]>>().toEqualTypeOf<Promise<Receipt>>()
    expectTypeOf<ReturnType<Store["fork"]>>().toEqualTypeOf<Promise<Saved<State>>>()
    expectTypeOf<ReturnType<Store["close"]>>().toEqualTypeOf<Promise<void>>()
  })

  it("give iterables where the store has streams", () => {
    expectTypeOf<ReturnType<Store["entries"]>>().toEqualTypeOf<AsyncIterable<Entry<Message> | UnreadableEntry>>()
    expectTypeOf<ReturnType<Store["listAll"]>>().toEqualTypeOf<AsyncIterable<Head<Summary> | Unreadable>>()
    expectTypeOf<ReturnType<Store["changes"]>>().toEqualTypeOf<Promise<Iteration<Change>>>()
    expectTypeOf<ReturnType<Store["health"]>>().toEqualTypeOf<AsyncIterable<Health>>()
  })

  it("are those of the store, with an update for both of its own", () => {
    type Mirrored = Exclude<keyof core.SessionStore<never, never, never>, "updateEffect">
    expectTypeOf<Exclude<keyof Store, Mirrored>>().toEqualTypeOf<
      "autosave" | "close" | typeof Symbol.asyncDispose
    >()
    expectTypeOf<Exclude<Mirrored, keyof Store>>().toEqualTypeOf<never>()
  })

  it("all take a signal of any platform", () => {
    const { signal } = new AbortController()
    expectTypeOf(signal).toExtend<AbortSignalLike>()
    compiles(sessions.create(state, { signal }))
    compiles(sessions.load(key, { signal }))
    compiles(sessions.find(key, { signal }))
    compiles(sessions.save(key, state, { signal, expect: "present" }))
    compiles(sessions.update(key, (current) => current, { signal }))
    compiles(sessions.append(key, [], { signal, operationId: "once" }))
    compiles(sessions.commit(key, { state, entries: [] }, { signal }))
    compiles(sessions.entries(key, { signal, last: 1 }))
    compiles(sessions.list({ signal, limit: 1 }))
    compiles(sessions.listAll({ signal }))
    compiles(sessions.remove(key, { signal }))
    compiles(sessions.fork(key, { signal }))
    compiles(sessions.changes({ signal }))
    compiles(sessions.health({ signal }))
    compiles(Sessions.open(CodeSession, { storage: MemoryAdapter.layer, signal }))
  })

  it("take what the store takes", () => {
    const version = {} as Version
    compiles(sessions.create({ title: "the folder has a default" }))
    compiles(sessions.save("plain id", { title: "a" }, { expect: version }))
    compiles(sessions.update(key, (current) => ({ title: current.title })))
    compiles(sessions.update(key, (current) => Promise.resolve({ ...current, title: "later" })))
    compiles(sessions.list({ where: { title: "a" }, order: "id", after: "cursor" }))
    // @ts-expect-error a field is missing
    compiles(sessions.create({}))
    // @ts-expect-error the promise is of no state
    compiles(sessions.update(key, () => Promise.resolve({ cwd: "/" })))
    // @ts-expect-error a version is no number of the caller's own
    compiles(sessions.save(key, state, { expect: 5 }))
    // @ts-expect-error an entry with a wrong field
    compiles(sessions.append(key, [{ text: 5 }]))
    // @ts-expect-error a field that the summary does not show
    compiles(sessions.list({ where: { cwd: "/" } }))
  })
})

/** What a plain result makes of what the store gives. */
type Plain<A> = A extends Option.Option<infer B> ? Plain<B> | undefined
  : A extends DateTime.Utc ? Date
  : A

/** A result of the store with its own fields made plain, and those that are named given. */
type PlainFields<A, Named = unknown> = { readonly [K in keyof A]: K extends keyof Named ? Named[K] : Plain<A[K]> }

describe("the results", () => {
  it("have the fields of the store's results: dates for times, undefined for what may be missing", () => {
    expectTypeOf<Receipt>().toEqualTypeOf<PlainFields<core.Receipt>>()
    expectTypeOf<Session<State>>().toEqualTypeOf<PlainFields<core.Session<State>>>()
    expectTypeOf<Saved<State>>().toEqualTypeOf<PlainFields<core.Saved<State>, { receipt: Receipt }>>()
    expectTypeOf<Appended>().toEqualTypeOf<PlainFields<core.Appended, { receipt: Receipt }>>()
    expectTypeOf<Head<Summary>>().toEqualTypeOf<PlainFields<core.Head<Summary>>>()
    expectTypeOf<Entry<Message>>().toEqualTypeOf<PlainFields<core.Entry<Message>>>()
    expectTypeOf<Unreadable>().toEqualTypeOf<PlainFields<core.Unreadable>>()
    expectTypeOf<Listing<Summary>>().toEqualTypeOf<
      PlainFields<core.Listing<Summary>, {
        sessions: ReadonlyArray<Head<Summary>>
        unreadable: ReadonlyArray<Unreadable>
      }>
    >()
    expectTypeOf<TierHealth>().toEqualTypeOf<PlainFields<core.TierHealth, { since: Date }>>()
    expectTypeOf<Health>().toEqualTypeOf<
      PlainFields<core.Health, { since: Date; tiers: ReadonlyArray<TierHealth> }>
    >()
  })
})

const read = (error: unknown) => {
  if (error instanceof SessionNotFound) return error.key
  if (error instanceof StorageError && error.reason._tag === "NoSpace") return error.reason.path
  return undefined
}

describe("an error", () => {
  it("is narrowed by its class, and by its reason", () => {
    expectTypeOf(read).returns.toEqualTypeOf<SessionKey | string | undefined>()
    expectTypeOf(core.StorageError).toEqualTypeOf<typeof StorageError>()
  })
})

describe("an autosave", () => {
  it("takes the states that a save takes", () => {
    const autosave = sessions.autosave(key, { onError: (error) => expectTypeOf(error).toEqualTypeOf<AutosaveError>() })
    expectTypeOf(autosave).toEqualTypeOf<Autosave<typeof CodeSession.state["~type.make.in"]>>()
    autosave.set({ title: "a" })
    // @ts-expect-error a field is missing
    autosave.set({})
    expectTypeOf(autosave.flush).returns.toEqualTypeOf<Promise<Receipt | undefined>>()
    expectTypeOf(autosave.status).toEqualTypeOf<AutosaveStatus>()
    expectTypeOf<AutosaveError>().toEqualTypeOf<SessionConflict | SessionInvalid | StorageError>()
    // @ts-expect-error the status is the autosave's to change
    autosave.status = { state: "idle", lastReceipt: undefined, lastError: undefined }
  })

  it("is not made without somebody to tell of a failure", () => {
    // @ts-expect-error onError is missing
    compiles(sessions.autosave(key, {}))
  })
})
