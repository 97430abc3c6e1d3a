import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { put } from "@holdfast/core/testing"
import { Effect, Exit, Fiber, Logger, Option, References, Scope, Stream } from "effect"
import { mkdirSync, renameSync, symlinkSync } from "node:fs"
import { join, relative } from "node:path"
import { acquireDatabase } from "../src/Database.ts"
import { open } from "./stores.ts"
import { answerOf, changeOf, idsOf, inProcess, place, save, stateOf } from "./verbs.ts"

const mode = { journal: "wal", locking: "normal", sharedBy: "host" } as const
const atOnce = { concurrency: "unbounded" } as const

/** A store under several names: relative, through a link to its folder, through a link to itself, and plain. */
const manyNames = Effect.gen(function*() {
  const { folder } = yield* place
  const filename = join(folder, "stores", "sessions.db")
  mkdirSync(join(folder, "stores"))
  symlinkSync(join(folder, "stores"), join(folder, "linked"))
  symlinkSync(filename, join(folder, "alias.db"))
  return {
    filename,
    names: [
      filename,
      relative(process.cwd(), filename),
      join(folder, "linked", "sessions.db"),
      join(folder, "stores", "..", "stores", "sessions.db"),
      join(folder, "alias.db")
    ]
  }
})

describe("instances over one file", () => {
  it.live("share a connection, whatever name each of them has for it", () =>
    Effect.gen(function*() {
      const { filename, names } = yield* manyNames
      const adapters = yield* Effect.forEach(names, (name) => open({ filename: name }))
      assert.deepStrictEqual(adapters.map(({ location }) => location), names.map(() => filename))
      yield* Effect.forEach(adapters, (adapter, index) => save(adapter, `${index}`, index), atOnce)
      for (const adapter of adapters) assert.deepStrictEqual(yield* idsOf(adapter), ["0", "1", "2", "3", "4"])
      const [one, two] = yield* Effect.all([1, 2].map(() => acquireDatabase({ path: filename, mode, mustExist: true })))
      assert.strictEqual(one, two)
    }))

  it.live("by a link that led nowhere when the first one opened it share it too", () =>
    Effect.gen(function*() {
      const { filename, names } = yield* manyNames
      const dangling = yield* open({ filename: names.at(-1)! })
      yield* save(dangling, "a", 1)
      const plain = yield* open({ filename })
      assert.strictEqual(dangling.location, plain.location)
      assert.deepStrictEqual(yield* idsOf(plain), ["a"])
    }))

  it.live("close one by one: the others go on, and one that is opened again sees all", () =>
    Effect.gen(function*() {
      const { filename, names } = yield* manyNames
      const scopes = yield* Effect.forEach(names, () => Scope.make())
      const adapters = yield* Effect.forEach(
        names,
        (name, index) => Scope.provide(open({ filename: name }), scopes[index]!)
      )
      for (const [index, scope] of scopes.entries()) {
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* answerOf(save(adapters[index]!, "late", 1)), "Closed")
        for (const adapter of adapters.slice(index + 1)) yield* save(adapter, `after ${index}`, 1)
      }
      assert.deepStrictEqual(yield* idsOf(yield* open({ filename })), [
        "after 0",
        "after 1",
        "after 2",
        "after 3"
      ])
    }))

  it.live("compare and set against each other: one of two writers that expect a version gets it", () =>
    Effect.gen(function*() {
      const { names } = yield* manyNames
      const adapters = yield* Effect.forEach(names, (filename) => open({ filename }))
      const { keys } = yield* save(adapters[0]!, "a", 0)
      const answers = yield* Effect.forEach(
        adapters,
        (adapter, index) => answerOf(adapter.commit(changeOf(put(makeKey("a"), index, { expect: keys[0]!.version })))),
        atOnce
      )
      assert.deepStrictEqual(answers.toSorted(), ["Conflict", "Conflict", "Conflict", "Conflict", "done"])
    }))
})

