/** A catalog is kept beside the calls: none of them waits for it or fails by it, and it takes no more room than it needs. */
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, type FileSystem, Option, Path, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { decodeRow } from "../../src/catalog/row.ts"
import { forget } from "../../src/catalog/upkeep.ts"
import { targetOf } from "../../src/commit/Place.ts"
import { uncontained } from "../../src/io/errno.ts"
import { ExactStat, type LookExactly } from "../../src/io/exactStat.ts"
import { IoFailure, makeIo } from "../../src/io/Io.ts"
import { openStore } from "../../src/openStore.ts"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import { commit, faulty, list, listed, open, openClosable, put, quickFolder, realFileSystem, visit } from "../kit.ts"
import { catalogOf, inOldTimes, linesOf, openAged, shown, visitAged } from "./aged.ts"

const one = { namespace: ["acct"], id: "one" }
const two = { namespace: ["acct"], id: "two" }

const inCatalog = /\.holdfast\/catalog/

/** Opens a store down to its catalog. */
const opened = (directory: string, fileSystem: FileSystem.FileSystem = realFileSystem) =>
  Effect.gen(function*() {
    const platformed = { io: makeIo(fileSystem, "refused"), path: yield* Path.Path }
    return yield* openStore(
      platformed,
      { directory, mustExist: true, commit: "auto", compareAndSet: "process", environment: uncontained("linux") },
      undefined
    )
  }).pipe(Effect.provide(NodePath.layer))

describe("a store that saved many sessions and is closed", () => {
  it.live("leaves a row of each that has rested", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const keys = Array.from({ length: 100 }, (_, n) => ({ namespace: ["acct"], id: `s${n}` }))
      yield* inOldTimes(visit(folder, (adapter) => Effect.forEach(keys, (key) => commit(adapter, put(key, 1)))))
      const rows = linesOf(folder, "acct").flatMap((line) => Option.toArray(decodeRow(line)))
      const told = new Set(rows.flatMap((row) => row._tag === "Session" && Option.isSome(row.head) ? [row.stem] : []))
      assert.strictEqual(told.size, keys.length)
      const { fileSystem, opened } = shown()
      const found = yield* inOldTimes(visit(folder, (adapter) => listed(adapter), { fileSystem }))
      assert.strictEqual(found.length, keys.length)
      assert.deepStrictEqual(opened, [])
    }))
})

/** Where files can be renamed, and where not. */
const ways: ReadonlyArray<ReadonlyArray<FaultRule>> = [[], [{ operation: "rename", path: inCatalog, code: "EXDEV" }]]

const failing: LookExactly = (file) =>
  Effect.fail(new IoFailure({ code: "EIO", errno: -5, syscall: "lstat", path: file, cause: undefined }))

const lost: LookExactly = () => Effect.succeedNone

