/** The store-level record in a store of files: where it lies, what it costs, and what a damaged one says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import type { FaultyFileSystem } from "../../src/testing/index.ts"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import {
  commit,
  failureOf,
  faulty,
  findings,
  listed,
  open,
  openClosable,
  put,
  quickFolder,
  realFileSystem,
  recorded,
  stateOf,
  treeOf,
  visit
} from "../kit.ts"
import { copying, current, key, markersOf, retired, saved, setRole, textOf } from "./roles.ts"

const readRole = (folder: string) => visit(folder, (adapter) => adapter.role.read)

/** A store whose record was set twice. */
const retiredStore = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, "before"))
      yield* setRole(adapter, undefined, copying)
      yield* setRole(adapter, copying, retired)
    }))
  return folder
})

describe("a store that was never switched", () => {
  it.live("has the marker that stores had before there were records, and no other file", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => Effect.andThen(commit(adapter, put(key, 1)), adapter.role.read))
      assert.match(textOf(markersOf(folder).main), /^\{"holdfast":1,"storeId":"[0-9a-f]{20}"\}\n$/)
      assert.isFalse(fs.existsSync(markersOf(folder).copy))
    }))

  it.live("looks at its marker once for a commit, and opens neither name of it", () =>
    Effect.gen(function*() {
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(yield* quickFolder, { fileSystem })
      for (const role of [undefined, current]) {
        if (role !== undefined) yield* setRole(adapter, undefined, role)
        yield* commit(adapter, put(key, 1))
        calls.length = 0
        yield* commit(adapter, put(key, 2))
        const ofMarker = calls.filter(({ path }) => /\.holdfast\/store/.test(path)).map(({ operation }) => operation)
        assert.deepStrictEqual(ofMarker, ["stat"])
      }
    }))
})

