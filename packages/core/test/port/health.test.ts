import { assert, describe, it } from "@effect/vitest"
import { type Health, makeWrites, type Reason, StorageError, type Writes } from "@holdfast/core"
import { Effect, Exit, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { allReasons, reasonSamples } from "../errors/reasonSamples.ts"

const errorOf = (reason: Reason) => new StorageError({ adapter: "test", operation: "commit", reason })

const noSpace = errorOf(reasonSamples.NoSpace)
const ioError = errorOf(reasonSamples.Io)

/** A write that ends with the exit, a second after what was before. */
const write = <A>(writes: Writes, exit: Exit.Exit<A, StorageError>) =>
  Effect.andThen(TestClock.adjust("1 seconds"), Effect.exit(writes.run(undefined, exit)))

const current = (writes: Writes) => Effect.map(Stream.runHead(writes.health), Option.getOrThrow)

const healthOf = (state: Health["state"], since: number, error?: StorageError): Health => {
  const lastError = Option.fromUndefinedOr(error)
  return {
    state,
    since,
    lastError,
    displacedCount: 0,
    tiers: [{ name: "test", state, since, lastError, displacedCount: 0 }]
  }
}

const openAt = (seconds: number) => Effect.andThen(TestClock.setTime(seconds * 1000), makeWrites({ adapter: "test" }))

describe("health", () => {
  it.effect("is healthy since the adapter was opened", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(5)
      assert.deepStrictEqual(yield* current(writes), healthOf("healthy", 5_000))
    }))

  it.effect("is failing since the first write that failed, with the last error", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      yield* write(writes, Exit.fail(noSpace))
      assert.deepStrictEqual(yield* current(writes), healthOf("failing", 1_000, noSpace))
      yield* write(writes, Exit.fail(ioError))
      assert.deepStrictEqual(yield* current(writes), healthOf("failing", 1_000, ioError))
    }))

  it.effect("is healthy again since the first write that succeeded, without an error", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      yield* write(writes, Exit.fail(noSpace))
      yield* write(writes, Exit.void)
      yield* write(writes, Exit.void)
      assert.deepStrictEqual(yield* current(writes), healthOf("healthy", 2_000))
    }))

  it.effect("is kept by a write that is refused for the caller's own mistake", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      const refused = allReasons.filter((reason) => reason.remedy === "caller")
      yield* Effect.forEach(refused, (reason) => write(writes, Exit.fail(errorOf(reason))))
      assert.deepStrictEqual(yield* current(writes), healthOf("healthy", 0))
      yield* write(writes, Exit.fail(noSpace))
      const failing = yield* current(writes)
      yield* Effect.forEach(refused, (reason) => write(writes, Exit.fail(errorOf(reason))))
      assert.deepStrictEqual(yield* current(writes), failing)
    }))

  it.effect("is failing after every other failure", () =>
    Effect.gen(function*() {
      for (const reason of allReasons.filter((each) => each.remedy !== "caller")) {
        const writes = yield* makeWrites({ adapter: "test" })
        yield* write(writes, Exit.fail(errorOf(reason)))
        assert.strictEqual((yield* current(writes)).state, "failing")
      }
    }))

  it.effect("is kept by a defect and by a write that is interrupted before its turn", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      yield* write(writes, Exit.die("broken"))
      const caller = yield* Effect.forkChild(writes.run(undefined, Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(caller)
      assert.deepStrictEqual(yield* current(writes), healthOf("healthy", 0))
    }))

  it.effect("is told to a subscriber as it is, and then at every change and only then", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      const seen = yield* Effect.forkChild(Stream.runCollect(Stream.take(writes.health, 4)), { startImmediately: true })
      const exits = [Exit.void, Exit.fail(noSpace), Exit.fail(ioError), Exit.void, Exit.void]
      yield* Effect.forEach(exits, (exit) => write(writes, exit))
      assert.deepStrictEqual(yield* Fiber.join(seen), [
        healthOf("healthy", 0),
        healthOf("failing", 2_000, noSpace),
        healthOf("failing", 2_000, ioError),
        healthOf("healthy", 4_000)
      ])
    }))

  it.effect("has changed when the caller gets the answer", () =>
    Effect.gen(function*() {
      const writes = yield* openAt(0)
      yield* Effect.exit(writes.run(undefined, Effect.andThen(Effect.yieldNow, Effect.fail(noSpace))))
      assert.strictEqual((yield* current(writes)).state, "failing")
    }))
})
