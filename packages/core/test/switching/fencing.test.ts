/** What happens round the fence: writes wait and go to the next backend, watchers hear of all, nothing slips through. */
import { assert, it } from "@effect/vitest"
import { Io, makeKey } from "@holdfast/core"
import { Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import {
  append,
  bare,
  commit,
  idsOf,
  key,
  makeStore,
  makeStores,
  openSwitch,
  other,
  put,
  readAs,
  remove,
  said,
  type Store,
  switchTo,
  through
} from "./stores.ts"

/** Stores of which the target hangs at the first listing that is made while writes are held up. */
const hangingStores = Effect.gen(function*() {
  const files = yield* makeStore()
  const isHeld = () => said(files).startsWith("retired")
  const rule: Chaos.Rule = { operation: "list", while: isHeld, times: 1, mishap: Chaos.hang }
  return { files, sqlite: yield* makeStore({ rules: [rule] }) }
})

it.effect("a write that comes while writes are held up waits, and the new backend acknowledges it", () =>
  Effect.gen(function*() {
    const stores = yield* hangingStores
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    const switching = yield* Effect.forkChild(switchTo(control, "sqlite"), { startImmediately: true })
    while ((yield* stores.sqlite.control.hanging) === 0) yield* Effect.yieldNow
    const writing = yield* Effect.forkChild(commit(adapter, append(key, "held up")), { startImmediately: true })
    assert.deepStrictEqual(yield* readAs(adapter, key), [1])
    assert.isUndefined(writing.pollUnsafe())
    yield* stores.sqlite.control.release
    yield* Fiber.join(switching)
    yield* Fiber.join(writing)
    assert.deepStrictEqual(yield* readAs(adapter, key), [1, "held up"])
    assert.deepStrictEqual(yield* readAs(yield* bare(stores.files), key), [1])
  }))

it.effect("writes under way are waited for before anything is fenced, and are in the target", () =>
  Effect.gen(function*() {
    let isOn = false
    const rule: Chaos.Rule = { operation: "commit", while: () => isOn, times: 1, mishap: Chaos.hang }
    const stores = { files: yield* makeStore({ rules: [rule] }), sqlite: yield* makeStore() }
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    isOn = true
    const writing = yield* Effect.forkChild(commit(adapter, append(key, "under way")), { startImmediately: true })
    while ((yield* stores.files.control.hanging) === 0) yield* Effect.yieldNow
    // A write that ends is not the last one.
    yield* commit(adapter, put(other, 1))
    const told: Array<string> = []
    const switching = yield* Effect.forkChild(
      Stream.runForEach(
        control.switchTo("sqlite", { transfer: "copy" }),
        ({ _tag }) => Effect.sync(() => told.push(_tag))
      ),
      { startImmediately: true }
    )
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(told, ["Opening", "Copying", "Copying"])
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["current@1", "copying@2"])
    yield* stores.files.control.release
    yield* Fiber.join(writing)
    yield* Fiber.join(switching)
    assert.strictEqual(told[3], "Fenced")
    assert.deepStrictEqual(yield* readAs(yield* bare(stores.sqlite), key), [1, "under way"])
  }))

it.effect("writes wait for a bounded time: a switch that needs longer is taken back", () =>
  Effect.gen(function*() {
    const stores = yield* hangingStores
    const { adapter, control } = yield* openSwitch(stores, { fenceMax: "3 seconds" })
    yield* commit(adapter, put(key, 1))
    const switching = yield* Effect.forkChild(Effect.flip(switchTo(control, "sqlite")), { startImmediately: true })
    while ((yield* stores.sqlite.control.hanging) === 0) yield* Effect.yieldNow
    const writing = yield* Effect.forkChild(commit(adapter, put(key, 2)), { startImmediately: true })
    yield* TestClock.adjust("4 seconds")
    assert.strictEqual(
      (yield* Fiber.join(switching)).message,
      "switch from \"files\" to \"sqlite\": writes had to wait for more than 3000 ms; \"files\" serves"
    )
    yield* Fiber.join(writing)
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["current@3", "retired@2"])
    assert.deepStrictEqual(yield* readAs(adapter, key), [2])
  }))

it.effect("a writer of another process is refused by the old backend from its retirement on", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const stranger = yield* bare(stores.files)
    const { control } = yield* openSwitch(stores)
    yield* commit(stranger, put(key, 1))
    yield* switchTo(control, "sqlite")
    const refused = yield* Effect.flip(commit(stranger, put(key, 2)))
    assert.strictEqual(refused.reason._tag, "Unavailable")
  }))

/** What a source tells of its changes: all, nothing, that it has missed them, or it breaks off. */
const sources: { readonly [name: string]: (store: Store) => Store } = {
  told: (store) => store,
  untold: (store) =>
    through(store, ({ capability }) => ({
      capability: { ...capability, watch: "none" },
      changes: Effect.die(new Error("nobody is told"))
    })),
  overrun: (store) =>
    through(store, ({ changes }) => ({
      changes: Effect.map(changes, Stream.map(() => ({ _tag: "Missed" as const })))
    })),
  brokenOff: (store) => through(store, ({ changes }) => ({ changes: Effect.map(changes, Stream.take(1)) }))
}

