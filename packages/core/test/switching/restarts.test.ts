/** Which backend serves after a restart, whatever moment of a switch a crash took: the records decide, `initial` does not. */
import { assert, it } from "@effect/vitest"
import { Io, type StoreRecord, Unavailable } from "@holdfast/core"
import { Effect, Option } from "effect"
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
  record,
  said,
  switchTo,
  through
} from "./stores.ts"

const opened = (
  files: StoreRecord | undefined,
  sqlite: StoreRecord | undefined,
  sqliteIs: "lasting" | "process" = "lasting"
) =>
  Effect.scoped(Effect.gen(function*() {
    const stores = {
      files: yield* makeStore(),
      sqlite: yield* makeStore(undefined, { durability: sqliteIs === "process" ? "volatile" : "flushed" })
    }
    stores.files.memory.record = Option.fromUndefinedOr(files)
    stores.sqlite.memory.record = Option.fromUndefinedOr(sqlite)
    const answer = yield* Effect.result(Effect.flatMap(openSwitch(stores), ({ control }) => control.current))
    const serving = answer._tag === "Success" ? answer.success : answer.failure.message
    return [serving, said(stores.files), said(stores.sqlite)]
  }))

it.effect("the records of both backends decide which one serves", () =>
  Effect.gen(function*() {
    const toSqlite = record("s", 2, "retired to sqlite")
    const cases = [
      [undefined, undefined, ["files", "none", "none"]],
      [record("s", 1, "current"), undefined, ["files", "current@1", "none"]],
      // Stopped while it copied.
      [record("s", 1, "current"), record("s", 2, "copying"), ["files", "current@1", "copying@2"]],
      // Stopped between the retirement and the decision.
      [toSqlite, record("s", 2, "copying"), ["files", "current@3", "retired@2"]],
      // Stopped on the way back.
      [toSqlite, record("s", 2, "retired"), ["files", "current@3", "retired@2"]],
      [record("s", 3, "current"), record("s", 2, "retired"), ["files", "current@3", "retired@2"]],
      // Decided.
      [toSqlite, record("s", 2, "current"), ["sqlite", "retired@2 to sqlite", "current@2"]],
      [record("s", 1, "current"), record("t", 7, "current"), ["sqlite", "current@1", "current@7"]]
    ] as const
    for (const [files, sqlite, expected] of cases) assert.deepStrictEqual(yield* opened(files, sqlite), [...expected])
  }))

it.effect("a retired backend never serves in the place of a successor that is gone or was brought back from a backup", () =>
  Effect.gen(function*() {
    const retired = record("s", 2, "retired to sqlite")
    const gone =
      "switch(files, sqlite).open: the backend \"sqlite\", to which \"files\" was retired, is not available; nothing was changed"
    for (const sqlite of [undefined, record("r", 1, "current"), record("r", 1, "retired to files")]) {
      const [serving, files] = yield* opened(retired, sqlite)
      assert.deepStrictEqual([serving, files], [gone, "retired@2 to sqlite"])
    }
    assert.deepStrictEqual(yield* opened(retired, undefined, "process"), ["files", "current@3", "none"])
    const [nothing] = yield* opened(undefined, record("s", 2, "retired"))
    assert.match(nothing!, /^switch\(files, sqlite\)\.open: a current backend/)
  }))

it.effect("records that changed while they were read one after the other are read again", () =>
  Effect.gen(function*() {
    const { files, sqlite } = yield* makeStores()
    files.memory.record = Option.some(record("s", 2, "retired to sqlite"))
    sqlite.memory.record = Option.some(record("r", 1, "retired to files"))
    const decided = Effect.sync(() => {
      const before = sqlite.memory.record
      sqlite.memory.record = Option.some(record("s", 2, "current"))
      return before
    })
    const late = through(sqlite, ({ role }) => ({ role: { ...role, read: decided } }))
    const answer = Effect.scoped(Effect.flatMap(openSwitch({ files, sqlite: late }), ({ control }) => control.current))
    assert.strictEqual(yield* answer, "sqlite")
  }))

