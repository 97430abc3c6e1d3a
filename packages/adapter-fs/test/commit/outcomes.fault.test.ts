/** The outcome that a failure reports is true, also where cleaning up fails as well. */
import { assert, describe, it } from "@effect/vitest"
import type { Operation } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as path from "node:path"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  append,
  commit,
  contentOf,
  failureOf,
  faulty,
  open,
  type OpenOptions,
  place,
  put,
  quickFolder,
  sessionFiles,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const main = path.join("acct", "local_1.json")

const absent = Option.none()
const present = (state: unknown, ...entries: ReadonlyArray<unknown>) => Option.some({ state, entries })

interface Tried {
  readonly operations: ReadonlyArray<Operation>
  readonly options: OpenOptions
}

/** Does something on a file system that fails by rules, and tells its failure and what is there after a restart. */
const afterFault = Effect.fnUntraced(function*(
  folder: string,
  rules: ReadonlyArray<FaultRule>,
  { operations, options }: Tried
) {
  const failure = yield* visit(folder, (adapter) => failureOf(commit(adapter, ...operations)), {
    ...options,
    fileSystem: faulty(rules)
  })
  const content = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
  return { failure, content }
})

/** Makes a session, and tells the failure of what the same process does to it when the rules apply. */
const failureInUse = Effect.fnUntraced(function*(
  folder: string,
  rules: ReadonlyArray<FaultRule>,
  { operations, options }: Tried
) {
  const applying: Array<FaultRule> = []
  const adapter = yield* open(folder, { ...options, fileSystem: faulty(applying) })
  yield* commit(adapter, put(key, 0), append(key, ["a"]))
  applying.push(...rules)
  return yield* failureOf(commit(adapter, ...operations))
}, Effect.scoped)

const once = (call: number) => call === 1

describe("rename", () => {
  const options: OpenOptions = { commit: "rename" }

  it.live("does not know the outcome of a first save whose whole temp file it cannot remove", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: ReadonlyArray<FaultRule> = [{
        operation: ["sync", "remove"],
        path: /\.json\.\w+\.tmp$/,
        code: "EIO"
      }]
      const { failure } = yield* afterFault(folder, rules, { operations: [put(key, 1)], options })
      assert.deepStrictEqual(failure, ["Io", "unknown"])
    }))

  it.live("does not know the outcome of a rename when neither name can be looked at", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: ReadonlyArray<FaultRule> = [
        { operation: "rename", path: /local_1/, code: "EIO", afterwards: true },
        // The first read looks for the session, the second for what the rename did.
        { operation: "open", flags: ["r"], path: /local_1\.json$/, code: "EIO", calls: (call) => call === 2 }
      ]
      const { content, failure } = yield* afterFault(folder, rules, { operations: [put(key, 1)], options })
      assert.deepStrictEqual(content, present(1))
      assert.deepStrictEqual(failure, ["Io", "unknown"])
    }))

  it.live("acknowledges a rename that was reported as failed and was done", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
      const rules: ReadonlyArray<FaultRule> = [{ operation: "rename", path: /local_1/, code: "EIO", afterwards: true }]
      const receipt = yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), {
        ...options,
        fileSystem: faulty(rules)
      })
      assert.deepStrictEqual([receipt.protocol, receipt.attempts], ["rename", 1])
      assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key), options), present(1))
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), ["acct/", main])
    }))

  it.live("does not know the outcome when the new name may not be durable", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
      for (const operation of ["open", "sync"] as const) {
        // The first sync of the folder is that of its name in its parent's.
        const rules: ReadonlyArray<FaultRule> = [{ operation, path: /acct$/, code: "EIO" }]
        const { content, failure } = yield* afterFault(folder, rules, { operations: [put(key, operation)], options })
        assert.deepStrictEqual(failure, ["Io", "unknown"])
        assert.deepStrictEqual(content, present(operation))
      }
    }))
})