describe("a store with a record", () => {
  it.live("shows it as nothing but the record: no finding, no session, no other store", () =>
    Effect.gen(function*() {
      const folder = yield* retiredStore
      const { adapter } = yield* openClosable(folder)
      assert.deepStrictEqual(yield* findings(adapter, "apply"), [])
      assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
      assert.strictEqual(yield* stateOf(adapter, key), "before")
      const files = Object.keys(treeOf(folder)).filter((name) => name.startsWith(".holdfast/store"))
      assert.deepStrictEqual(files, [".holdfast/store.alt.json", ".holdfast/store.json"])
      for (const file of Object.values(markersOf(folder))) {
        assert.strictEqual((fs.statSync(file).mode & 0o777).toString(8), "600")
      }
    }))

  it.live("is known by another adapter of this process at once, however coarse the disk's clock is", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      // A clock that stands still, and files whose numbers never change.
      const fileSystem = {
        ...realFileSystem,
        stat: (path: string) =>
          Effect.map(realFileSystem.stat(path), (info) => ({ ...info, mtime: Option.some(new Date(0)) }))
      }
      const [one, two] = [yield* open(folder, { fileSystem }), yield* open(folder, { fileSystem })]
      let before = undefined
      for (const next of [copying, retired, current, retired, copying]) {
        yield* setRole(one, before, next)
        const isRetired = next.state === "retired"
        assert.deepStrictEqual(yield* saved(two), isRetired ? ["Unavailable", "notApplied"] : "saved")
        before = next
      }
    }))

  it.live("keeps it where only one of the two names is whole", () =>
    Effect.gen(function*() {
      const folder = yield* retiredStore
      const { copy, main } = markersOf(folder)
      const whole = textOf(main)
      for (const [name, other] of [[main, copy], [copy, main]] as const) {
        for (let length = 0; length < whole.length; length += 7) {
          fs.writeFileSync(name, whole.slice(0, length))
          assert.deepStrictEqual(yield* readRole(folder), Option.some(retired), `${name} with ${length} bytes`)
        }
        assert.deepStrictEqual(yield* visit(folder, saved), ["Unavailable", "notApplied"])
        // Whoever goes on writes the whole one again before he touches the other one.
        yield* visit(folder, (adapter) => setRole(adapter, retired, current))
        yield* visit(folder, (adapter) => setRole(adapter, current, retired))
        assert.strictEqual(textOf(name), textOf(other))
        fs.writeFileSync(other, whole)
        fs.writeFileSync(name, whole)
      }
    }), 60_000)

  it.live(
    "is Corrupt where neither name can be read, for who reads it and who commits, and shows its sessions",
    () =>
      Effect.gen(function*() {
        const folder = yield* retiredStore
        const { copy, main } = markersOf(folder)
        const whole = textOf(main)
        const bare = textOf(main).replace(/,"role".*/s, "}\n")
        const { adapter } = yield* openClosable(folder)
        const damages: ReadonlyArray<readonly [string, string]> = [
          [whole.slice(0, -1), whole.slice(0, 90)],
          [whole.replace("retired", "copying"), whole.replace("retired", "current")],
          [whole.slice(0, 60), ""],
          // The second name proves that there was a record.
          [bare, whole]
        ]
        for (const [first, second] of damages) {
          fs.writeFileSync(main, first)
          fs.writeFileSync(copy, second)
          assert.deepStrictEqual(yield* failureOf(adapter.role.read), ["Corrupt", "notApplied"])
          assert.deepStrictEqual(yield* saved(adapter), ["Corrupt", "notApplied"])
          const set = adapter.role.compareAndSet(Option.none(), current)
          assert.deepStrictEqual(yield* failureOf(set), ["Corrupt", "notApplied"])
          assert.strictEqual(yield* stateOf(adapter, key), "before")
          assert.deepStrictEqual(yield* failureOf(readRole(folder)), ["Corrupt", "notApplied"], "opened again")
          assert.deepStrictEqual(yield* visit(folder, saved), ["Corrupt", "notApplied"], "opened again")
          assert.deepStrictEqual([textOf(main), textOf(copy)], [first, second])
        }
      }),
    60_000
  )

  it.live("is found again where its main name is gone when the store is opened", () =>
    Effect.gen(function*() {
      const folder = yield* retiredStore
      fs.rmSync(markersOf(folder).main)
      assert.deepStrictEqual(yield* readRole(folder), Option.some(retired))
      assert.deepStrictEqual(yield* visit(folder, saved), ["Unavailable", "notApplied"])
    }))

  it.live("is set where nothing can be renamed, and says what it met where nothing can be written", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => setRole(adapter, undefined, copying), {
        fileSystem: faulty([{ operation: "rename", code: "EXDEV" }])
      })
      assert.deepStrictEqual(yield* readRole(folder), Option.some(copying))
      const rules: Array<FaultyFileSystem.FaultRule> = []
      const { adapter } = yield* openClosable(folder, { fileSystem: faulty(rules) })
      for (const name of [/store\.alt\.json$/, /store\.json$/]) {
        assert.deepStrictEqual(yield* adapter.role.read, Option.some(copying))
        rules.push({ operation: "write", path: name, code: "EROFS" })
        const refused = yield* Effect.flip(adapter.role.compareAndSet(Option.some(copying), retired))
        assert.deepStrictEqual(refused.reason._tag, "ReadOnly")
        rules.length = 0
        if (refused.outcome === "notApplied") assert.deepStrictEqual(yield* readRole(folder), Option.some(copying))
      }
      // The second name was whole when the main one was cut short: it counts.
      assert.deepStrictEqual(yield* readRole(folder), Option.some(retired))
    }))
})

describe("setting a record", () => {
  it.effect("gives up on a commit that hangs, and keeps nobody from writing then", () =>
    Effect.gen(function*() {
      const reached = yield* Latch.make()
      const released = yield* Latch.make()
      const fileSystem = interceptFileSystem(realFileSystem, (call, effect) =>
        call.operation === "sync" && /slow\.json/.test(call.path)
          ? Effect.andThen(reached.open, Effect.andThen(released.await, effect))
          : effect)
      const folder = yield* quickFolder
      const adapter = yield* open(folder, { fileSystem, compareAndSet: "process" })
      const slow = yield* Effect.forkChild(commit(adapter, put({ namespace: [], id: "slow" }, 1)))
      yield* reached.await
      const setting = yield* Effect.forkChild(failureOf(adapter.role.compareAndSet(Option.none(), retired)), {
        startImmediately: true
      })
      const behind = yield* Effect.forkChild(commit(adapter, put(key, 1)), { startImmediately: true })
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(behind.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(setting), ["Busy", "notApplied"])
      yield* Effect.exit(Fiber.join(behind))
      yield* commit(adapter, put(key, 2))
      yield* released.open
      yield* Fiber.join(slow)
      assert.deepStrictEqual(yield* adapter.role.read, Option.none())
    }))
})