it.effect("a backend that cannot be opened is no obstacle, unless it may be the current one", () =>
  Effect.gen(function*() {
    const why = new Unavailable({ outcome: "notApplied", what: "the disk" })
    const { files, sqlite } = yield* makeStores()
    yield* sqlite.control.down(why)
    const open = Effect.scoped(Effect.flatMap(openSwitch({ files, sqlite }), ({ control }) => control.current))
    const unsure = yield* Effect.flip(open)
    assert.strictEqual(
      unsure.message,
      "switch(files, sqlite).open: the backend \"sqlite\", which may be the current one, is not available; nothing was changed"
    )
    files.memory.record = Option.some(record("s", 1, "current"))
    assert.strictEqual(yield* open, "files")
    files.memory.record = Option.some(record("s", 2, "retired to sqlite"))
    assert.strictEqual((yield* Effect.flip(open)).reason._tag, "Unavailable")
    assert.strictEqual(said(files), "retired@2 to sqlite")
  }))

it.effect("a switch, writes, a restart with the first backend as initial: every write is there, and none can go to it", () =>
  Effect.gen(function*() {
    const stores = yield* makeStores()
    yield* Effect.scoped(Effect.gen(function*() {
      const { adapter, control } = yield* openSwitch(stores)
      yield* commit(adapter, put(key, "before"))
      yield* switchTo(control, "sqlite")
      yield* commit(adapter, put(key, "after"))
      yield* commit(adapter, put(other, "after"))
    }))
    const { adapter, control } = yield* openSwitch(stores, { initial: "files" })
    assert.strictEqual(yield* control.current, "sqlite")
    assert.deepStrictEqual([yield* readAs(adapter, key), yield* readAs(adapter, other)], [["after"], ["after"]])
  }))

/** Lets a process die at the n-th call that its switch makes to either backend; answers what serves after a restart. */
const dieAt = Effect.fnUntraced(function*(nth: number) {
  let left = Infinity
  const isDead = () => --left < 0
  const rules = [{
    operation: "any",
    while: isDead,
    mishap: Chaos.fail(new Io({ outcome: "notApplied", path: "disk", code: "EIO" }))
  }] as const
  const stores = { files: yield* makeStore({ rules }), sqlite: yield* makeStore({ rules }) }
  yield* commit(yield* bare(stores.sqlite), put(other, "old"))
  yield* Effect.scoped(Effect.gen(function*() {
    const { adapter, control } = yield* openSwitch(stores)
    yield* commit(adapter, put(key, 1), append(key, "a"))
    yield* commit(adapter, put(other, "ours"))
    left = nth
    yield* Effect.result(switchTo(control, "sqlite"))
  }))
  const isDone = left >= 0
  left = Infinity
  const { adapter, control } = yield* openSwitch(stores)
  assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a"])
  assert.deepStrictEqual(yield* readAs(adapter, other), ["ours"])
  yield* commit(adapter, append(key, "b"))
  const serving = yield* control.current
  yield* switchTo(control, serving === "files" ? "sqlite" : "files")
  assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a", "b"])
  assert.include(yield* idsOf(yield* bare(stores.sqlite), ["@set-aside"]), "two")
  return isDone ? "done" : serving
})

it.effect("a process that dies at any call of a switch loses nothing: a restart serves the one or the other, whole", () =>
  Effect.gen(function*() {
    const ends: Array<string> = []
    while (ends.at(-1) !== "done") ends.push(yield* Effect.scoped(dieAt(ends.length)))
    const firstAfter = ends.indexOf("sqlite")
    assert.isAbove(ends.filter((end) => end === "files").length, 20)
    // From the decision on it is the other one.
    assert.deepStrictEqual(firstAfter < 0 ? [] : ends.slice(firstAfter, -1).filter((end) => end === "files"), [])
  }))