describe("slots", () => {
  const options: OpenOptions = { commit: "slots" }

  for (const nth of [1, 2]) {
    it.live(`applies nothing of a first save when the folder cannot be opened after slot ${nth}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const rules: ReadonlyArray<FaultRule> = [{
          operation: "open",
          flags: ["r"],
          path: /acct$/,
          code: "EIO",
          calls: (call) => call === nth
        }]
        const { content, failure } = yield* afterFault(folder, rules, { operations: [put(key, 1)], options })
        assert.deepStrictEqual([failure, content], [["Io", "notApplied"], absent])
      }))
  }

  it.live("does not know the outcome of a first save when the folder cannot be opened and nothing removed", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: ReadonlyArray<FaultRule> = [
        { operation: "open", flags: ["r"], path: /acct$/, code: "EIO" },
        { operation: "remove", path: /local_1/, code: "EIO" }
      ]
      const { content, failure } = yield* afterFault(folder, rules, { operations: [put(key, 1)], options })
      assert.deepStrictEqual([failure, content], [["Io", "unknown"], present(1)])
    }))

  it.live("keeps the whole second name of a first save when the main name is cut off and cannot be removed", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: ReadonlyArray<FaultRule> = [
        { operation: "write", path: /local_1\.json$/, code: "ENOSPC", bytesBefore: 60 },
        { operation: "remove", path: /local_1\.json$/, code: "EIO" }
      ]
      const { content, failure } = yield* afterFault(folder, rules, { operations: [put(key, 1)], options })
      assert.deepStrictEqual([failure, content], [["NoSpace", "unknown"], present(1)])
    }))

  it.live("applies nothing of a save that is cut off", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
      for (const bytesBefore of [0, 1, 300]) {
        const rules: ReadonlyArray<FaultRule> = [{
          operation: "write",
          path: /local_1\.alt\.json$/,
          code: "ENOSPC",
          bytesBefore
        }]
        const { content, failure } = yield* afterFault(folder, rules, {
          operations: [put(key, "x".repeat(1000))],
          options
        })
        assert.deepStrictEqual([failure, content], [["NoSpace", "notApplied"], present(0)])
      }
    }))
})

// NFS reports an earlier write's failure by a later write, whose bytes are in the file all the same.
const lateFailure = (file: RegExp): FaultRule => ({ operation: "write", path: file, code: "EIO", afterwards: true })

describe("a write that fails although its bytes are in the file", () => {
  for (const protocol of ["rename", "slots"] as const) {
    const options: OpenOptions = { commit: protocol }

    it.live(`is not applied: a save with ${protocol}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const failure = yield* failureInUse(folder, [lateFailure(/local_1/)], { operations: [put(key, 1)], options })
        assert.deepStrictEqual(failure, ["Io", "notApplied"])
        assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key), options), present(0, "a"))
      }))

    it.live(`is not applied: an append with ${protocol}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const failure = yield* failureInUse(folder, [lateFailure(/entries/)], {
          operations: [append(key, ["b"])],
          options
        })
        assert.deepStrictEqual(failure, ["Io", "notApplied"])
        assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key), options), present(0, "a"))
      }))
  }

  it.live("has an unknown outcome when the bytes cannot be taken back", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const options: OpenOptions = { commit: "slots" }
      const cutting: FaultRule = { operation: "truncate", path: /local_1/, code: "EIO", calls: (call) => call > 1 }
      const failure = yield* failureInUse(folder, [lateFailure(/local_1/), cutting], {
        operations: [put(key, 1)],
        options
      })
      assert.deepStrictEqual(failure, ["Io", "unknown"])
      assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key), options), present(1, "a"))
    }))
})

describe("a log", () => {
  for (const protocol of ["rename", "slots"] as const) {
    const options: OpenOptions = { commit: protocol }

    it.live(`takes back a first entry whose name cannot be made durable, with ${protocol}`, () =>
      Effect.gen(function*() {
        for (const operation of ["open", "sync"] as const) {
          const folder = yield* quickFolder
          yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
          // A writer that has synced neither the head nor its folder does so first.
          const rules: ReadonlyArray<FaultRule> = [{
            operation,
            path: /acct$/,
            code: "EIO",
            calls: (call) => call === 2
          }]
          const { content, failure } = yield* afterFault(folder, rules, { operations: [append(key, ["a"])], options })
          assert.deepStrictEqual([failure, content], [["Io", "notApplied"], present(0)], operation)
        }
      }))

    it.live(`does not know whether a first entry is there whose name is not durable and stays, with ${protocol}`, () =>
      Effect.gen(function*() {
        for (const operation of ["open", "sync"] as const) {
          const folder = yield* quickFolder
          yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
          const rules: ReadonlyArray<FaultRule> = [
            { operation, path: /acct$/, code: "EIO", calls: (call) => call === 2 },
            { operation: "remove", path: /entries/, code: "EIO" }
          ]
          const { content, failure } = yield* afterFault(folder, rules, { operations: [append(key, ["a"])], options })
          assert.deepStrictEqual([failure, content], [["Io", "unknown"], present(0, "a")], operation)
        }
      }))

    it.live(`leaves a file alone that has a new log's name and cannot be looked at, with ${protocol}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) => commit(adapter, put(key, 0)), options)
        const rules: Array<FaultRule> = []
        const adapter = yield* open(folder, { ...options, fileSystem: faulty(rules) })
        // Another process makes the log after this one has looked for it.
        rules.push(
          { operation: "stat", path: /entries/, code: "EIO" },
          { operation: "open", flags: ["r"], path: /entries/, code: "ENOENT", calls: once }
        )
        place(folder, "acct/local_1.entries.jsonl", "somebody else's\n")
        assert.deepStrictEqual((yield* failureOf(commit(adapter, append(key, ["a"]))))[1], "notApplied")
        assert.strictEqual(sessionFiles(folder)["acct/local_1.entries.jsonl"], "somebody else's\n")
      }))
  }
})
