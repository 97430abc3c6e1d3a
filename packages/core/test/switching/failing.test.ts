/** A switch that fails, or is interrupted, at whatever call and step: the backend that served before serves on. */
import { assert, describe, it } from "@effect/vitest"
import { Io } from "@holdfast/core"
import { Effect, Exit, Fiber, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import {
  append,
  bare,
  commit,
  idsOf,
  key,
  makeStore,
  openSwitch,
  other,
  put,
  readAs,
  said,
  type Store,
  switchTo
} from "./stores.ts"

const broken = Chaos.fail(new Io({ outcome: "notApplied", path: "disk", code: "EIO" }))

type Stores = Readonly<Record<"files" | "sqlite", Store>>

/** Claims that the first backend serves, with all that was written, and that a restart says the same. */
const servesOn = Effect.fnUntraced(function*(stores: Stores, adapter: Effect.Success<ReturnType<typeof openSwitch>>) {
  assert.strictEqual(yield* adapter.control.current, "files")
  yield* commit(adapter.adapter, put(other, "after"))
  assert.deepStrictEqual(yield* readAs(adapter.adapter, key), [1, "a"])
  yield* Effect.scoped(Effect.gen(function*() {
    const again = yield* openSwitch(stores)
    assert.strictEqual(yield* again.control.current, "files")
    assert.deepStrictEqual(yield* readAs(again.adapter, other), ["after"])
  }))
})

/** Claims that the next switch succeeds, and moves everything. */
const succeeds = Effect.fnUntraced(
  function*(stores: Stores, { adapter, control }: Effect.Success<ReturnType<typeof openSwitch>>) {
    yield* switchTo(control, "sqlite")
    assert.strictEqual(yield* control.current, "sqlite")
    assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a"])
    assert.deepStrictEqual(yield* readAs(adapter, other), ["after"])
    assert.match(said(stores.files), /^retired@\d+ to sqlite$/)
  }
)

/** Plays a switch of which the n-th call to one side goes wrong; answers whether there was such a call. */
const failAt = Effect.fnUntraced(function*(side: "files" | "sqlite", nth: number, mishap: Chaos.Mishap) {
  let isOn = false
  const trouble = { operation: "any", nth, while: () => isOn, mishap } as const
  const stores = {
    files: yield* makeStore({ rules: side === "files" ? [trouble] : [] }),
    sqlite: yield* makeStore({ rules: side === "sqlite" ? [trouble] : [] })
  }
  yield* commit(yield* bare(stores.sqlite), put(other, "old"))
  const opened = yield* openSwitch(stores)
  yield* commit(opened.adapter, put(key, 1), append(key, "a"))
  yield* commit(opened.adapter, put(other, 1))
  isOn = true
  const result = yield* Effect.result(switchTo(opened.control, "sqlite"))
  isOn = false
  const hasStruck = (yield* stores[side].control.log).length > 0
  if (Result.isSuccess(result)) {
    assert.strictEqual(yield* opened.control.current, "sqlite")
    assert.deepStrictEqual(yield* readAs(opened.adapter, key), [1, "a"])
    return hasStruck
  }
  assert.strictEqual(result.failure.serving, "files")
  yield* servesOn(stores, opened)
  yield* succeeds(stores, opened)
  // What the target held before was kept, however often it was tried.
  const kept = yield* idsOf(yield* bare(stores.sqlite), ["@set-aside"])
  assert.include(kept, "two")
  return hasStruck
})

// More calls than the switch of two sessions makes.
const callsMax = 60

describe("a switch whose target or source fails at any of its calls", () => {
  for (const side of ["files", "sqlite"] as const) {
    it.effect(`leaves the old backend serving when ${side} fails, and the next one succeeds`, () =>
      Effect.gen(function*() {
        let struck = 0
        for (let nth = 1; nth <= callsMax; nth++) {
          if (yield* Effect.scoped(failAt(side, nth, broken))) struck++
        }
        assert.isAbove(struck, 8)
        assert.isBelow(struck, callsMax)
      }))

    it.effect(`is decided one way, and nothing is lost, when an answer of ${side} is lost`, () =>
      Effect.gen(function*() {
        let struck = 0
        for (let nth = 1; nth <= callsMax; nth++) {
          if (yield* Effect.scoped(failAt(side, nth, Chaos.loseAnswer))) struck++
        }
        assert.isAbove(struck, 0)
      }))
  }
})

/** Interrupts a switch while its n-th call to one side hangs; answers whether there was such a call. */
const interruptAt = Effect.fnUntraced(function*(side: "files" | "sqlite", nth: number) {
  let isOn = false
  const trouble = { operation: "any", nth, while: () => isOn, mishap: Chaos.hang } as const
  const stores = {
    files: yield* makeStore({ rules: side === "files" ? [trouble] : [] }),
    sqlite: yield* makeStore({ rules: side === "sqlite" ? [trouble] : [] })
  }
  yield* commit(yield* bare(stores.sqlite), put(other, "old"))
  const opened = yield* openSwitch(stores)
  yield* commit(opened.adapter, put(key, 1), append(key, "a"))
  isOn = true
  const switching = yield* Effect.forkChild(switchTo(opened.control, "sqlite"), { startImmediately: true })
  const { hanging, release } = stores[side].control
  while ((yield* hanging) === 0 && switching.pollUnsafe() === undefined) yield* Effect.yieldNow
  isOn = false
  if (switching.pollUnsafe() !== undefined) return "none"
  const interrupting = yield* Effect.forkChild(Fiber.interrupt(switching), { startImmediately: true })
  // What has begun cannot be interrupted, and comes to its end before the way back begins.
  yield* release
  yield* Fiber.join(interrupting)
  if ((yield* opened.control.current) === "sqlite") return "decided"
  yield* servesOn(stores, opened)
  yield* succeeds(stores, opened)
  return "undone"
})

it.effect("a switch that is interrupted at any call before the decision leaves the old backend serving", () =>
  Effect.gen(function*() {
    for (const side of ["files", "sqlite"] as const) {
      const ends: Array<string> = []
      while (ends.at(-1) !== "none") ends.push(yield* Effect.scoped(interruptAt(side, ends.length + 1)))
      assert.isAbove(ends.filter((end) => end === "undone").length, 8)
      assert.isBelow(ends.filter((end) => end === "decided").length, 4)
    }
  }))

it.effect("an unreadable session of the source fails the switch, which names it", () =>
  Effect.gen(function*() {
    const unreadable = Chaos.fail(new Io({ outcome: "notApplied", path: "session", code: "EIO" }))
    let isOn = false
    const rules = [{
      operation: "load",
      key: ({ id }: { id: string }) => id === "one",
      while: () => isOn,
      mishap: unreadable
    }] as const
    const stores = { files: yield* makeStore({ rules }), sqlite: yield* makeStore() }
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    isOn = true
    const error = yield* Effect.flip(switchTo(control, "sqlite"))
    assert.include(error.message, "\"acct/one\"")
    assert.strictEqual(yield* control.current, "files")
    assert.strictEqual(said(stores.sqlite), "retired@2")
  }))

it.effect("a target that does not come to open fails the switch in time, and a start serves without it", () =>
  Effect.gen(function*() {
    let isOn = false
    const rule: Chaos.Rule = { operation: "open", while: () => isOn, mishap: Chaos.hang }
    const stores = { files: yield* makeStore(), sqlite: yield* makeStore({ rules: [rule] }) }
    const { adapter, control } = yield* openSwitch(stores)
    yield* switchTo(control, "sqlite")
    yield* switchTo(control, "files")
    isOn = true
    const switching = yield* Effect.forkChild(Effect.flip(switchTo(control, "sqlite")), { startImmediately: true })
    yield* TestClock.adjust("9 seconds")
    assert.isUndefined(switching.pollUnsafe())
    yield* TestClock.adjust("1 second")
    const { reason, serving } = yield* Fiber.join(switching)
    assert.strictEqual(serving, "files")
    assert.deepInclude(reason._tag === "StorageError" ? reason.reason : reason, {
      _tag: "TimedOut",
      limitMillis: 10_000
    })
    yield* commit(adapter, put(key, 1))
    const starting = yield* Effect.forkChild(openSwitch(stores, { openTimeout: "2 seconds" }), {
      startImmediately: true
    })
    yield* TestClock.adjust("4 seconds")
    assert.deepStrictEqual(yield* readAs((yield* Fiber.join(starting)).adapter, key), [1])
  }))

it.effect("a target that cannot be opened fails the switch, and the health says which one it is", () =>
  Effect.gen(function*() {
    const stores = { files: yield* makeStore(), sqlite: yield* makeStore() }
    const { adapter, control } = yield* openSwitch(stores)
    yield* stores.sqlite.control.down(new Io({ outcome: "notApplied", path: "disk", code: "EIO" }))
    const exit = yield* Effect.exit(switchTo(control, "sqlite"))
    assert.isTrue(Exit.isFailure(exit))
    const health = yield* Stream.runHead(adapter.health)
    const tiers = health._tag === "Some" ? health.value.tiers.map(({ name, state }) => `${name} ${state}`) : []
    assert.deepStrictEqual(tiers, ["files healthy", "sqlite failing"])
    yield* stores.sqlite.control.up
    yield* switchTo(control, "sqlite")
  }))