describe("a closed instance", () => {
  it.live("opens nothing again: its probe tells what it cannot try, and a late reader is told that it is closed", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const scope = yield* Scope.make()
      const adapter = yield* Scope.provide(open({ filename }), scope)
      yield* save(adapter, "a", 1)
      yield* Scope.close(scope, Exit.void)
      const { checks } = yield* adapter.probe
      assert.strictEqual(checks.find(({ name }) => name === "open")?.outcome, "fails")
      // The log is gone with the last connection, and somebody else may have the file to himself.
      inProcess(filename, "db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK')")
    }))
})

/** Lets another fiber run after every few operations; with fewer than three no fiber would get on. */
const interleaved = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, References.MaxOpsBeforeYield, 3)

describe("between any two steps", () => {
  it.live("no transaction is open: what somebody else reads then is committed", () =>
    interleaved(Effect.gen(function*() {
      const { filename } = yield* place
      const [one, two] = yield* Effect.all([open({ filename }), open({ filename })])
      const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
      let lookCount = 0
      const looking = Effect.gen(function*() {
        const { database: live } = yield* database.connection
        assert.isFalse(live.isTransaction)
        lookCount++
        yield* Effect.yieldNow
      })
      const watcher = yield* Effect.forkChild(Effect.forever(looking))
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, index) => index),
        (index) =>
          Effect.all([
            save(index % 2 === 0 ? one : two, `${index}`, index),
            Effect.result(one.commit(changeOf(put(makeKey("0"), 1, { expect: "absent" })))),
            Stream.runCollect(two.entries(makeKey("0"), {}))
          ], atOnce),
        { concurrency: 10 }
      )
      yield* Fiber.interrupt(watcher)
      assert.isAbove(lookCount, 20)
      assert.lengthOf(yield* idsOf(one), 60)
    })))

  it.live("the connection may go and come back: every call is answered, and none with what is no answer", () =>
    interleaved(Effect.gen(function*() {
      const { filename } = yield* place
      const [one, two] = yield* Effect.all([open({ filename }), open({ filename })])
      const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
      yield* save(one, "a", 0)
      const disturbing = yield* Effect.forkChild(
        Effect.forever(Effect.andThen(database.drop, Effect.sleep("1 millis")))
      )
      const answers = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, index) => index),
        (index) =>
          Effect.all([
            answerOf(save(one, `${index}`, index)),
            answerOf(two.load(makeKey("a"))),
            answerOf(idsOf(two))
          ]),
        { concurrency: 5 }
      )
      yield* Fiber.interrupt(disturbing)
      assert.deepStrictEqual([...new Set(answers.flat())], ["done"])
      assert.lengthOf(yield* idsOf(one), 101)
    })).pipe(Effect.provide(Logger.layer([]))))

  it.live("instances may be opened and closed: each has a connection, and no session is lost", () =>
    interleaved(Effect.gen(function*() {
      const { filename } = yield* place
      const answers = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, index) => `${index}`),
        (id) => Effect.scoped(Effect.flatMap(open({ filename }), (adapter) => answerOf(save(adapter, id, id)))),
        { concurrency: 6 }
      )
      assert.deepStrictEqual([...new Set(answers)], ["done"])
      assert.lengthOf(yield* idsOf(yield* open({ filename })), 60)
    })))
})

describe("a folder that was moved while its store was open", () => {
  it.live("can be opened at its new place, with all that was acknowledged", () =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const before = join(folder, "before", "sessions.db")
      const adapter = yield* open({ filename: before })
      yield* save(adapter, "a", 1)
      renameSync(join(folder, "before"), join(folder, "after"))
      const moved = yield* open({ filename: join(folder, "after", "sessions.db") })
      assert.deepStrictEqual(yield* stateOf(moved, "a"), Option.some(1))
      assert.strictEqual(yield* answerOf(save(adapter, "b", 1)), "DirectoryUnreadable")
      yield* save(moved, "c", 1)
      assert.deepStrictEqual(yield* idsOf(moved), ["a", "c"])
    }))
})
