import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, Session, SessionConflict, SessionNotFound, type StorageAdapter, Version } from "@holdfast/core"
import { Cause, Context, Data, Effect, Exit, Fiber, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { draft, hello, openChats, openRecorded, storeOver } from "./chats.ts"

const Counter = Session.define("Counter", { state: Schema.Struct({ count: Schema.Int }), summary: ["count"] })

interface Count {
  readonly count: number
}

const increment = ({ count }: Count) => ({ count: count + 1 })

class Refused extends Data.TaggedError("Refused")<{ readonly why: string }> {}

class Naming extends Context.Service<Naming, { readonly name: Effect.Effect<string> }>()("test/Naming") {}

const openCounter = Effect.gen(function*() {
  const opened = yield* openRecorded(Counter)
  const { receipt: _, ...session } = yield* opened.store.create({ count: 0 }, { id: "a" })
  return { ...opened, counters: opened.store, session }
})

/** A counter before each of whose first `times` commits another writer saves, and how often an update's effect ran. */
const openContended = Effect.fnUntraced(function*(times: number) {
  const adapter = yield* MemoryAdapter.make()
  const other = yield* storeOver(adapter, Counter)
  yield* other.create({ count: 0 }, { id: "a" })
  let left = times
  const commit: StorageAdapter["Service"]["commit"] = Effect.fnUntraced(function*(change) {
    if (left-- > 0) yield* Effect.orDie(other.save("a", { count: 100 }))
    return yield* adapter.commit(change)
  })
  return { other, store: yield* storeOver({ ...adapter, commit }, Counter) }
})

/** Runs an effect until it is done, with the pauses between its tries. */
const finished = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const running = yield* Effect.forkChild(Effect.result(effect), { startImmediately: true })
  yield* TestClock.adjust("1 minutes")
  return yield* Fiber.join(running)
})

describe("an update by an effect", () => {
  it.effect("writes what the effect makes of the state, and keeps the entries", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [hello] })
      const { receipt, ...saved } = yield* chats.updateEffect("a", (state) =>
        Effect.gen(function*() {
          const { name } = yield* Naming
          return { ...state, title: yield* name }
        })).pipe(Effect.provideService(Naming, { name: Effect.succeed("Named") }))
      assert.deepStrictEqual([saved.state, saved.entryCount], [{ title: "Named", pinned: false }, 1])
      assert.isAbove(saved.version, first.version)
      assert.deepStrictEqual(yield* chats.load("a"), saved)
      assert.strictEqual(receipt.version, saved.version)
    }))

  it.effect("takes its time, and writes when the effect has ended", () =>
    Effect.gen(function*() {
      const { changes, counters, session } = yield* openCounter
      const updating = yield* Effect.forkChild(
        counters.updateEffect("a", (state) => Effect.delay(Effect.succeed(increment(state)), "1 hours")),
        { startImmediately: true }
      )
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual([yield* counters.load("a"), changes().length], [session, 1])
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* Fiber.join(updating)).state.count, 1)
    }))

  it.effect("of what is not there fails without running the effect", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounter
      const error = yield* Effect.flip(counters.updateEffect("missing", () => Effect.die("ran")))
      assert.strictEqual(error._tag, "SessionNotFound")
    }))

  it.effect("of an invalid key fails without running the effect", () =>
    Effect.gen(function*() {
      const { calls, counters } = yield* openCounter
      const heard = calls.length
      for (const key of ["", "a/b", null as never]) {
        const error = yield* Effect.flip(counters.updateEffect(key, () => Effect.die("ran")))
        assert.isTrue(error._tag === "StorageError" && error.reason._tag === "InvalidKey")
      }
      assert.strictEqual(calls.length, heard)
    }))

  it.effect("whose state does not fit changes nothing and runs once", () =>
    Effect.gen(function*() {
      const { counters, session } = yield* openCounter
      let runs = 0
      const error = yield* Effect.flip(
        counters.updateEffect("a", () => Effect.sync(() => ({ count: (runs += 1) / 2 })))
      )
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
      assert.deepStrictEqual([yield* counters.load("a"), runs], [session, 1])
    }))
})