it.effect("removals, creations and writes during the copy are in the target, also those that are not told", () =>
  Effect.gen(function*() {
    for (const source of Object.values(sources)) {
      yield* Effect.scoped(Effect.gen(function*() {
        const hanging: Chaos.Rule = { operation: "commit", nth: 20, mishap: Chaos.hang }
        const stores = { files: source(yield* makeStore()), sqlite: yield* makeStore({ rules: [hanging] }) }
        const stranger = yield* bare(stores.files)
        const { adapter, control } = yield* openSwitch(stores)
        for (let n = 0; n < 40; n++) yield* commit(adapter, put(makeKey(`${n}`.padStart(2, "0")), n))
        const switching = yield* Effect.forkChild(switchTo(control, "sqlite"), { startImmediately: true })
        while ((yield* stores.sqlite.control.hanging) === 0) yield* Effect.yieldNow
        yield* commit(stranger, remove(makeKey("00")))
        yield* commit(stranger, remove(makeKey("01")))
        yield* commit(stranger, put(makeKey("01"), "again"))
        yield* commit(adapter, put(makeKey("30"), "written"))
        yield* commit(stranger, put(makeKey("99"), "created"))
        yield* stores.sqlite.control.release
        yield* Fiber.join(switching)
        const found = ["00", "01", "30", "99"].map((id) => readAs(adapter, makeKey(id)))
        assert.deepStrictEqual(yield* Effect.all(found), ["absent", ["again"], ["written"], ["created"]])
        assert.strictEqual((yield* idsOf(adapter)).length, 40)
        // What was copied and is gone by then, or lives another life, is kept nowhere.
        assert.deepStrictEqual(yield* idsOf(adapter, ["@set-aside"]), [])
      }))
    }
  }))

it.effect("a subscription goes on over a cut-over: every write is told once, with versions that rise", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    const watching = yield* Effect.forkChild(
      Effect.scoped(Effect.flatMap(adapter.changes, (changes) => Stream.runCollect(Stream.take(changes, 4)))),
      { startImmediately: true }
    )
    const versions = [yield* commit(adapter, put(key, 1))]
    yield* switchTo(control, "sqlite")
    versions.push(yield* commit(adapter, put(key, 2)))
    yield* switchTo(control, "files")
    versions.push(yield* commit(adapter, put(key, 3)))
    yield* commit(adapter, put(other, 1))
    const told = (yield* Fiber.join(watching)).flatMap((change) => change._tag === "Missed" ? [] : [change])
    assert.deepStrictEqual(told.filter(({ key: { id } }) => id === "one").map(({ version }) => version), versions)
  }))

it.effect("who watches hears nothing of what a switch sets aside", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    yield* commit(yield* bare(stores.sqlite), put(other, "foreign"))
    const [one, two] = [yield* openSwitch(stores), yield* openSwitch(stores)]
    yield* switchTo(one.control, "sqlite")
    const watching = yield* Effect.forkChild(
      Effect.scoped(Effect.flatMap(two.adapter.changes, (changes) => Stream.runHead(changes))),
      { startImmediately: true }
    )
    while ((yield* two.control.current) !== "sqlite") yield* TestClock.adjust("1 second")
    const aside = yield* idsOf(one.adapter, ["@set-aside"])
    assert.deepStrictEqual(aside, ["two"])
    const rows = yield* Stream.runCollect(one.adapter.list({ namespace: ["@set-aside"], order: "id" }))
    for (const row of rows) if (row._tag === "StoredHead") yield* commit(one.adapter, remove(row.key))
    const version = yield* commit(one.adapter, put(key, 1))
    const told = yield* Fiber.join(watching)
    assert.deepStrictEqual(Option.getOrThrow(told), { _tag: "Changed", key, kind: "note", version })
  }))

it.effect("a backend that is written to by others and tells late says Missed at the cut-over", () =>
  Effect.gen(function*() {
    const shared = { durability: "flushed", watch: "host" } as const
    const stores = { files: yield* makeStore(undefined, shared), sqlite: yield* makeStore(undefined, shared) }
    const { adapter, control } = yield* openSwitch(stores)
    const watching = yield* Effect.forkChild(
      Effect.scoped(Effect.flatMap(adapter.changes, (changes) => Stream.runHead(changes))),
      { startImmediately: true }
    )
    yield* switchTo(control, "sqlite")
    const first = yield* Fiber.join(watching)
    assert.deepStrictEqual(first._tag === "Some" ? first.value : undefined, { _tag: "Missed" })
  }))

it.effect("the health is that of the backend that serves", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    const states: Array<string> = []
    yield* Effect.forkScoped(
      Stream.runForEach(adapter.health, ({ tiers }) =>
        Effect.sync(() => states.push(tiers.map(({ name, state }) => `${name} ${state}`).join(", ")))),
      { startImmediately: true }
    )
    while (states.length < 1) {
      yield* Effect.yieldNow
    }
    yield* stores.sqlite.control.down(new Io({ outcome: "notApplied", path: "disk", code: "EIO" }))
    yield* Effect.flip(switchTo(control, "sqlite"))
    while (states.length < 2) {
      yield* Effect.yieldNow
    }
    yield* stores.sqlite.control.up
    yield* switchTo(control, "sqlite")
    while (states.length < 3) {
      yield* Effect.yieldNow
    }
    assert.deepStrictEqual(states, [
      "files healthy, sqlite healthy",
      "files healthy, sqlite failing",
      "files healthy, sqlite healthy"
    ])
  }))
