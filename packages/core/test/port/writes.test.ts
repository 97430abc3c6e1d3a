import { assert, describe, it } from "@effect/vitest"
import { closeTimeoutDefault, makeWrites, type StorageError } from "@holdfast/core"
import { Duration, Effect, Exit, Fiber, Option, Ref, Scope, Semaphore } from "effect"
import { TestClock } from "effect/testing"
import { reasonSamples } from "../errors/reasonSamples.ts"

const key = { namespace: ["acct"], id: "local_1" }
const other = { namespace: ["acct"], id: "local_2" }

/** The writes of an adapter with a scope of their own, closed by `close`. */
const open = Effect.fnUntraced(function*(closeTimeout?: Duration.Input) {
  const scope = yield* Scope.make()
  const writes = yield* makeWrites({ adapter: "test", closeTimeout }).pipe(Scope.provide(scope))
  return { ...writes, close: Scope.close(scope, Exit.void) }
})

/** A fiber that has run up to where it waits for the first time. */
const started = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

const isDone = <A, E>(fiber: Fiber.Fiber<A, E>) => fiber.pollUnsafe() !== undefined

/** A write that cannot be cut: it leaves its mark after the time. */
const slowWrite = (duration: Duration.Input, mark: Ref.Ref<ReadonlyArray<string>>, name = "written") =>
  Effect.uninterruptible(Effect.andThen(Effect.sleep(duration), Ref.update(mark, (marks) => [...marks, name])))

const marks = Ref.make<ReadonlyArray<string>>([])

const reasonOf = (error: StorageError) => error.reason._tag

describe("a write", () => {
  it.effect("is answered with its own result", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      assert.strictEqual(yield* writes.run(key, Effect.succeed(5)), 5)
    }))

  it.effect("is answered with its own failure", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const failure = { adapter: "test", operation: "commit", reason: reasonSamples.NoSpace } as StorageError
      assert.strictEqual(yield* Effect.flip(writes.run(key, Effect.fail(failure))), failure)
    }))

  it.effect("is answered with its own defect", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      assert.deepStrictEqual(yield* Effect.exit(writes.run(key, Effect.die("broken"))), Exit.die("broken"))
    }))

  it.effect("runs beside others", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const slow = yield* started(writes.run(key, slowWrite("5 seconds", mark, "slow")))
      yield* writes.run(other, Ref.update(mark, (all) => [...all, "quick"]))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(slow)
      assert.deepStrictEqual(yield* Ref.get(mark), ["quick", "slow"])
    }))
})

