/** Two processes with the same backends: two switching adapters over the same memories. */
import { assert, it } from "@effect/vitest"
import { Io, Unavailable } from "@holdfast/core"
import { Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import {
  append,
  commit,
  key,
  makeStore,
  makeStores,
  openSwitch,
  other,
  put,
  readAs,
  record,
  said,
  switchTo
} from "./stores.ts"

it.effect("what another process writes after a switch is read, and what this one writes goes to the same backend", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const [one, two] = [yield* openSwitch(stores), yield* openSwitch(stores)]
    yield* commit(one.adapter, put(key, 1))
    yield* switchTo(one.control, "sqlite")
    yield* commit(one.adapter, put(key, 2), append(key, "a"))
    assert.deepStrictEqual(yield* readAs(two.adapter, key), [2, "a"])
    assert.strictEqual(yield* two.control.current, "sqlite")
    yield* switchTo(one.control, "files")
    // A write is the first thing that the other one does after this switch.
    const version = yield* commit(two.adapter, append(key, "b"))
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [2, "a", "b"])
    assert.strictEqual(Option.getOrThrow(yield* one.adapter.head(key)).version, version)
    assert.deepStrictEqual([stores.files.open.count, stores.sqlite.open.count], [2, 0])
  }))

it.effect("who only watches hears that something was missed, and then what is written to the next backend", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const [one, two] = [yield* openSwitch(stores), yield* openSwitch(stores)]
    const watching = yield* Effect.forkChild(
      Effect.scoped(Effect.flatMap(two.adapter.changes, (changes) => Stream.runCollect(Stream.take(changes, 3)))),
      { startImmediately: true }
    )
    const first = yield* commit(one.adapter, put(key, 1))
    yield* switchTo(one.control, "sqlite")
    yield* TestClock.adjust("1 second")
    const second = yield* commit(one.adapter, put(other, 1))
    assert.deepStrictEqual(yield* Fiber.join(watching), [
      { _tag: "Changed", key, kind: "note", version: first },
      { _tag: "Missed" },
      { _tag: "Changed", key: other, kind: "note", version: second }
    ])
  }))

it.effect("a process that starts between retirement and decision takes the switch back, and the switching one loses", () =>
  Effect.gen(function*() {
    let isOn = true
    const files = yield* makeStore()
    const isRetired = () => said(files).startsWith("retired")
    const hanging: Chaos.Rule = { operation: "role", while: () => isOn && isRetired(), nth: 1, mishap: Chaos.hang }
    const stores = { files, sqlite: yield* makeStore({ rules: [hanging] }) }
    const one = yield* openSwitch(stores)
    yield* commit(one.adapter, put(key, 1))
    const switching = yield* Effect.forkChild(Effect.result(switchTo(one.control, "sqlite")), {
      startImmediately: true
    })
    while ((yield* stores.sqlite.control.hanging) === 0) yield* Effect.yieldNow
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["retired@2 to sqlite", "copying@2"])
    isOn = false
    const two = yield* openSwitch(stores)
    assert.strictEqual(yield* two.control.current, "files")
    yield* commit(two.adapter, put(key, 2))
    yield* stores.sqlite.control.release
    const result = yield* Fiber.join(switching)
    assert.strictEqual(result._tag === "Failure" ? result.failure.reason._tag : "", "Superseded")
    assert.strictEqual(yield* one.control.current, "files")
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [2])
    yield* commit(one.adapter, put(key, 3))
    assert.deepStrictEqual(yield* readAs(two.adapter, key), [3])
    yield* switchTo(two.control, "sqlite")
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [3])
  }))

it.effect("a write that meets another process's switch waits for its decision, and then goes where it was decided", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const one = yield* openSwitch(stores)
    yield* commit(one.adapter, put(key, 1))
    stores.files.memory.record = Option.some(record("s", 2, "retired to sqlite"))
    stores.sqlite.memory.record = Option.some(record("s", 2, "copying"))
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [1])
    const writing = yield* Effect.forkChild(commit(one.adapter, put(other, 2)), { startImmediately: true })
    yield* TestClock.adjust("1 second")
    assert.isUndefined(writing.pollUnsafe())
    stores.sqlite.memory.record = Option.some(record("s", 2, "current"))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(writing)
    assert.strictEqual(yield* one.control.current, "sqlite")
    assert.deepStrictEqual(yield* readAs(one.adapter, other), [2])
  }))

