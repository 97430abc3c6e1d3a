/** Lock files hold nothing: what a crash or another program leaves in their place breaks no lock and no store. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { hostLockCount, openHostLocks } from "../../src/io/hostLocks.ts"
import { hostLockFile, presenceFile, storeFolder } from "../../src/layout/files.ts"
import { append, commit, contentOf, findings, open, put, quickFolder, visit } from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

const lockFiles = (folder: string) =>
  Array.from({ length: hostLockCount }, (_, index) => path.join(folder, storeFolder, hostLockFile(index)))

/** A store whose process is gone, with these bytes in the place of its lock files. */
const storeWith = Effect.fnUntraced(function*(bytes: string, files: (folder: string) => ReadonlyArray<string>) {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) => commit(adapter, put(key, 1)))
  for (const file of files(folder)) fs.writeFileSync(file, bytes)
  return folder
})

describe("lock files that a crash left empty", () => {
  it.live("let one in at a time", () =>
    Effect.gen(function*() {
      const folder = yield* storeWith("", lockFiles)
      const opened = openHostLocks((index) => lockFiles(folder)[index]!, Effect.void)
      const parties = [Option.getOrThrow(yield* opened), Option.getOrThrow(yield* opened)]
      let inside = 0
      let most = 0
      const work = Effect.gen(function*() {
        inside += 1
        most = Math.max(most, inside)
        yield* Effect.sleep(1)
        inside -= 1
      })
      yield* Effect.all(
        parties.map(({ lock }) => Effect.forEach(Array.from({ length: 10 }), () => lock("a")(work))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 1)
      const adapter = yield* open(folder)
      assert.strictEqual(adapter.capability.compareAndSet, "host")
      yield* commit(adapter, append(key, ["a"]))
    }))
})

describe("lock files that are no databases", () => {
  it.live("are no locks: the store keeps writers apart within its process, says so, and loses nothing", () =>
    Effect.gen(function*() {
      const folder = yield* storeWith("x".repeat(5000), lockFiles)
      const adapter = yield* open(folder)
      assert.strictEqual(adapter.capability.compareAndSet, "process")
      yield* Effect.all(
        Array.from({ length: 10 }, (_, n) => commit(adapter, append(key, [n]))),
        { concurrency: "unbounded" }
      )
      const content = yield* contentOf(adapter, key)
      assert.isTrue(Option.isSome(content) && content.value.entries.length === 10)
    }))

  it.live("keep nobody from opening the store when it is the presence, and leftovers are then left alone", () =>
    Effect.gen(function*() {
      const folder = yield* storeWith("x".repeat(5000), (root) => [path.join(root, storeFolder, presenceFile)])
      const temp = path.join(folder, "acct/local_1.json.0123456789abcdef0123.tmp")
      fs.writeFileSync(temp, "torn")
      const adapter = yield* open(folder)
      yield* findings(adapter, "apply")
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 1, entries: [] }))
      assert.strictEqual(fs.readFileSync(temp, "utf8"), "torn")
    }))
})
