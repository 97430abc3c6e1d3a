/** A receipt that says `flushed` is given after everything that it speaks of was synced, names included. */
import { assert, describe, it } from "@effect/vitest"
import type { Operation, SessionKey } from "@holdfast/core"
import { Effect, type FileSystem } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { FileCall } from "../../src/testing/intercept.ts"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import { append, commit, faulty, open, type OpenOptions, put, quickFolder, recorded, remove, visit } from "../kit.ts"
import { unsynced } from "./unsynced.ts"

const key = { namespace: ["acct", "org"], id: "local_1" }
const inRoot = { namespace: [], id: "Local 2" }
const deep: SessionKey = { namespace: ["a", "B", "c", "d"], id: "local_3" }

/** Every sort of acknowledged write, in an order in which each is a change. */
const writes: ReadonlyArray<readonly [what: string, operations: ReadonlyArray<Operation>]> = [
  ["a create in namespaces that are not there", [put(key, 1, { expect: "absent" })]],
  ["a save", [put(key, 2)]],
  ["a first append", [append(key, ["a"])]],
  ["an append", [append(key, ["b", "c"])]],
  ["a save with entries", [put(key, 3), append(key, ["d"])]],
  ["a save that expects", [put(key, 4, { expect: "present" })]],
  ["a create beside it", [put({ ...key, id: "local_4" }, 1)]],
  ["a create with entries below new folders", [put(deep, 1), append(deep, ["a"])]],
  ["a create in the root", [put(inRoot, 1)]],
  ["an append in the root", [append(inRoot, ["a"])]],
  ["a removal", [remove(key)]],
  ["a create after a removal", [put(key, 5), append(key, ["e"])]],
  ["a removal in the root", [remove(inRoot)]]
]

interface Options extends OpenOptions {
  /** Puts something between the adapter and the record. */
  readonly over?: ((below: FileSystem.FileSystem) => FileSystem.FileSystem) | undefined
}

/** What was not synced when each write was acknowledged, by one process or by one for each write. */
const unsyncedWrites = Effect.fnUntraced(
  function*({ over = (below) => below, ...options }: Options, processes: "one" | "each") {
    const folder = path.join(yield* quickFolder, "sessions")
    const found: Array<readonly [what: string, left: ReadonlyArray<string>]> = []
    const { calls, fileSystem } = recorded()
    const opened = { ...options, fileSystem: over(fileSystem) }
    const save = (adapter: Parameters<typeof commit>[0], [what, operations]: typeof writes[number]) =>
      Effect.map(commit(adapter, ...operations), ({ durability }) => {
        assert.strictEqual(durability, "flushed")
        found.push([what, unsynced(calls)])
      })
    if (processes === "one") {
      const adapter = yield* open(folder, opened)
      yield* Effect.forEach(writes, (write) => save(adapter, write))
    } else yield* Effect.forEach(writes, (write) => visit(folder, (adapter) => save(adapter, write), opened))
    return found
  }
)

const nothing: ReadonlyArray<readonly [what: string, left: ReadonlyArray<string>]> = writes.map(([what]) => [what, []])

// The removed name of a temp file or a probe may come back after a power cut, and is cleared up then.
const isVoid = (line: string) => /^names in \S+:( \S+\.tmp| \.holdfast-probe\S+)+$/.test(line)

const protocols: ReadonlyArray<readonly [name: string, options: OpenOptions]> = [
  ["rename", { commit: "rename" }],
  ["slots", { commit: "slots" }],
  ["auto", {}],
  ["auto where renames are refused", { fileSystem: faulty([{ operation: "rename", code: "EXDEV" }]) }]
]

describe("an acknowledged write", () => {
  for (const [name, { fileSystem, ...options }] of protocols) {
    const over: Options["over"] = fileSystem === undefined
      ? undefined
      : (below) => faulty([{ operation: "rename", path: /local|=/, code: "EXDEV" }], below)
    for (const processes of ["one", "each"] as const) {
      it.live(`leaves nothing to be synced with ${name}, ${processes === "one" ? "in one process" : "each in a process of its own"}`, () =>
        Effect.gen(function*() {
          const left = yield* unsyncedWrites({ ...options, over }, processes)
          assert.deepStrictEqual(
            left.map(([what, lines]) => [what, lines.filter((line) => !isVoid(line))] as const),
            nothing
          )
        }))
    }
  }

  it.live("that is repeated after a restart is synced before it is acknowledged again", () =>
    Effect.gen(function*() {
      for (const protocol of ["rename", "slots"] as const) {
        const folder = yield* quickFolder
        const sent = { writeId: "w", operations: [append(key, ["a"])] }
        yield* visit(folder, (adapter) => Effect.andThen(commit(adapter, put(key, 1)), adapter.commit(sent)), {
          commit: protocol
        })
        const { calls, fileSystem } = recorded()
        yield* visit(folder, (adapter) => adapter.commit({ ...sent, attempt: 2 }), { commit: protocol, fileSystem })
        const names = calls.filter(({ operation }) => operation === "sync").map((call) => path.basename(call.path))
        assert.includeMembers(names, ["local_1.entries.jsonl", "org"])
        assert.deepStrictEqual(unsynced(calls.filter((call) => call.path.includes("acct"))), [])
      }
    }))
})

/** A file system on which some syncs do nothing: the calls are answered and never made. */
const dropping = (drops: (call: FileCall) => boolean): NonNullable<Options["over"]> => (below) =>
  interceptFileSystem(
    below,
    (call, effect) => call.operation === "sync" && drops(call) ? Effect.void as unknown as typeof effect : effect
  )

const isFolder = ({ path: file }: FileCall) => fs.statSync(file).isDirectory()

const mutants: ReadonlyArray<readonly [what: string, drops: (call: FileCall) => boolean, flagged: RegExp]> = [
  ["folders", isFolder, /^names in org: /],
  ["the root", (call) => path.basename(call.path) === "sessions", /^names in sessions: /],
  ["folders above a session", (call) => path.basename(call.path) === "acct", /^names in acct: org/],
  ["files", (call) => !isFolder(call), /^bytes of local_1/],
  ["heads", (call) => /local_1\.(alt\.)?json/.test(call.path), /^bytes of local_1\./],
  ["logs", (call) => call.path.includes("entries"), /^bytes of local_1\.entries\.jsonl/]
]

describe("the check of what was synced", () => {
  for (const [what, drops, flagged] of mutants) {
    for (const protocol of ["rename", "slots"] as const) {
      it.live(`flags an adapter that does not sync ${what}, with ${protocol}`, () =>
        Effect.gen(function*() {
          const left = yield* unsyncedWrites({ commit: protocol, over: dropping(drops) }, "one")
          assert.isTrue(left.some(([, lines]) => lines.some((line) => flagged.test(line))), JSON.stringify(left))
        }))
    }
  }
})
