/** Mishaps: each does what it says, to the call and to what is stored. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { DurabilityNotMet, Io, NoSpace, StorageError, Unavailable, Version } from "@holdfast/core"
import { Effect, Exit, Fiber, Option, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { append, put } from "../../src/testing/operations.ts"
import { bodyOf, change, entriesOf, failureOf, key, linesOf, openChaos, other } from "./chaosMemory.ts"

const noSpace = new NoSpace({ outcome: "notApplied", path: "/data", code: "ENOSPC" })
const io = new Io({ outcome: "notApplied", path: "/data", code: "EIO" })

const full = Chaos.fail(noSpace)

describe("a failure", () => {
  it.effect("names the adapter, the call and its session, and the change does not reach the storage", () =>
    Effect.gen(function*() {
      const { adapter, memory } = yield* openChaos({ rules: [{ operation: "commit", mishap: full }] })
      const error = yield* Effect.flip(adapter.commit(change("w", put(key, 1))))
      assert.strictEqual(
        error.message,
        `memory.commit "a/x": no space left for /data (ENOSPC); nothing was changed`
      )
      assert.strictEqual(yield* bodyOf(memory), undefined)
    }))

  it.effect("may be a whole error, or be made of the call", () =>
    Effect.gen(function*() {
      const whole = new StorageError({ adapter: "far", operation: "open", reason: noSpace })
      const { adapter } = yield* openChaos({
        rules: [
          { operation: "load", mishap: Chaos.fail(whole) },
          {
            operation: "head",
            mishap: Chaos.fail(({ keys }) => new Io({ outcome: "notApplied", path: keys[0]!.id, code: "EIO" }))
          }
        ]
      })
      assert.strictEqual(yield* Effect.flip(adapter.load(key)), whole)
      assert.include((yield* Effect.flip(adapter.head(key))).message, "error at x")
    }))

  it.effect("that says the change was applied is told after it was", () =>
    Effect.gen(function*() {
      const facts = { adapter: "memory", location: "memory", durability: "volatile", protocol: "memory" } as const
      const receipt = { ...facts, attempts: 1, failures: [], degraded: Option.none(), key, version: Version(1) }
      const notMet = new DurabilityNotMet({ outcome: "applied", required: "flushed", receipt })
      const { adapter } = yield* openChaos({ rules: [{ operation: "any", mishap: Chaos.fail(notMet) }] })
      assert.strictEqual(yield* failureOf(adapter.commit(change("w", put(key, 1)))), "DurabilityNotMet: applied")
      assert.strictEqual(yield* bodyOf(adapter), "1")
      const again = change("v", put(key, 2, { expect: "absent" }))
      assert.strictEqual(yield* failureOf(adapter.commit(again)), "Conflict: notApplied")
    }))
})

describe("a delay", () => {
  it.effect("takes its time on Effect's clock and adds up with others", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({
        rules: [
          { operation: "load", mishap: Chaos.delay("1 seconds") },
          { operation: "any", mishap: Chaos.delay("500 millis") },
          { operation: "load", nth: 2, mishap: Chaos.fail(io) }
        ]
      })
      const first = yield* Effect.forkChild(adapter.load(key), { startImmediately: true })
      yield* TestClock.adjust("1499 millis")
      assert.isUndefined(first.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(first), Option.none())
      const second = yield* Effect.forkChild(failureOf(adapter.load(key)), { startImmediately: true })
      yield* TestClock.adjust("1499 millis")
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(second), "Io: notApplied")
    }))
})

describe("a lost answer", () => {
  it.effect("leaves the change stored and its caller in the dark, and the same write id is answered as it was", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({
        rules: [{ operation: "commit", nth: 2, mishap: Chaos.loseAnswer }]
      })
      yield* adapter.commit(change("w1", put(key, 1)))
      const second = change("w2", put(key, 2), append(key, ["a"]))
      assert.strictEqual(yield* failureOf(adapter.commit(second)), "OutcomeUnknown: unknown")
      assert.strictEqual(yield* bodyOf(adapter), "2")
      const { keys } = yield* adapter.commit({ ...second, attempt: 2 })
      assert.deepStrictEqual(keys.map(({ entryCount }) => entryCount), [1])
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"a"`])
      assert.deepStrictEqual(yield* linesOf(control), [`commit 2 "a/x": loses its answer (script)`])
    }))

  it.effect("hides a refusal as well", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({ rules: [{ operation: "commit", mishap: Chaos.loseAnswer }] })
      const missing = change("w", append(key, [1]))
      assert.strictEqual(yield* failureOf(adapter.commit(missing)), "OutcomeUnknown: unknown")
      assert.strictEqual(yield* bodyOf(adapter), undefined)
    }))

  it.effect("befalls the record of the store's role", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({ rules: [{ operation: "role", mishap: Chaos.loseAnswer }] })
      const next = { switchId: "s", epoch: 1, state: "current" } as const
      const replaced = adapter.role.compareAndSet(Option.none(), next)
      assert.strictEqual(yield* failureOf(replaced), "OutcomeUnknown: unknown")
      assert.deepStrictEqual(yield* adapter.role.read, Option.some(next))
    }))
})

describe("a call that hangs", () => {
  it.effect("reaches the storage when it is released", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({ rules: [{ operation: "any", times: 2, mishap: Chaos.hang }] })
      const write = yield* Effect.forkChild(adapter.commit(change("w", put(key, 1))), { startImmediately: true })
      const read = yield* Effect.forkChild(entriesOf(adapter), { startImmediately: true })
      assert.strictEqual(yield* control.hanging, 2)
      assert.strictEqual(yield* bodyOf(adapter), undefined)
      yield* control.release
      yield* Fiber.join(write)
      yield* Fiber.join(read)
      assert.strictEqual(yield* control.hanging, 0)
      assert.strictEqual(yield* bodyOf(adapter), "1")
    }))

  it.effect("is never made when its caller gives up", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({ rules: [{ operation: "commit", mishap: Chaos.hang }] })
      const write = yield* Effect.forkChild(
        Effect.timeoutOption(adapter.commit(change("w", put(key, 1))), "1 seconds"),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Fiber.join(write), Option.none())
      assert.strictEqual(yield* control.hanging, 0)
      yield* control.release
      assert.strictEqual(yield* bodyOf(adapter), undefined)
    }))

  it.effect("is answered when its instance is closed, and was not made", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const scope = yield* Scope.make()
      const { adapter } = yield* Scope.provide(
        Chaos.make(memory, { rules: [{ operation: "any", mishap: Chaos.hang }] }),
        scope
      )
      const write = yield* Effect.forkChild(failureOf(adapter.commit(change("w", put(key, 1)))), {
        startImmediately: true
      })
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Fiber.join(write), "Closed: notApplied")
      assert.strictEqual(yield* bodyOf(memory), undefined)
    }))
})

describe("a partial listing", () => {
  const all = { namespace: [], order: "id" } as const

  it.effect("has a row for each head that it hides, before the others, and fills the page with those", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({
        rules: [{ operation: "list", mishap: Chaos.hide((head) => head.key.id === "y") }]
      })
      yield* adapter.commit(change("w", ...["x", "y", "z"].map((id) => put({ namespace: ["a"], id }, id))))
      const rows = yield* Stream.runCollect(adapter.list({ ...all, limit: 2 }))
      const shown = rows.map((row) =>
        row._tag === "StoredHead" ? row.key.id : `${Option.getOrThrow(row.key).id} ${row.error.message}`
      )
      assert.deepStrictEqual(shown, [
        "y memory.list \"a/y\": input/output error at memory (EIO); nothing was changed",
        "x",
        "z"
      ])
    }))

  it.effect("hides all by default", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({ rules: [{ operation: "list", mishap: Chaos.hide() }] })
      yield* adapter.commit(change("w", put(key, 1), put(other, 1)))
      const rows = yield* Stream.runCollect(adapter.list(all))
      assert.deepStrictEqual(rows.map(({ _tag }) => _tag), ["Unreadable", "Unreadable"])
    }))
})

describe("a torn stream", () => {
  it.effect("fails after so many rows, entries and changes", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChaos({
        rules: [
          { operation: "entries", mishap: Chaos.tear(2) },
          { operation: "list", mishap: Chaos.tear(1) },
          { operation: "changes", mishap: Chaos.tear(1, new Unavailable({ outcome: "notApplied", what: "the feed" })) }
        ]
      })
      const until = Effect.fnUntraced(function*<A>(stream: Stream.Stream<A, StorageError>) {
        const seen: Array<A> = []
        const failure = yield* failureOf(Stream.runForEach(stream, (row) => Effect.sync(() => void seen.push(row))))
        return `${seen.length}, ${failure}`
      })
      const changes = yield* adapter.changes
      yield* adapter.commit(change("w1", put(key, 1), append(key, [1, 2, 3])))
      yield* adapter.commit(change("w2", put(other, 1)))
      assert.strictEqual(yield* until(adapter.entries(key, {})), "2, Io: notApplied")
      assert.strictEqual(yield* until(adapter.list({ namespace: [], order: "id" })), "1, Io: notApplied")
      assert.strictEqual(yield* until(changes), "1, Unavailable: notApplied")
    }))
})