describe("an update whose effect fails", () => {
  const failures = [
    new Refused({ why: "mine" }),
    "a text",
    undefined,
    new SessionConflict({ key: makeKey("z"), expected: "any", actual: Option.none() }),
    new SessionConflict({ key: makeKey("a"), expected: Version(1), actual: Option.some(Version(2)) }),
    new SessionNotFound({ key: makeKey("a") })
  ] as const

  it.effect.each(failures.map((failure, index) => [index, failure] as const))(
    "fails with that failure, runs once and changes nothing (%s)",
    ([, failure]) =>
      Effect.gen(function*() {
        const { changes, counters, session } = yield* openCounter
        let runs = 0
        const update = counters.updateEffect("a", () =>
          Effect.suspend(() => {
            runs += 1
            return Effect.fail(failure)
          }))
        const result = yield* finished(update)
        assert.isTrue(result._tag === "Failure" && result.failure === failure)
        assert.deepStrictEqual([yield* counters.load("a"), runs, changes().length], [session, 1, 1])
        yield* counters.update("a", increment)
      })
  )

  it.effect("with a conflict of its own, of another session, is not taken for one of the update", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounter
      yield* counters.create({ count: 0 }, { id: "b" })
      const result = yield* finished(
        counters.updateEffect("a", (state) => Effect.as(counters.save("b", state, { expect: "absent" }), state))
      )
      assert.isTrue(
        result._tag === "Failure" && result.failure._tag === "SessionConflict" && result.failure.key.id === "b"
      )
    }))

  it.effect("after a conflict of the update fails with its failure", () =>
    Effect.gen(function*() {
      const { other, store } = yield* openContended(2)
      let runs = 0
      const result = yield* finished(
        store.updateEffect("a", (state) => (runs += 1) < 3 ? Effect.succeed(increment(state)) : Effect.fail("enough"))
      )
      assert.isTrue(result._tag === "Failure" && result.failure === "enough")
      assert.deepStrictEqual([runs, (yield* other.load("a")).state.count], [3, 100])
    }))

  it.effect("with a defect is a defect that changes nothing and leaves the key free", () =>
    Effect.gen(function*() {
      const { counters, session } = yield* openCounter
      const thrown = new Error("mine")
      const defects: ReadonlyArray<() => Effect.Effect<Count>> = [() => Effect.die(thrown), () => {
        throw thrown
      }]
      for (const defect of defects) {
        const exit = yield* Effect.exit(counters.updateEffect("a", defect))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause) && Cause.squash(exit.cause) === thrown)
        assert.deepStrictEqual(yield* counters.load("a"), session)
      }
      yield* counters.update("a", increment)
    }))
})

describe("an update that meets another writer", () => {
  it.effect("runs its effect again over what that one wrote", () =>
    Effect.gen(function*() {
      const { other, store } = yield* openContended(3)
      const seen: Array<number> = []
      const result = yield* finished(store.updateEffect("a", (state) =>
        Effect.sync(() => {
          seen.push(state.count)
          return increment(state)
        })))
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual([seen, (yield* other.load("a")).state.count], [[0, 100, 100, 100], 101])
    }))

  it.effect("every time gives up after 31 runs with a conflict, and changes nothing", () =>
    Effect.gen(function*() {
      const { other, store } = yield* openContended(Infinity)
      let runs = 0
      const result = yield* finished(
        store.updateEffect("a", (state) => Effect.sync(() => ({ count: state.count + (runs += 1) })))
      )
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "SessionConflict")
      assert.deepStrictEqual([runs, (yield* other.load("a")).state.count], [31, 100])
    }))

  it.effect("that removes the session fails with its absence", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounter
      const result = yield* finished(
        counters.updateEffect("a", (state) => Effect.as(Effect.orDie(counters.remove("a")), increment(state)))
      )
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "SessionNotFound")
    }))

  it.effect("that makes the session anew is an update of that one", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounter
      let runs = 0
      const replace = Effect.andThen(counters.remove("a"), counters.create({ count: 7 }, { id: "a" }))
      const result = yield* finished(counters.updateEffect("a", (state) =>
        Effect.as(
          Effect.orDie(Effect.when(
            replace,
            Effect.sync(() => (runs += 1) === 1)
          )),
          increment(state)
        )))
      assert.isTrue(result._tag === "Success" && result.success.state.count === 8)
    }))
})
