/** What a switching adapter promises holds for whoever has read it once, whichever backend serves by then. */
import { assert, it } from "@effect/vitest"
import { type Capability, Unavailable } from "@holdfast/core"
import { Effect } from "effect"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { commit, key, makeStore, openSwitch, other, put, readAs, said, switchTo } from "./stores.ts"

const why = new Unavailable({ outcome: "notApplied", what: "the disk" })

/** Files serve; the other backend, which promises something else, was down when the process opened them. */
const openedWithout = Effect.fnUntraced(function*(capability: Partial<Capability>) {
  const stores = { files: yield* makeStore(), sqlite: yield* makeStore(undefined, capability) }
  yield* Effect.scoped(
    Effect.flatMap(
      openSwitch(stores),
      ({ control }) => Effect.andThen(switchTo(control, "sqlite"), switchTo(control, "files"))
    )
  )
  yield* stores.sqlite.control.down(why)
  const opened = yield* openSwitch(stores)
  yield* stores.sqlite.control.up
  return { stores, ...opened }
})

it.effect("a switch to a backend that promises less than what was read is refused, and changes nothing", () =>
  Effect.gen(function*() {
    const { adapter, control, stores } = yield* openedWithout({ durability: "buffered", atomicity: "oneKey" })
    assert.deepInclude(adapter.capability, { durability: "flushed", atomicity: "manyKeys" })
    yield* commit(adapter, put(key, 1))
    const before = [said(stores.files), said(stores.sqlite)]
    for (const transfer of ["copy", "none"] as const) {
      const error = yield* Effect.flip(switchTo(control, "sqlite", transfer))
      assert.deepInclude(error.reason, {
        _tag: "WeakerBackend",
        name: "sqlite",
        lacks: ["durability flushed", "atomicity manyKeys"]
      })
      assert.strictEqual(
        error.message,
        "switch from \"files\" to \"sqlite\": \"sqlite\" promises less than was promised: durability flushed, atomicity manyKeys; \"files\" serves"
      )
    }
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], before)
    assert.strictEqual(stores.sqlite.memory.cells.size, 0)
    assert.strictEqual(stores.sqlite.open.count, 0)
    yield* commit(adapter, put(key, 2), put(other, 2))
    assert.deepStrictEqual(yield* readAs(adapter, other), [2])
  }))

it.effect("every promise counts: who watches goes on watching, and what was short enough is", () =>
  Effect.gen(function*() {
    const capabilities: ReadonlyArray<readonly [Partial<Capability>, string]> = [
      [{ watch: "none" }, "watch process"],
      [{ compareAndSet: "none" }, "compareAndSet process"],
      [{ append: "rewrite" }, "append native"],
      [{ bodyBytesMax: 1000 }, "bodyBytesMax"],
      [{ keyBytesMax: 10 }, "keyBytesMax"]
    ]
    for (const [weaker, lack] of capabilities) {
      yield* Effect.scoped(Effect.gen(function*() {
        const { control } = yield* openedWithout({ durability: "flushed", ...weaker })
        const { reason } = yield* Effect.flip(switchTo(control, "sqlite"))
        assert.strictEqual(reason._tag === "WeakerBackend" ? reason.lacks.length : 0, 1)
        assert.include(reason.message, lack)
      }))
    }
  }))

it.effect("a backend that was down and promises as much, or more, is switched to", () =>
  Effect.gen(function*() {
    for (const durability of ["flushed", "replicated"] as const) {
      yield* Effect.scoped(Effect.gen(function*() {
        const { adapter, control } = yield* openedWithout({ durability, watch: "host" })
        yield* switchTo(control, "sqlite")
        assert.strictEqual(yield* control.current, "sqlite")
        assert.strictEqual(adapter.capability.durability, "flushed")
      }))
    }
  }))

it.effect("a process is not taken by another one's switch to where less is promised: it says so until it starts anew", () =>
  Effect.gen(function*() {
    const { adapter, control, stores } = yield* openedWithout({ durability: "buffered" })
    const there = yield* openSwitch(stores)
    yield* switchTo(there.control, "sqlite")
    yield* commit(there.adapter, put(key, "there"))
    const told = [
      yield* Effect.flip(commit(adapter, put(key, "here"))),
      yield* Effect.flip(adapter.head(key))
    ]
    for (const error of told) {
      assert.strictEqual(error.reason._tag, "Unsupported")
      assert.strictEqual(error.outcome, "notApplied")
      assert.include(error.message, "durability flushed in \"sqlite\", to which another process has switched")
    }
    assert.strictEqual(yield* control.current, "files")
    assert.deepStrictEqual(yield* readAs(there.adapter, key), ["there"])
    const anew = yield* openSwitch(stores)
    assert.strictEqual(anew.adapter.capability.durability, "buffered")
    assert.deepStrictEqual(yield* readAs(anew.adapter, key), ["there"])
    // What is promised is served again, as soon as it is there.
    yield* switchTo(there.control, "files")
    yield* commit(adapter, put(key, "back"))
    assert.deepStrictEqual(yield* readAs(there.adapter, key), ["back"])
  }))

it.effect("backends that open at the second try only serve, and promise what they do", () =>
  Effect.gen(function*() {
    const atFirst: Chaos.Rule = { operation: "open", times: 1, mishap: Chaos.fail(why) }
    const stores = {
      files: yield* makeStore({ rules: [atFirst] }, { durability: "buffered" }),
      sqlite: yield* makeStore({ rules: [atFirst] })
    }
    const { adapter, control } = yield* openSwitch(stores)
    assert.strictEqual(yield* control.current, "files")
    assert.strictEqual(adapter.capability.durability, "buffered")
  }))
