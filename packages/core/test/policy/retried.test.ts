import { assert, describe, it } from "@effect/vitest"
import { Busy, OutcomeUnknown, type Reason, type StorageError } from "@holdfast/core"
import { Effect, Latch, Random, Stream } from "effect"
import { retried, type RetryOptions, withTimeout } from "../../src/policy/Policy.ts"
import { allReasons, reasonSamples } from "../errors/reasonSamples.ts"
import { all, type Deed, errorOf, hang, inTime, makeScripted, put, refuse } from "./scripted.ts"

const { Busy: busy, NoSpace: noSpace, OutcomeUnknown: unknown, TimedOut: timedOut, TooManyOpenFiles: tooMany } =
  reasonSamples

const times = (count: number, reason: Reason): ReadonlyArray<Deed> =>
  Array.from({ length: count }, () => refuse(reason))

/** Draws the same number always: with a half, a jittered pause is the pause itself. */
const drawing = (drawn: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => drawn, nextIntUnsafe: () => 0 })

/** The pauses before the tries after the first one, of a put that meets a script. */
const pausesOf = (script: ReadonlyArray<Deed>, options?: RetryOptions, drawn = 0.5) =>
  Effect.gen(function*() {
    const { adapter, times } = yield* makeScripted(...script)
    yield* inTime(Effect.exit(retried(options)(adapter).commit(put("w", "1")))).pipe(drawing(drawn))
    return times.slice(1).map((at, index) => at - times[index]!)
  })

describe("the pauses of a retry", () => {
  for (const reason of [busy, tooMany]) {
    it.effect(`double quickly after ${reason._tag}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* pausesOf(times(6, reason)), [10, 20, 40, 80, 160])
      }))
  }

  for (const reason of [timedOut, unknown]) {
    it.effect(`double slowly after ${reason._tag}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* pausesOf(times(6, reason)), [250, 500, 1_000, 2_000, 4_000])
      }))
  }

  it.effect("grow up to their most and no further", () =>
    Effect.gen(function*() {
      const options = { attemptsMax: 9, timeMax: "5 minutes" } as const
      assert.deepStrictEqual(yield* pausesOf(times(9, busy), options), [10, 20, 40, 80, 160, 320, 500, 500])
      assert.deepStrictEqual(
        yield* pausesOf(times(9, unknown), options),
        [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]
      )
    }))

  it.effect("stay slow when the key of an unknown write is busy", () =>
    Effect.gen(function*() {
      const script = [refuse(busy), refuse(unknown), refuse(busy), refuse(busy)]
      assert.deepStrictEqual(yield* pausesOf(script), [10, 250, 500, 1_000])
    }))

  it.effect("are jittered by a fifth either way", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* pausesOf(times(3, busy), {}, 0), [8, 16, 32])
      assert.deepStrictEqual(yield* pausesOf(times(3, busy), {}, 1), [12, 24, 48])
    }))

  it.effect("are those that the options ask for", () =>
    Effect.gen(function*() {
      const options = {
        quick: { first: "1 millis", most: "2 millis" },
        slow: { first: "3 millis", most: "6 millis" }
      } as const
      assert.deepStrictEqual(yield* pausesOf(times(4, busy), options), [1, 2, 2, 2])
      assert.deepStrictEqual(yield* pausesOf(times(4, timedOut), options), [3, 6, 6, 6])
    }))
})

describe("the budget of a retry", () => {
  it.effect("allows so many attempts, the first one included", () =>
    Effect.gen(function*() {
      for (const attemptsMax of [1, 2, 5]) {
        const { adapter, sent } = yield* makeScripted(...times(9, busy))
        const error = yield* inTime(Effect.flip(retried({ attemptsMax })(adapter).commit(put("w", "1"))))
        assert.strictEqual(sent.length, attemptsMax)
        assert.strictEqual(error.reason, busy)
      }
    }))

  it.effect("begins no attempt after its time, counted from the first one's begin", () =>
    Effect.gen(function*() {
      const pauses = yield* pausesOf(times(9, unknown), { attemptsMax: 9, timeMax: "4 seconds" })
      assert.deepStrictEqual(pauses, [250, 500, 1_000, 2_000])
      const late = yield* pausesOf(times(9, unknown), { attemptsMax: 9, timeMax: "3749 millis" })
      assert.deepStrictEqual(late, [250, 500, 1_000])
    }))

  it.effect("counts the time that attempts take", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter, sent } = yield* makeScripted(hang(latch), hang(latch), hang(latch))
      const policy = retried({ timeMax: "10 seconds" })(withTimeout({ write: "9900 millis" })(adapter))
      yield* inTime(Effect.flip(policy.commit(put("w", "1")))).pipe(drawing(0.5))
      assert.strictEqual(sent.length, 1)
    }))
})

