import { type Migration, type MigrationStep, type OldState, Session, SessionStore, type WhereOf } from "@holdfast/core"
import { type DateTime, Effect, Schema, type Stream } from "effect"
import { describe, expectTypeOf, it } from "vitest"

/** Takes a call that is there for its types only. */
const compiles = (_: unknown): void => {}

const state = Schema.Struct({ title: Schema.String, count: Schema.Int })
const options = { version: 2, state } as const
const step: Migration = (old) => old

/** Takes migrations from version 1 to 2. */
const migrated = (migrations: Parameters<typeof Session.define>[1]["migrations"]) =>
  Session.define("Chat", { ...options, migrations })

describe("a migration", () => {
  it("is a function, or a step with a function for the state and perhaps one for entries", () => {
    compiles(migrated({ 1: step }))
    compiles(migrated({ 1: { state: step } }))
    compiles(migrated({ 1: { state: step, entry: undefined } }))
    compiles(migrated({ 1: { state: step, entry: (old) => ({ ...old, size: 1 }) } }))
    expectTypeOf<MigrationStep>().toEqualTypeOf<
      { readonly state: Migration; readonly entry?: ((old: OldState) => unknown) | undefined }
    >()
  })

  it("is given a record of JSON values, of the state as of an entry", () => {
    Session.define("Chat", {
      ...options,
      migrations: {
        1: {
          state: (old) => {
            expectTypeOf(old).toEqualTypeOf<{ readonly [field: string]: Schema.Json }>()
            return old
          },
          entry: (old) => {
            expectTypeOf(old).toEqualTypeOf<{ readonly [field: string]: Schema.Json }>()
            return old
          }
        }
      }
    })
  })

  it("of another shape does not compile", () => {
    // @ts-expect-error a text
    compiles(migrated({ 1: "step" }))
    // @ts-expect-error no step of the state
    compiles(migrated({ 1: { entry: step } }))
    // @ts-expect-error nothing
    compiles(migrated({ 1: undefined }))
    // @ts-expect-error the state's step is no function
    compiles(migrated({ 1: { state: "step" } }))
    // @ts-expect-error the entry's step is no function
    compiles(migrated({ 1: { state: step, entry: "step" } }))
    // @ts-expect-error a part that there is not
    compiles(migrated({ 1: { state: step, entries: step } }))
    // @ts-expect-error no version to start from
    compiles(migrated({ first: step }))
    // @ts-expect-error what was stored is not known to be of any shape
    compiles(migrated({ 1: ({ title }: { readonly title: string }) => ({ title }) }))
    // @ts-expect-error a promise of a state
    compiles(migrated({ 1: (old) => Promise.resolve(old) }))
    // @ts-expect-error an effect
    compiles(migrated({ 1: (old) => Effect.succeed(old) }))
    // @ts-expect-error a number
    compiles(migrated({ 1: () => 5 }))
    // @ts-expect-error what is stored is not to be changed in place
    compiles(migrated({ 1: (old) => Object.assign(old, { title: old["title"] = "" }) }))
  })
})

describe("a summary", () => {
  const Chat = Session.define("Chat", {
    state: Schema.Struct({
      title: Schema.String,
      due: Schema.DateTimeUtcFromString,
      note: Schema.optionalKey(Schema.FiniteFromString),
      secret: Schema.String
    }),
    summary: ["due", "note"]
  })

  it("is a pick of the state, decoded and encoded", () => {
    expectTypeOf<typeof Chat.summary.schema.Type>().toEqualTypeOf<Pick<typeof Chat.state.Type, "due" | "note">>()
    expectTypeOf<typeof Chat.summary.schema.Type>().toEqualTypeOf<
      { readonly due: DateTime.Utc; readonly note?: number }
    >()
    expectTypeOf<keyof WhereOf<typeof Chat.summary.schema>>().toEqualTypeOf<"due" | "note">()
  })

  it("filters by the encoded type of each field, also of one that may be absent", () => {
    type Where = WhereOf<typeof Chat.summary.schema>
    expectTypeOf<Where["due"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Where["note"]>().toEqualTypeOf<string | undefined>()
  })

  it("of a field that the state lacks does not compile", () => {
    // @ts-expect-error no such field
    Session.define("Bad", { state, summary: ["title", "size"] })
    // @ts-expect-error a list of names
    Session.define("Bad", { state, summary: "title" })
    // @ts-expect-error the state of a text has its own fields only
    Session.define("Bad", { state: Schema.String, summary: ["title"] })
  })

  it("of a union may pick what all members have, and is better derived", () => {
    const Union = Schema.Union([
      Schema.TaggedStruct("Idle", { name: Schema.String }),
      Schema.TaggedStruct("Running", { name: Schema.String, pid: Schema.Int })
    ])
    // @ts-expect-error only one member has it
    const pick = () => Session.define("Bad", { state: Union, summary: ["pid"] })
    compiles(pick)
    const Run = Session.define("Run", {
      state: Union,
      entry: Schema.Struct({ at: Schema.DateTimeUtcFromString }),
      summary: {
        schema: Schema.Struct({ pid: Schema.NullOr(Schema.Int) }),
        of: (run) => ({ pid: run._tag === "Running" ? run.pid : null })
      }
    })
    class Runs extends SessionStore.Service<Runs>()("test/TypedRuns", Run) {}
    const runs = {} as Runs["Service"]
    compiles(runs.list({ where: { pid: null } }))
    // @ts-expect-error the summary has no such field
    compiles(runs.list({ where: { name: "a" } }))
    type Listed = Effect.Success<ReturnType<typeof runs.list>>["sessions"][number]["summary"]
    expectTypeOf<Listed>().toEqualTypeOf<{ readonly pid: number | null }>()
    type Read = Extract<Stream.Success<ReturnType<typeof runs.entries>>, { readonly _tag: "Entry" }>["entry"]
    expectTypeOf<Read>().toEqualTypeOf<{ readonly at: DateTime.Utc }>()
  })

  it("that is derived without its schema, or from another state, does not compile", () => {
    // @ts-expect-error no schema
    Session.define("Bad", { state, summary: { of: () => ({}) } })
    // @ts-expect-error no derivation
    Session.define("Bad", { state, summary: { schema: Schema.Int } })
    // @ts-expect-error a derivation of another type
    Session.define("Bad", { state, summary: { schema: Schema.Int, of: () => "5" } })
    // @ts-expect-error a derivation from a field that the state lacks
    Session.define("Bad", { state, summary: { schema: Schema.Int, of: ({ size }) => size } })
  })
})
