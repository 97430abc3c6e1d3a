/** A switch that comes to its end: what moves, what it tells, who serves afterwards, and what is open. */
import { assert, it } from "@effect/vitest"
import { StorageAdapter } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { StorageSwitch } from "../../src/switching/StorageSwitch.ts"
import {
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
  switchTo,
  tagsOf
} from "./stores.ts"

it.effect("a switch copies every session with its entries, versions and write ids, and the target serves", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1), append(key, "a", "b"))
    const version = yield* commit(adapter, append(key, "c"))
    yield* commit(adapter, put(other, 2))
    const change = { writeId: "appended", operations: [append(other, "once")] }
    const first = yield* adapter.commit(change)

    const told = yield* switchTo(control, "sqlite")
    assert.deepStrictEqual(tagsOf(told), [
      "Opening",
      "Copying",
      "Copying",
      "Fenced",
      "Verifying",
      "CutOver",
      "Retired",
      "Done"
    ])
    assert.strictEqual(yield* control.current, "sqlite")
    assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["retired@2 to sqlite", "current@2"])
    assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a", "b", "c"])
    const head = yield* adapter.head(key)
    assert.strictEqual(Option.getOrThrow(head).version, version)
    const again = yield* adapter.commit({ ...change, attempt: 2 })
    assert.deepStrictEqual(again.keys[0]?.version, first.keys[0]?.version)
    assert.deepStrictEqual(yield* readAs(adapter, other), [2, "once"])
    assert.isAbove(yield* commit(adapter, put(key, 3)), version)
    assert.deepStrictEqual(yield* readAs(yield* bare(stores.files), key), [1, "a", "b", "c"])
  }))

it.effect("only the backend that serves is open, and the one before it until its last user has left", () =>
  Effect.gen(function*() {
    const { files, sqlite } = yield* makeStores()
    const { adapter, control } = yield* openSwitch({ files, sqlite })
    assert.deepStrictEqual([files.open.count, sqlite.open.count], [1, 0])
    yield* commit(adapter, put(key, 1), append(key, "a", "b"))
    const told = yield* adapter.entries(key, {}).pipe(
      Stream.rechunk(1),
      Stream.mapEffect(() => switchTo(control, "sqlite")),
      Stream.take(1),
      Stream.runCollect
    )
    assert.deepStrictEqual(told[0]?.filter(({ _tag }) => _tag === "Retired"), [
      { _tag: "Retired", name: "files", use: "inUse" }
    ])
    assert.deepStrictEqual([files.open.count, sqlite.open.count], [0, 1])
    const back = yield* switchTo(control, "files")
    assert.deepStrictEqual(back.filter(({ _tag }) => _tag === "Retired"), [
      { _tag: "Retired", name: "sqlite", use: "closed" }
    ])
    assert.deepStrictEqual([files.open.count, sqlite.open.count], [1, 0])
  }))

it.effect("a switch back and forth takes out what was removed, and a removal is remembered", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1))
    yield* commit(adapter, put(other, 1))
    yield* switchTo(control, "sqlite")
    const gone = { writeId: "gone", operations: [{ ...remove(key), expect: "present" as const }] }
    const removal = yield* adapter.commit(gone)
    yield* commit(adapter, put(other, 2))
    const told = yield* switchTo(control, "files")
    assert.deepInclude(told.at(-1), { copiedCount: 1, removedCount: 1, keptAside: [] })
    assert.deepStrictEqual(yield* idsOf(adapter), ["two"])
    assert.deepStrictEqual(yield* readAs(adapter, other), [2])
    const again = yield* adapter.commit({ ...gone, attempt: 2 })
    assert.strictEqual(again.keys[0]?.version, removal.keys[0]?.version)
    assert.isAbove(yield* commit(adapter, put(key, "again")), removal.keys[0]!.version)
  }))

it.effect("a write that is sent again after the removal of its session and a switch brings nothing back", () =>
  Effect.gen(function*() {
    // The target has no copy of the session, or one that does not know of the write.
    for (const copied of ["nothing", "before"] as const) {
      const { adapter, control } = yield* openSwitch(yield* makeStores())
      if (copied === "before") {
        yield* commit(adapter, put(key, 0))
        yield* switchTo(control, "sqlite")
      }
      const write = { writeId: "write", operations: [put(key, 1)] }
      const written = yield* adapter.commit(write)
      yield* commit(adapter, remove(key))
      yield* switchTo(control, copied === "before" ? "files" : "sqlite")
      const again = yield* adapter.commit({ ...write, attempt: 2 })
      assert.strictEqual(again.keys[0]?.version, written.keys[0]?.version, copied)
      assert.deepStrictEqual(yield* idsOf(adapter), [], copied)
    }
  }))

it.effect("a switch without a transfer serves what the target holds, and a later copy keeps what only one had", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    yield* commit(yield* bare(stores.sqlite), put(other, "there"))
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, "here"))
    assert.deepStrictEqual(tagsOf(yield* switchTo(control, "sqlite", "none")), [
      "Opening",
      "Fenced",
      "CutOver",
      "Retired",
      "Done"
    ])
    assert.deepStrictEqual(yield* idsOf(adapter), ["two"])
    const told = yield* switchTo(control, "files")
    assert.deepStrictEqual(yield* idsOf(adapter), ["two"])
    const kept = told.flatMap((progress) => progress._tag === "Done" ? progress.keptAside : [])
    assert.deepStrictEqual(kept.map(({ from }) => from), [key])
    assert.deepStrictEqual(yield* readAs(adapter, kept[0]!.to), ["here"])
  }))

it.effect("a switch to the backend that serves changes nothing, and one to nowhere is refused", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { control } = yield* openSwitch(stores)
    assert.deepStrictEqual(tagsOf(yield* switchTo(control, "files")), ["Done"])
    const error = yield* Effect.flip(switchTo(control, "tape"))
    assert.strictEqual(
      error.message,
      "switch from \"files\" to \"tape\": there is no backend \"tape\", only \"files\", \"sqlite\"; \"files\" serves"
    )
    assert.strictEqual(said(stores.files), "none")
  }))

it.effect("the layer provides the adapter and its switch", () =>
  Effect.gen(function*() {
    const { files, sqlite } = yield* makeStores()
    yield* Effect.gen(function*() {
      const adapter = yield* StorageAdapter
      const control = yield* StorageSwitch
      yield* commit(adapter, put(key, 1))
      yield* switchTo(control, "sqlite")
      assert.deepStrictEqual(yield* readAs(adapter, key), [1])
      assert.strictEqual(adapter.name, "switch(files, sqlite)")
    }).pipe(
      Effect.provide(
        StorageSwitch.layer({ backends: { files: files.layer, sqlite: sqlite.layer }, initial: "files" }),
        { local: true }
      )
    )
    assert.deepStrictEqual([files.open.count, sqlite.open.count], [0, 0])
  }))

it.effect("what is promised is the weakest of what the backends promise", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    const { adapter } = yield* openSwitch(stores)
    assert.deepInclude(adapter.capability, { durability: "flushed", watch: "process", atomicity: "manyKeys" })
  }))