describe("a catalog that cannot be written", () => {
  const faults: ReadonlyArray<readonly [what: string, rule: FaultRule]> = [
    ["no folder can be made", { operation: "makeDirectory", path: inCatalog, code: "ENOSPC" }],
    ["no file can be opened", { operation: "open", path: inCatalog, code: "EACCES" }],
    ["no byte can be written", { operation: "write", path: inCatalog, code: "ENOSPC", bytesBefore: 20 }],
    ["no file can be read", { operation: ["read", "readFile"], path: inCatalog, code: "EIO" }]
  ]
  for (const [what, rule] of faults) {
    it.live(`fails no call: ${what}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        for (const round of [1, 2]) {
          yield* visitAged(folder, (adapter) =>
            Effect.gen(function*() {
              yield* commit(adapter, put(one, round))
              yield* commit(adapter, put(two, round))
              assert.deepStrictEqual(yield* listed(adapter), ["one", "two"])
            }), { fileSystem: faulty([rule]) })
        }
        assert.deepStrictEqual(yield* visitAged(folder, listed), ["one", "two"])
      }))
  }

  it.live("does not hold up closing for more than a moment when its disk hangs", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const fileSystem = interceptFileSystem(realFileSystem, (call, effect) =>
        inCatalog.test(call.path) ? Effect.never : effect)
      const { adapter, close } = yield* openClosable(folder, { fileSystem })
      yield* commit(adapter, put(one, 1))
      const [spent] = yield* Effect.timed(close)
      assert.isTrue(Duration.isLessThan(spent, Duration.seconds(5)))
      assert.deepStrictEqual(yield* visit(folder, listed), ["one"])
    }), 10_000)

  it.live("is not written where files cannot be looked at exactly", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* Effect.provideService(
        visit(folder, (adapter) => Effect.andThen(commit(adapter, put(one, 1)), list(adapter))),
        ExactStat,
        failing
      )
      assert.deepStrictEqual(yield* Effect.provideService(visit(folder, listed), ExactStat, failing), ["one"])
      assert.deepStrictEqual(yield* Effect.provideService(visit(folder, listed), ExactStat, lost), ["one"])
      assert.deepStrictEqual(yield* Effect.provideService(visit(folder, listed), ExactStat, lost), ["one"])
    }))
})

describe("a commit and a listing", () => {
  it.live("write nothing to a catalog before they answer", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { catalog, fileSystem } = shown()
      const adapter = yield* open(folder, { fileSystem })
      yield* commit(adapter, put(one, 1))
      yield* list(adapter)
      const looks = ["read", "stat"]
      assert.deepStrictEqual(catalog.filter(({ flag, operation }) => !looks.includes(operation) && flag !== "r"), [])
    }))
})

describe("a store that is gone", () => {
  it.live("gets no catalog, and is not made again", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { adapter, close } = yield* openClosable(folder)
      yield* commit(adapter, put(one, 1))
      fs.renameSync(folder, `${folder}-away`)
      yield* close
      assert.isFalse(fs.existsSync(folder))
      assert.isFalse(fs.existsSync(path.join(`${folder}-away`, ".holdfast", "catalog")))
      fs.renameSync(`${folder}-away`, folder)
    }))
})

describe("a store in whose place another one is", () => {
  it.live("gets no line of a catalog", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { adapter, close } = yield* openClosable(folder)
      yield* commit(adapter, put(one, 1))
      const marker = path.join(folder, ".holdfast", "store.json")
      fs.writeFileSync(
        marker,
        fs.readFileSync(marker, "utf8").replace(/.(?="\})/, (digit) => digit === "0" ? "1" : "0")
      )
      yield* close
      assert.isFalse(fs.existsSync(path.join(folder, ".holdfast", "catalog")))
    }))
})

describe("facts that another process left", () => {
  it.live("are synced before a row tells them, and own ones are not synced again", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visitAged(folder, (adapter) => commit(adapter, put(one, 1)))
      fs.rmSync(catalogOf(folder, "acct"))
      const order: Array<string> = []
      const fileSystem = interceptFileSystem(realFileSystem, (call, effect) =>
        Effect.suspend(() => {
          const isRow = call.operation === "write" && inCatalog.test(call.path) && call.bytes! > 1
          if (isRow || call.operation === "sync") order.push(`${call.operation} ${path.basename(call.path)}`)
          return effect
        }))
      yield* visitAged(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(two, 1))
          yield* list(adapter)
          order.length = 0
        }), { fileSystem })
      assert.deepStrictEqual(order, [
        "write heads.jsonl",
        "sync one.json",
        "sync acct",
        "write heads.jsonl"
      ])
    }))
})

describe("a catalog's file", () => {
  it.live("is written again when most of its lines are dead", () =>
    Effect.gen(function*() {
      for (const rules of ways) {
        const folder = yield* quickFolder
        yield* visitAged(folder, (adapter) => commit(adapter, put(one, 1)))
        const [line] = linesOf(folder, "acct")
        fs.appendFileSync(catalogOf(folder, "acct"), `${line}\n`.repeat(1100))
        yield* visitAged(folder, (adapter) => commit(adapter, put(two, 1)), { fileSystem: faulty(rules) })
        assert.isBelow(linesOf(folder, "acct").length, 6)
        assert.deepStrictEqual(fs.readdirSync(path.dirname(catalogOf(folder, "acct"))), ["heads.jsonl"])
        assert.deepStrictEqual(yield* visitAged(folder, listed), ["one", "two"])
      }
    }))

  it.live("keeps what it says while the disk is too full to write it again", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visitAged(folder, (adapter) => commit(adapter, put(one, 1)))
      const [line] = linesOf(folder, "acct")
      fs.appendFileSync(catalogOf(folder, "acct"), `${line}\n`.repeat(1100))
      const before = linesOf(folder, "acct")
      // The few bytes of a line still fit, a whole file does not.
      const full: ReadonlyArray<FaultRule> = [
        { operation: "write", path: /heads\.jsonl\.tmp$/, code: "ENOSPC", bytesBefore: 10 },
        { operation: "write", path: /heads\.jsonl$/, code: "ENOSPC", bytesBefore: 10, calls: (call) => call > 2 }
      ]
      yield* inOldTimes(visit(folder, (adapter) => commit(adapter, put(two, 1)), { fileSystem: faulty(full) }))
      assert.deepStrictEqual(linesOf(folder, "acct").slice(0, before.length), before)
    }))

  it.live("goes on after a line that a dead writer left unfinished", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visitAged(folder, (adapter) => commit(adapter, put(one, 1)))
      fs.appendFileSync(catalogOf(folder, "acct"), "{\"catalog\":1,\"stem\":\"tw")
      yield* visitAged(folder, (adapter) => commit(adapter, put(two, 1)))
      const { fileSystem, opened: files } = shown()
      const adapter = yield* openAged(folder, { fileSystem })
      files.length = 0
      assert.deepStrictEqual(yield* listed(adapter), ["one", "two"])
      assert.deepStrictEqual(files, [])
    }))
})

const forgetting = (folder: string, fileSystem?: FileSystem.FileSystem): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.flatMap(opened(folder, fileSystem), ({ catalog, place }) => forget(catalog, targetOf(place, one)))

const textOf = (folder: string) =>
  fs.readdirSync(path.dirname(catalogOf(folder, "acct"))).map((name) =>
    fs.readFileSync(path.join(path.dirname(catalogOf(folder, "acct")), name), "latin1")
  ).join("")

describe("a session that is forgotten", () => {
  const summary = { summary: "{\"title\":\"secret\"}" }
  const filled = Effect.gen(function*() {
    const folder = yield* quickFolder
    for (const state of [1, 2]) {
      yield* visitAged(
        folder,
        (adapter) => Effect.andThen(commit(adapter, put(one, state, summary)), commit(adapter, put(two, state)))
      )
    }
    return folder
  })
  it.live("is in no line of the catalog's folder, and the others are as before", () =>
    Effect.gen(function*() {
      for (const rules of ways) {
        const folder = yield* filled
        fs.writeFileSync(`${catalogOf(folder, "acct")}.tmp`, linesOf(folder, "acct")[0]!)
        assert.include(textOf(folder), "secret")
        yield* Effect.scoped(inOldTimes(forgetting(folder, faulty(rules))))
        assert.notInclude(textOf(folder), "secret")
        assert.notInclude(textOf(folder), "\"one\"")
        assert.include(textOf(folder), "\"two\"")
      }
    }))

  it.live("is said not to be forgotten while the catalog cannot be written", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const rules: ReadonlyArray<FaultRule> = [{ operation: ["open", "rename"], path: inCatalog, code: "EACCES" }]
      const failure = yield* Effect.option(Effect.flip(Effect.scoped(forgetting(folder, faulty(rules)))))
      assert.isTrue(Option.isSome(failure))
      assert.include(textOf(folder), "secret")
    }))

  it.live("needs no catalog", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      fs.renameSync(catalogOf(folder, "acct"), `${catalogOf(folder, "acct")}.tmp`)
      yield* Effect.scoped(forgetting(folder))
      assert.strictEqual(textOf(folder), "")
      fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true })
      yield* Effect.scoped(forgetting(folder))
      assert.isFalse(fs.existsSync(catalogOf(folder, "acct")))
    }))
})
