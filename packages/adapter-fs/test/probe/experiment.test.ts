/** The experiments: what they see, what they touch, what they leave and what they cost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { makeIo } from "../../src/io/Io.ts"
import { probeFacts } from "../../src/probe/experiment.ts"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { faulty, quickFolder, realFileSystem, recorded, treeOf } from "../kit.ts"
import { nodePath } from "./facts.ts"

const doorOf = (fileSystem: typeof realFileSystem) => ({ io: makeIo(fileSystem, "refused"), path: nodePath })

describe("an experiment", () => {
  it.live("sees that a listing lacks a file that was made", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const partial = { ...realFileSystem, readDirectory: () => Effect.succeed(["another.json"]) }
      const { tried } = yield* probeFacts(doorOf(partial), folder)
      assert.deepStrictEqual([tried.list.outcome, tried.listNew.outcome], ["works", "fails"])
    }))

  it.live("tells a name that is taken from one that is said to be and is not", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const taken: FaultRule = { operation: "open", flags: ["wx"], code: "EEXIST" }
      const seen = yield* Effect.forEach([taken, { ...taken, afterwards: true }], (rule) =>
        probeFacts(doorOf(faulty([rule])), folder))
      assert.deepStrictEqual(
        seen.map(({ isCreateContradicted }) =>
          isCreateContradicted
        ),
        [true, false]
      )
      assert.deepStrictEqual(seen.map(({ tried }) => tried.create.detail), ["EEXIST", "EEXIST"])
    }))

  it.live("sees that a renamed file is another one", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      let number = 0
      const renumbering: typeof realFileSystem = {
        ...realFileSystem,
        stat: (file) =>
          Effect.map(realFileSystem.stat(file), (info) => ({ ...info, ino: Option.some(BigInt(++number)) }))
      }
      const { tried } = yield* probeFacts(doorOf(renumbering), folder)
      assert.deepStrictEqual(tried.keepIdentity, { outcome: "fails", detail: "the file's number changed" })
    }))

  it.live("does not take files for refused that somebody clears away meanwhile", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const clearing: typeof realFileSystem = {
        ...realFileSystem,
        realPath: (file) => Effect.tap(realFileSystem.realPath(file), () => Effect.sync(() => fs.rmSync(file)))
      }
      const { tried } = yield* probeFacts(doorOf(clearing), folder)
      assert.deepStrictEqual([tried.rename.outcome, tried.renameOver.outcome], ["notTried", "works"])
      assert.deepStrictEqual(treeOf(folder), {})
    }))

  it.live("touches files of its own alone and leaves none, whichever of its calls fails", () =>
    Effect.gen(function*() {
      const operations = ["open", "write", "sync", "stat", "readDirectory", "rename", "link", "realPath"] as const
      const failing = operations.flatMap((operation) =>
        [1, 2, 3, 4, 5].flatMap((nth): ReadonlyArray<FaultRule> => {
          const rule: FaultRule = { operation, code: "EIO", calls: (call) => call === nth }
          return [rule, { ...rule, afterwards: true }]
        })
      )
      for (const rule of failing) {
        const folder = yield* quickFolder
        fs.writeFileSync(path.join(folder, "mine.json"), "mine")
        const { calls, fileSystem } = recorded()
        yield* probeFacts(doorOf(faulty([rule], fileSystem)), folder)
        assert.deepStrictEqual(treeOf(folder), { "mine.json": "mine" }, JSON.stringify(rule))
        for (const call of calls) assert.isTrue(call.path === folder || /-probe-/.test(call.path), call.path)
      }
    }))

  it.live("leaves nothing when it is interrupted in the midst", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const hanging = { ...realFileSystem, readDirectory: () => Effect.never }
      const fiber = yield* Effect.forkChild(probeFacts(doorOf(hanging), folder))
      while (fs.readdirSync(folder).length === 0) yield* Effect.sleep("1 millis")
      yield* Effect.sleep("20 millis")
      assert.isNotEmpty(fs.readdirSync(folder))
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(treeOf(folder), {})
    }))

  it.live("costs two flushes and about twenty calls", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      yield* probeFacts(doorOf(fileSystem), folder)
      assert.strictEqual(calls.filter(({ operation }) => operation === "sync").length, 2)
      assert.isAtMost(calls.length, 19)
    }))
})