it.effect("a write that a retired backend refused is sent again when the retirement was taken back meanwhile", () =>
  Effect.gen(function*() {
    let isAsked = false
    const files = yield* makeStore({
      rules: [{ operation: "role", while: () => isAsked, nth: 1, mishap: Chaos.hang }]
    })
    const stores = { files, sqlite: yield* makeStore() }
    const one = yield* openSwitch(stores)
    yield* commit(one.adapter, put(key, 1))
    files.memory.record = Option.some(record("s", 2, "retired to sqlite"))
    isAsked = true
    const writing = yield* Effect.forkChild(commit(one.adapter, put(key, 2)), { startImmediately: true })
    while ((yield* files.control.hanging) === 0) yield* Effect.yieldNow
    files.memory.record = Option.some(record("s", 3, "current"))
    yield* files.control.release
    yield* Fiber.join(writing)
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [2])
  }))

it.effect("a write that a backend refuses for another reason is told so, although its record says that it serves", () =>
  Effect.gen(function*() {
    let isOn = false
    const why = new Unavailable({ outcome: "notApplied", what: "the disk" })
    const files = yield* makeStore({ rules: [{ operation: "commit", while: () => isOn, mishap: Chaos.fail(why) }] })
    const one = yield* openSwitch({ files, sqlite: yield* makeStore() })
    yield* commit(one.adapter, put(key, 1))
    isOn = true
    assert.include((yield* Effect.flip(commit(one.adapter, put(key, 2)))).message, "the disk is not available")
  }))

it.effect("a switch that another process left half way is taken back when a write has waited long enough", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const one = yield* openSwitch(stores, { fenceMax: "2 seconds" })
    stores.files.memory.record = Option.some(record("s", 2, "retired to sqlite"))
    stores.sqlite.memory.record = Option.some(record("s", 2, "copying"))
    const writing = yield* Effect.forkChild(commit(one.adapter, put(key, 1)), { startImmediately: true })
    yield* TestClock.adjust("3 seconds")
    yield* Fiber.join(writing)
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["current@3", "retired@2"])
  }))

it.effect("when nobody can tell whether the target has become current, nobody serves until it can be asked", () =>
  Effect.gen(function*() {
    let isOn = false
    const stores = { files: yield* makeStore(), sqlite: yield* makeStore() }
    const why = new Io({ outcome: "notApplied", path: "disk", code: "EIO" })
    const lost = { operation: "role", while: () => isOn, mishap: Chaos.loseAnswer } as const
    const target = yield* Chaos.control({ rules: [lost] })
    const one = yield* openSwitch({
      files: stores.files,
      sqlite: { ...stores.sqlite, layer: target.layer(stores.sqlite.layer) }
    })
    yield* commit(one.adapter, put(key, 1))
    yield* Effect.forkScoped(
      Effect.gen(function*() {
        while (
          stores.files.memory.record._tag === "None" || stores.files.memory.record.value.state !== "retired"
        ) yield* Effect.yieldNow
        isOn = true
        while (
          stores.sqlite.memory.record._tag === "None" || stores.sqlite.memory.record.value.state !== "current"
        ) yield* Effect.yieldNow
        yield* target.down(why)
      }),
      { startImmediately: true }
    )
    const result = yield* Effect.result(switchTo(one.control, "sqlite"))
    isOn = false
    if (result._tag === "Failure") {
      const refused = yield* Effect.flip(commit(one.adapter, put(key, 2)))
      assert.strictEqual(refused.reason._tag, "Unavailable")
      assert.strictEqual(said(stores.files), "retired@2 to sqlite")
    }
    yield* target.up
    yield* commit(one.adapter, put(key, 3))
    assert.strictEqual(yield* one.control.current, "sqlite")
    assert.deepStrictEqual(yield* readAs(one.adapter, key), [3])
  }))