describe("a retry", () => {
  it.effect("repeats what has the remedy retry and was not applied, and nothing else", () =>
    Effect.gen(function*() {
      for (const reason of allReasons) {
        const { adapter, sent } = yield* makeScripted(refuse(reason))
        yield* inTime(Effect.exit(retried()(adapter).commit(put("w", "1"))))
        assert.strictEqual(sent.length, reason.remedy === "retry" ? 2 : 1, reason._tag)
      }
    }))

  it.effect("does not repeat what was applied", () =>
    Effect.gen(function*() {
      const { adapter, sent } = yield* makeScripted(refuse(new Busy({ outcome: "applied", path: "/a", code: "EBUSY" })))
      yield* inTime(Effect.flip(retried()(adapter).commit(put("w", "1"))))
      assert.strictEqual(sent.length, 1)
    }))

  it.effect("tells in its receipt how many tries it took and what failed on the way", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted(refuse(busy), refuse(unknown))
      const receipt = yield* inTime(retried()(adapter).commit(put("w", "1")))
      assert.strictEqual(receipt.attempts, 3)
      assert.deepStrictEqual(receipt.failures.map(({ reason }) => reason), [busy, unknown])
    }))

  it.effect("keeps the write id, and counts up the attempts that may have been applied", () =>
    Effect.gen(function*() {
      const { adapter, sent } = yield* makeScripted(refuse(busy), refuse(unknown), refuse(busy), refuse(unknown))
      yield* inTime(retried()(adapter).commit(put("w", "1")))
      assert.deepStrictEqual(sent.map(({ writeId }) => writeId), ["w", "w", "w", "w", "w"])
      assert.deepStrictEqual(sent.map(({ attempt }) => attempt ?? 1), [1, 1, 2, 2, 3])
    }))

  it.effect("goes on counting where its caller was", () =>
    Effect.gen(function*() {
      const { adapter, sent } = yield* makeScripted(refuse(unknown))
      yield* inTime(retried()(adapter).commit({ ...put("w", "1"), attempt: 3 }))
      assert.deepStrictEqual(sent.map(({ attempt }) => attempt), [3, 4])
    }))

  it.effect("that gives up after an attempt which may have been applied says that it does not know", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted(refuse(unknown), refuse(noSpace))
      const error = yield* inTime(Effect.flip(retried()(adapter).commit(put("w", "1"))))
      assert.instanceOf(error.reason, OutcomeUnknown)
      assert.strictEqual(error.outcome, "unknown")
      assert.strictEqual((error.reason.cause as StorageError).reason, noSpace)
    }))

  it.effect("that gives up with nothing unknown tells the last failure as it was", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted(refuse(busy), refuse(noSpace))
      const error = yield* inTime(Effect.flip(retried()(adapter).commit(put("w", "1"))))
      assert.strictEqual(error.reason, noSpace)
    }))

  it.effect("of a read repeats what may pass, and answers what will not at once", () =>
    Effect.gen(function*() {
      for (const [reason, calls] of [[timedOut, 2], [noSpace, 1]] as const) {
        const { adapter } = yield* makeScripted()
        let count = 0
        const failing = <A>(read: Effect.Effect<A, StorageError>) =>
          Effect.suspend(() => ++count % 2 === 1 ? Effect.fail(errorOf(reason, "head")) : read)
        const policy = retried()({ ...adapter, head: (key) => failing(adapter.head(key)) })
        yield* inTime(Effect.exit(policy.head({ namespace: [], id: "one" })))
        assert.strictEqual(count, calls)
      }
    }))

  it.effect("begins a stream again until it has given a row, and not after that", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w", "1"))
      let begun = 0
      const flaky = retried()({
        ...adapter,
        list: (query) => Stream.suspend(() => ++begun === 1 ? Stream.fail(errorOf(busy, "list")) : adapter.list(query))
      })
      assert.strictEqual((yield* inTime(Stream.runCollect(flaky.list(all)))).length, 1)
      assert.strictEqual(begun, 2)

      const torn = retried()({
        ...adapter,
        list: (query) => {
          begun++
          return Stream.concat(adapter.list(query), Stream.fail(errorOf(busy, "list")))
        }
      })
      const rows: Array<unknown> = []
      const error = yield* inTime(
        Effect.flip(Stream.runForEach(torn.list(all), (row) => Effect.sync(() => rows.push(row))))
      )
      assert.strictEqual(error.reason, busy)
      assert.strictEqual(rows.length, 1)
      assert.strictEqual(begun, 3)
    }))

  it.effect("lets go what a failed beginning of a stream held before it begins again", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const log: Array<string> = []
      const policy = retried({ attemptsMax: 2 })({
        ...adapter,
        list: () =>
          Stream.unwrap(Effect.as(
            Effect.acquireRelease(Effect.sync(() => log.push("open")), () => Effect.sync(() => log.push("close"))),
            Stream.fail(errorOf(busy, "list"))
          ))
      })
      yield* inTime(Effect.flip(Stream.runCollect(policy.list(all))))
      assert.deepStrictEqual(log, ["open", "close", "open", "close"])
    }))

  it.effect("repeats the compare-and-set of the store's role only when it surely was not applied", () =>
    Effect.gen(function*() {
      for (const [reason, calls] of [[busy, 2], [unknown, 1]] as const) {
        const { adapter } = yield* makeScripted()
        let count = 0
        const policy = retried({ attemptsMax: 2 })({
          ...adapter,
          role: {
            ...adapter.role,
            compareAndSet: () =>
              Effect.suspend(() => {
                count++
                return Effect.fail(errorOf(reason, "role"))
              })
          }
        })
        const next = { switchId: "s", epoch: 1, state: "current" } as const
        yield* inTime(Effect.flip(Effect.flatMap(policy.role.read, (now) => policy.role.compareAndSet(now, next))))
        assert.strictEqual(count, calls)
      }
    }))
})
