/** Chaos by script: which calls a rule strikes, and what the log says of it. */
import { assert, describe, it } from "@effect/vitest"
import { Io, NoSpace, OutcomeUnknown, type StorageError } from "@holdfast/core"
import { Effect, Option, Result, Stream } from "effect"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { put, remove } from "../../src/testing/operations.ts"
import { bodyOf, change, failureOf, key, linesOf, openChaos, other } from "./chaosMemory.ts"

const noSpace = new NoSpace({ outcome: "notApplied", path: "/data", code: "ENOSPC" })
const io = new Io({ outcome: "notApplied", path: "/data", code: "EIO" })

const full = Chaos.fail(noSpace)

/** Whether each of so many saves succeeds, as a text of plus and minus. */
const saves = Effect.fnUntraced(function*(rule: Omit<Chaos.Rule, "operation" | "mishap">, count: number) {
  const { adapter } = yield* openChaos({ rules: [{ operation: "commit", mishap: full, ...rule }] })
  const answers = yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) => Effect.result(adapter.commit(change(`w${index}`, put(index % 2 === 0 ? key : other, index))))
  )
  return answers.map((answer) => Result.isSuccess(answer) ? "+" : "-").join("")
})

describe("a rule", () => {
  it.effect("strikes every call without a number, the nth, every so-manyth, or so many of them", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* saves({}, 4), "----")
      assert.strictEqual(yield* saves({ nth: 3 }, 6), "++-+++")
      assert.strictEqual(yield* saves({ every: 2 }, 6), "+-+-+-")
      assert.strictEqual(yield* saves({ times: 2 }, 6), "--++++")
      assert.strictEqual(yield* saves({ every: 2, times: 2 }, 6), "+-+-++")
    }))

  it.effect("counts only the calls about its keys, and none while its flag is down", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* saves({ key: ({ id }) => id === other.id }, 4), "+-+-")
      assert.strictEqual(yield* saves({ key: ({ id }) => id === other.id, nth: 2 }, 6), "+++-++")
      let asked = 0
      assert.strictEqual(yield* saves({ while: () => ++asked > 2, nth: 2 }, 5), "+++-+")
    }))

  it.effect("of reads or writes leaves the others alone, and one of any call strikes all", () =>
    Effect.gen(function*() {
      const outcomes = Effect.fnUntraced(function*(operation: Chaos.Rule["operation"]) {
        const { adapter } = yield* openChaos({ rules: [{ operation, mishap: Chaos.fail(io) }] })
        const calls: Record<string, Effect.Effect<unknown, StorageError>> = {
          head: adapter.head(key),
          load: adapter.load(key),
          entries: Stream.runDrain(adapter.entries(key, {})),
          list: Stream.runDrain(adapter.list({ namespace: [], order: "id" })),
          changes: Effect.scoped(adapter.changes),
          inspect: Stream.runDrain(adapter.recover("inspect")),
          roleRead: adapter.role.read,
          commit: adapter.commit(change("w", put(key, 1))),
          apply: Stream.runDrain(adapter.recover("apply")),
          roleWrite: adapter.role.compareAndSet(Option.none(), { switchId: "s", epoch: 1, state: "current" })
        }
        const answers = yield* Effect.all(calls, { mode: "result" })
        return Object.keys(calls).filter((name) => Result.isFailure(answers[name]!))
      })
      const reads = ["head", "load", "entries", "list", "changes", "inspect", "roleRead"]
      const writes = ["commit", "apply", "roleWrite"]
      assert.deepStrictEqual(yield* outcomes("reads"), reads)
      assert.deepStrictEqual(yield* outcomes("writes"), writes)
      assert.deepStrictEqual(yield* outcomes("any"), [...reads, ...writes])
      assert.deepStrictEqual(yield* outcomes("role"), ["roleRead", "roleWrite"])
      assert.deepStrictEqual(yield* outcomes("open"), [])
    }))

  it.effect("whose mishap cannot befall a call leaves it alone and spends nothing", () =>
    Effect.gen(function*() {
      const unknown = new OutcomeUnknown({ outcome: "unknown", why: "cut off" })
      const { adapter } = yield* openChaos({
        rules: [
          { operation: "any", times: 1, mishap: Chaos.loseAnswer },
          { operation: "any", times: 1, mishap: Chaos.fail(unknown) },
          { operation: "any", times: 1, mishap: Chaos.tear(0) }
        ]
      })
      assert.deepStrictEqual(yield* adapter.load(key), Option.none())
      assert.strictEqual(yield* failureOf(Stream.runDrain(adapter.entries(key, {}))), "Io: notApplied")
      assert.strictEqual(yield* failureOf(adapter.commit(change("w", put(key, 1)))), "OutcomeUnknown: unknown")
      assert.strictEqual(yield* bodyOf(adapter), "1")
      assert.strictEqual(yield* failureOf(adapter.commit(change("v", put(key, 2)))), "OutcomeUnknown: unknown")
      assert.strictEqual(yield* bodyOf(adapter), "1")
    }))

  it.effect("never strikes a call that is refused for a mistake of its caller", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({ rules: [{ operation: "any", mishap: Chaos.hang }] })
      const bad = { namespace: [], id: "" }
      assert.strictEqual(yield* failureOf(adapter.load(bad)), "InvalidKey: notApplied")
      assert.strictEqual(yield* failureOf(adapter.head(bad)), "InvalidKey: notApplied")
      assert.strictEqual(yield* failureOf(Stream.runDrain(adapter.entries(bad, {}))), "InvalidKey: notApplied")
      assert.strictEqual(yield* failureOf(adapter.commit(change("w", put(bad, 1)))), "InvalidKey: notApplied")
      assert.deepStrictEqual(yield* control.log, [])
    }))
})

describe("the log", () => {
  it.effect("names calls, sessions and mishaps, and no content", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({
        rules: [
          { operation: "any", mishap: Chaos.delay("0 millis") },
          { operation: "commit", nth: 2, mishap: full },
          { operation: "list", mishap: Chaos.hide() }
        ]
      })
      yield* adapter.commit(change("w1", put(key, "secret"), put(other, "secret")))
      yield* Effect.flip(adapter.commit(change("w2", remove(key))))
      yield* Stream.runDrain(adapter.list({ namespace: [], order: "id" }))
      assert.deepStrictEqual(yield* linesOf(control), [
        `commit 1 "a/x" "a/y": is 0 late (script)`,
        `commit 2 "a/x": is 0 late (script)`,
        `commit 2 "a/x": fails with NoSpace (script)`,
        `list 1: is 0 late (script)`,
        `list 1: hides rows (script)`
      ])
      const { commit, list, load } = yield* control.calls
      assert.deepStrictEqual([commit, list, load], [2, 1, 0])
    }))
})