describe("closing", () => {
  it.effect("waits for a write in flight, which is answered as ever", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const caller = yield* started(writes.run(key, slowWrite("3 seconds", mark)))
      const closing = yield* started(writes.close)
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(isDone(closing))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(isDone(closing))
      yield* Fiber.join(caller)
      assert.deepStrictEqual(yield* Ref.get(mark), ["written"])
    }))

  it.effect("waits for the last of several writes", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      yield* started(writes.run(key, slowWrite("1 seconds", mark)))
      yield* started(writes.run(other, slowWrite("4 seconds", mark)))
      const closing = yield* started(writes.close)
      yield* TestClock.adjust("3 seconds")
      assert.isFalse(isDone(closing))
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(isDone(closing))
    }))

  it.effect("waits 10 seconds and then answers each caller that the outcome is unknown, with its key", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const callers = yield* Effect.forEach(
        [key, other],
        (each) => started(Effect.flip(writes.run(each, slowWrite("1 minutes", mark))))
      )
      const closing = yield* started(writes.close)
      yield* TestClock.adjust("9999 millis")
      assert.isFalse(isDone(closing))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(isDone(closing))
      const errors = yield* Fiber.joinAll(callers)
      assert.deepStrictEqual(errors.map(reasonOf), ["OutcomeUnknown", "OutcomeUnknown"])
      assert.deepStrictEqual(errors.map((error) => error.outcome), ["unknown", "unknown"])
      assert.deepStrictEqual(errors.map((error) => error.key), [key, other])
      assert.strictEqual(Duration.toMillis(closeTimeoutDefault), 10_000)
    }))

  it.effect("waits as long as it is told to", () =>
    Effect.gen(function*() {
      const writes = yield* open("50 millis")
      const caller = yield* started(Effect.flip(writes.run(key, slowWrite("1 minutes", yield* marks))))
      const closing = yield* started(writes.close)
      yield* TestClock.adjust("50 millis")
      assert.isTrue(isDone(closing))
      assert.strictEqual(reasonOf(yield* Fiber.join(caller)), "OutcomeUnknown")
    }))

  it.effect("leaves a write that takes longer to run to its end", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      yield* started(Effect.exit(writes.run(key, slowWrite("1 minutes", mark))))
      yield* started(writes.close)
      yield* TestClock.adjust("1 minutes")
      assert.deepStrictEqual(yield* Ref.get(mark), ["written"])
    }))

  it.effect("takes no time when nothing is in flight", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      yield* writes.run(key, Effect.void)
      assert.isTrue(isDone(yield* started(writes.close)))
    }))

  it.effect("refuses every later write before it starts", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      yield* writes.close
      const error = yield* Effect.flip(writes.run(key, Ref.set(mark, ["started"])))
      assert.deepStrictEqual([reasonOf(error), error.outcome, error.operation, error.key], [
        "Closed",
        "notApplied",
        "commit",
        key
      ])
      assert.deepStrictEqual(yield* Ref.get(mark), [])
    }))

  it.effect("refuses writes while it waits for others", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      yield* started(writes.run(key, slowWrite("3 seconds", yield* marks)))
      yield* started(writes.close)
      assert.strictEqual(reasonOf(yield* Effect.flip(writes.run(other, Effect.void))), "Closed")
      yield* TestClock.adjust("3 seconds")
    }))

  it.effect("refuses later reads by their operation", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      yield* writes.ensureOpen("load", key)
      yield* writes.close
      const error = yield* Effect.flip(writes.ensureOpen("load", key))
      assert.deepStrictEqual([reasonOf(error), error.operation, error.key], ["Closed", "load", key])
    }))
})

describe("a caller who is interrupted", () => {
  it.effect("stops waiting at once, and a write that has begun goes on to its end", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const caller = yield* started(writes.run(key, slowWrite("3 seconds", mark)))
      const interrupting = yield* started(Fiber.interrupt(caller))
      assert.isTrue(isDone(interrupting))
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* Ref.get(mark), ["written"])
    }))

  it.effect("by a timeout gets the timeout's answer in time", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const caller = yield* started(Effect.timeoutOption(writes.run(key, slowWrite("3 seconds", mark)), "1 seconds"))
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Fiber.join(caller), Option.none())
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Ref.get(mark), ["written"])
    }))

  it.effect("leaves a write behind that closing still waits for", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const caller = yield* started(writes.run(key, slowWrite("3 seconds", yield* marks)))
      yield* Fiber.interrupt(caller)
      const closing = yield* started(writes.close)
      assert.isFalse(isDone(closing))
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(isDone(closing))
    }))

  it.effect("while its write waits for its turn takes the write out of the queue", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const mark = yield* marks
      const turn = yield* Semaphore.make(1)
      const run = (name: string) => started(writes.run(key, turn.withPermit(slowWrite("3 seconds", mark, name))))
      const first = yield* run("first")
      const second = yield* run("second")
      const third = yield* run("third")
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.joinAll([first, third])
      assert.deepStrictEqual(yield* Ref.get(mark), ["first", "third"])
    }))

  it.effect("while its write waits for its turn leaves nothing for closing to wait for", () =>
    Effect.gen(function*() {
      const writes = yield* open()
      const caller = yield* started(writes.run(key, Effect.never))
      yield* Fiber.interrupt(caller)
      assert.isTrue(isDone(yield* started(writes.close)))
    }))
})
