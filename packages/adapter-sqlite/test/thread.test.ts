/** A store in a worker thread: beside the laws, what its thread does to the event loop, to errors and to the process. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Exit, Fiber, Option, Scope, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { open } from "./stores.ts"
import { answerOf, changeOf, idsOf, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

const thread = "worker" as const

/** Waits in place, so that nothing else runs in this thread. */
const isSoon = (condition: () => boolean): boolean => {
  const until = performance.now() + 5_000
  while (performance.now() < until) if (condition()) return true
  return false
}

describe("a store in a worker thread", () => {
  it.live("saves while this thread does something else", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const adapter = yield* open({ filename, thread })
      yield* save(adapter, "before", 1)
      const looking = new DatabaseSync(filename, { readOnly: true })
      const count = looking.prepare("SELECT count(*) AS count FROM sessions")
      const saving = yield* Effect.forkChild(save(adapter, "after", 1), { startImmediately: true })
      assert.isTrue(isSoon(() => count.get()?.["count"] === 2))
      looking.close()
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(saving)))
    }))

  it.live("is the store that other threads and a later open see", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const here = yield* open({ filename })
      yield* visit({ filename, thread, busyTimeout: "2 seconds" }, (there) =>
        Effect.gen(function*() {
          const watched = yield* here.changes
          yield* Effect.all([save(here, "here", 1), save(there, "there", 2)], { concurrency: "unbounded" })
          yield* there.commit(changeOf(put(makeKey("both"), 3), append(makeKey("both"), ["entry"])))
          const seen = yield* Stream.runCollect(
            Stream.takeUntil(watched, (change) => change._tag !== "Missed" && change.key.id === "both")
          )
          assert.isAtLeast(seen.length, 2)
          assert.lengthOf(yield* Stream.runCollect(there.entries(makeKey("both"), {})), 1)
        }))
      assert.deepStrictEqual(yield* idsOf(here), ["both", "here", "there"])
      assert.deepStrictEqual(yield* stateOf(here, "there"), Option.some(2))
    }))

  it.live("that cannot be opened fails as it does in this thread", () =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const filename = join(folder, "other.db")
      writeFileSync(filename, "no database".repeat(1_000))
      const refusals = yield* Effect.forEach(
        ["main", "worker"] as const,
        (thread) => refusalOf(Effect.scoped(open({ filename, thread })))
      )
      assert.deepStrictEqual(refusals, [["Corrupt", "notApplied"], ["Corrupt", "notApplied"]])
      const missing = open({ filename: join(folder, "missing.db"), thread, mustExist: true })
      assert.strictEqual(yield* answerOf(Effect.scoped(missing)), "DirectoryUnreadable")
    }))

  it.live("answers what was under way when it is closed, and nothing after that", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const scope = yield* Scope.make()
      const adapter = yield* Scope.provide(open({ filename, thread }), scope)
      const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
      const saving = yield* Effect.forkChild(
        Effect.forEach(ids, (id) => answerOf(save(adapter, id, 1)), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Scope.close(scope, Exit.void)
      const answers = yield* Fiber.join(saving)
      assert.strictEqual(yield* answerOf(save(adapter, "late", 1)), "Closed")
      const saved = ids.filter((_, index) => answers[index] === "done")
      yield* visit({ filename }, (again) =>
        Effect.map(idsOf(again), (listed) => assert.includeMembers([...listed], saved)))
      assert.deepStrictEqual(
        answers.filter((answer) =>
          !["done", "Closed", "OutcomeUnknown"].includes(answer)
        ),
        []
      )
    }))

  it.live("does not keep a process that has nothing to ask it", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const script = `import { SqliteAdapter } from "@holdfast/adapter-sqlite"; import { Effect, Scope } from "effect"
        await Effect.runPromise(Scope.provide(SqliteAdapter.make(${
        JSON.stringify({ filename, thread })
      }), Scope.makeUnsafe())); console.log("open")`
      const { status, stdout } = spawnSync(
        process.execPath,
        ["--conditions=@holdfast/source", "--input-type=module", "-e", script],
        { encoding: "utf8", timeout: 30_000, cwd: import.meta.dirname }
      )
      assert.deepStrictEqual([status, stdout], [0, "open\n"])
    }))
})
