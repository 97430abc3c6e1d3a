/** What a target held before a switch: nothing of it is lost of which nobody else has a copy. */
import { assert, it } from "@effect/vitest"
import { makeKey, Version } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { asideKey } from "../../src/switching/aside.ts"
import {
  type Adapter,
  append,
  bare,
  commit,
  idsOf,
  key,
  makeStores,
  openSwitch,
  other,
  put,
  readAs,
  remove,
  said,
  switchTo
} from "./stores.ts"

const versionOf = (adapter: Adapter, of: typeof key) =>
  Effect.map(adapter.head(of), (head) => Option.match(head, { onNone: () => 0, onSome: ({ version }) => version }))

const keptOf = (told: Effect.Success<ReturnType<typeof switchTo>>) =>
  told.flatMap((progress) => progress._tag === "Done" ? progress.keptAside : [])

it.effect("foreign sessions of the target are kept aside, told, not listed, and read by their key", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const foreign = yield* bare(stores.sqlite)
    const deep = makeKey("deep", ["a", "b", "c", "d", "e", "f", "g", "h"])
    yield* commit(foreign, put(other, "foreign"), append(other, "x"))
    yield* commit(foreign, put(deep, "deep"))
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    const told = yield* switchTo(control, "sqlite")
    const kept = keptOf(told)
    assert.deepStrictEqual(kept.map(({ from }) => from).toSorted((a, b) => a.id < b.id ? -1 : 1), [deep, other])
    assert.deepStrictEqual(yield* idsOf(adapter), ["one"])
    for (const { from, to } of kept) {
      assert.deepStrictEqual(yield* readAs(adapter, to), from.id === "deep" ? ["deep"] : ["foreign", "x"])
      assert.strictEqual(yield* readAs(adapter, from), "absent")
    }
    assert.deepStrictEqual((yield* idsOf(adapter, ["@set-aside"])).toSorted(), ["deep", "two"])
    // It is no session of the app: it is not taken along, and nobody writes to it.
    yield* switchTo(control, "files")
    assert.deepStrictEqual(yield* idsOf(yield* bare(stores.files), ["@set-aside"]), [])
    const refused = yield* Effect.flip(commit(adapter, put(kept[0]!.to, 1)))
    assert.strictEqual(refused.reason._tag, "InvalidKey")
    yield* switchTo(control, "sqlite")
    yield* commit(adapter, remove(kept[0]!.to))
    assert.strictEqual(yield* readAs(adapter, kept[0]!.to), "absent")
  }))

it.effect("a page of a listing is as long as it was asked for, whatever was set aside", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const foreign = yield* bare(stores.sqlite)
    for (let n = 0; n < 5; n++) yield* commit(foreign, put(makeKey(`0${n}`), "foreign"))
    const { adapter, control } = yield* openSwitch(stores)
    for (let n = 0; n < 5; n++) yield* commit(adapter, put(makeKey(`1${n}`), n))
    yield* switchTo(control, "sqlite")
    const page = yield* Stream.runCollect(adapter.list({ namespace: [], order: "id", limit: 3 }))
    assert.deepStrictEqual(page.map((row) => row._tag === "StoredHead" ? row.key.id : row._tag), ["10", "11", "12"])
  }))

it.effect("a session of the target with a higher version and other content is kept, and the copy lies above it", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, "ours"), append(key, "a"))
    const before = yield* versionOf(adapter, key)
    const foreign = yield* bare(stores.sqlite)
    yield* commit(foreign, { ...put(key, "theirs"), floor: Version(before + 1000) } as never)
    const told = yield* switchTo(control, "sqlite")
    assert.deepStrictEqual(yield* readAs(adapter, key), ["ours", "a"])
    assert.isAbove(yield* versionOf(adapter, key), before + 1000)
    assert.deepStrictEqual(yield* readAs(adapter, keptOf(told)[0]!.to), ["theirs"])
    yield* switchTo(control, "files")
    assert.deepStrictEqual(yield* readAs(adapter, key), ["ours", "a"])
    assert.isAbove(yield* versionOf(adapter, key), before + 1000)
    yield* switchTo(control, "sqlite")
    assert.deepStrictEqual(yield* readAs(adapter, key), ["ours", "a"])
  }))

it.effect("a session that was removed in the target under a higher version is copied above it", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    const version = yield* commit(adapter, put(key, 1), append(key, "a"))
    const foreign = yield* bare(stores.sqlite)
    yield* commit(foreign, { ...put(key, "theirs"), floor: Version(version + 5000) } as never)
    yield* commit(foreign, remove(key))
    yield* switchTo(control, "sqlite")
    assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a"])
    assert.isAbove(yield* versionOf(adapter, key), version + 5000)
  }))

it.effect("what a former switch left in the target is replaced, and nothing of it is kept", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    yield* commit(adapter, put(other, 1))
    yield* switchTo(control, "sqlite")
    yield* commit(adapter, remove(key))
    yield* commit(adapter, put(key, "another life"))
    yield* commit(adapter, remove(other))
    const told = yield* switchTo(control, "files")
    assert.deepStrictEqual(keptOf(told), [])
    assert.deepStrictEqual(yield* idsOf(yield* bare(stores.files), ["@set-aside"]), [])
    assert.deepStrictEqual(yield* readAs(adapter, key), ["another life"])
    assert.strictEqual(yield* readAs(adapter, other), "absent")
  }))

it.effect("an earlier state of a session in a foreign target is no loss: it is replaced", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    yield* Effect.scoped(switchTo(control, "sqlite"))
    yield* switchTo(control, "files")
    // As a backup would bring it back.
    stores.sqlite.memory.record = Option.none()
    yield* commit(adapter, put(key, 2))
    assert.deepStrictEqual(keptOf(yield* switchTo(control, "sqlite")), [])
    assert.deepStrictEqual(yield* readAs(adapter, key), [2])
    assert.match(said(stores.sqlite), /^current@/)
  }))

it.effect("keys are kept apart where they are set aside, however deep they lie", () =>
  Effect.sync(() => {
    const names = ["a", "b", "c", "d", "e", "f", "g"]
    const keys = [
      makeKey("x"),
      makeKey("x", names.slice(0, 6)),
      makeKey("x", names),
      makeKey("x", [...names, "h"]),
      makeKey("x", ["z", ...names.slice(1)])
    ]
    const kept = keys.map((each) => asideKey("switch", each))
    assert.strictEqual(new Set(kept.map(({ id, namespace }) => [...namespace, id].join("/"))).size, keys.length)
    assert.isTrue(kept.every(({ namespace }) => namespace.length <= 8 && namespace[1] === "switch"))
  }))
