/** A store whose file goes away while it is open: nothing is made in its place, and nothing there is touched. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, type StorageError } from "@holdfast/core"
import { append, put, remove } from "@holdfast/core/testing"
import { Effect, Option, Stream } from "effect"
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Adapter, open } from "./stores.ts"
import { changeOf, filesIn, idsOf, inProcess, listAll, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

const key = makeKey("a")

/** Every call of the port that reads or writes. */
const calls = (adapter: Adapter): ReadonlyArray<Effect.Effect<unknown, StorageError>> => [
  adapter.head(key),
  adapter.load(key),
  adapter.load(makeKey("never saved")),
  listAll(adapter),
  Stream.runCollect(adapter.entries(key, {})),
  adapter.commit(changeOf(put(key, 2))),
  adapter.commit(changeOf(put(makeKey("new"), 1))),
  adapter.commit(changeOf(append(key, ["lost"]))),
  adapter.commit(changeOf(remove(key))),
  Effect.scoped(adapter.changes)
]

/** Every call says that the store cannot be seen, and that nothing was changed. */
const seesNothing = Effect.fnUntraced(function*(adapter: Adapter) {
  for (const call of calls(adapter)) {
    assert.deepStrictEqual(yield* refusalOf(call), ["DirectoryUnreadable", "notApplied"])
  }
})

/** A store in a folder of its own, with a session. */
const opened = Effect.gen(function*() {
  const { folder } = yield* place
  const filename = join(folder, "store", "sessions.db")
  const adapter = yield* open({ filename })
  yield* adapter.commit(changeOf(put(key, 1), append(key, ["entry"])))
  return { adapter, filename, folder }
})

/** A store that another process has made, closed. */
const stranger = Effect.fnUntraced(function*(folder: string) {
  const filename = join(folder, "stranger", "sessions.db")
  yield* visit({ filename }, (adapter) => save(adapter, "a", "a stranger's"))
  return filename
})

describe("an open store", () => {
  it.live("whose file was removed is unreadable, and is not made again", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* opened
      yield* Effect.scoped(Effect.gen(function*() {
        const adapter = yield* open({ filename })
        unlinkSync(filename)
        yield* seesNothing(adapter)
        // Whoever opens it meanwhile is not given a new one either.
        assert.strictEqual((yield* refusalOf(Effect.scoped(open({ filename }))))[1], "notApplied")
      }))
      assert.isFalse(existsSync(filename))
      assert.deepStrictEqual(readdirSync(folder), ["store"])
    }))

  it.live("whose folder was removed is unreadable, and the folder is not made again", () =>
    Effect.gen(function*() {
      const { adapter, filename, folder } = yield* opened
      rmSync(dirname(filename), { recursive: true })
      yield* seesNothing(adapter)
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.live("whose file was moved is unreadable, and goes on when it is back", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      renameSync(filename, `${filename}.moved`)
      yield* seesNothing(adapter)
      assert.isFalse(existsSync(filename))
      renameSync(`${filename}.moved`, filename)
      yield* save(adapter, "b", 1)
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "b"])
    }))

  it.live("whose file was replaced by a store of somebody else is unreadable, and does not touch that one", () =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const other = yield* stranger(folder)
      const before = filesIn(dirname(other))["sessions.db"]
      const filename = join(folder, "store", "sessions.db")
      yield* visit({ filename }, (adapter) =>
        Effect.gen(function*() {
          yield* save(adapter, "a", "ours")
          // The log of the store that was there must not be read into the one that comes.
          renameSync(filename, `${filename}.ours`)
          renameSync(`${filename}-wal`, `${filename}.ours-wal`)
          renameSync(`${filename}-shm`, `${filename}.ours-shm`)
          renameSync(other, filename)
          yield* seesNothing(adapter)
        }))
      assert.strictEqual(filesIn(dirname(filename))["sessions.db"], before)
      yield* visit(
        { filename },
        (adapter) =>
          Effect.map(stateOf(adapter, "a"), (state) => assert.deepStrictEqual(state, Option.some("a stranger's")))
      )
      const ours = `${filename}.ours`
      yield* visit(
        { filename: ours },
        (adapter) => Effect.map(stateOf(adapter, "a"), (state) => assert.deepStrictEqual(state, Option.some("ours")))
      )
    }))

  it.live("whose file was replaced by what is no store is unreadable, and leaves it there", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      renameSync(filename, `${filename}.ours`)
      writeFileSync(filename, "a text")
      yield* seesNothing(adapter)
      assert.strictEqual(filesIn(dirname(filename))["sessions.db"]?.split(" ")[0], "6")
    }))

  it.live("whose folder was moved is unreadable, and another one in its place is not filled", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      renameSync(dirname(filename), `${dirname(filename)}.moved`)
      mkdirSync(dirname(filename))
      yield* seesNothing(adapter)
      assert.deepStrictEqual(readdirSync(dirname(filename)), [])
    }))

  it.live("tells its watchers that they missed something, rather than nothing", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      const changes = yield* adapter.changes
      renameSync(filename, `${filename}.moved`)
      const told = yield* Effect.timeout(Stream.runCollect(Stream.take(changes, 1)), "5 seconds")
      assert.deepStrictEqual(told.map(({ _tag }) => _tag), ["Missed"])
    }))

  it.live("in which another program has put its own tables goes on with what is its own", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      inProcess(filename, `db.exec("CREATE TABLE other(a); INSERT INTO other VALUES(1)")`)
      yield* save(adapter, "b", 1)
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "b"])
    }))
})
