/** A worker thread that ends while its store is open. One test alone: it looks at every thread that is started. */
import { assert, it } from "@effect/vitest"
import { makeKey, type StorageError } from "@holdfast/core"
import { Effect, Fiber, Option, Stream } from "effect"
import { DatabaseSync } from "node:sqlite"
import { Worker } from "node:worker_threads"
import { open } from "./stores.ts"
import { idsOf, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

/** Opens a store and gives its thread too. */
const openWithThread = Effect.fnUntraced(function*(filename: string) {
  const threads = new Set<Worker>()
  const ref = Object.getOwnPropertyDescriptor(Worker.prototype, "ref")!
  const adapter = yield* Effect.acquireUseRelease(
    Effect.sync(() =>
      Object.defineProperty(Worker.prototype, "ref", {
        ...ref,
        value(this: Worker) {
          threads.add(this)
        }
      })
    ),
    () => open({ filename, thread: "worker" }),
    () => Effect.sync(() => Object.defineProperty(Worker.prototype, "ref", ref))
  )
  const [worker] = threads
  return { adapter, worker: worker! }
})

it.live("a store whose thread ends does not know of a write under way, and answers nothing more", () =>
  Effect.gen(function*() {
    const { filename } = yield* place
    const { adapter, worker } = yield* openWithThread(filename)
    yield* save(adapter, "a", 1)
    const holder = new DatabaseSync(filename)
    holder.exec("BEGIN IMMEDIATE")
    const saving = yield* Effect.forkChild(refusalOf(save(adapter, "b", 1)), { startImmediately: true })
    yield* Effect.promise(() => worker.terminate())
    holder.close()
    assert.deepStrictEqual(yield* Fiber.join(saving), ["OutcomeUnknown", "unknown"])
    for (const call of [save(adapter, "c", 1), adapter.load(makeKey("a")), adapter.role.read, idsOf(adapter)]) {
      assert.deepStrictEqual(yield* refusalOf<unknown, StorageError, never>(call), ["Unavailable", "notApplied"])
    }
    const health = yield* Stream.runCollect(adapter.health)
    assert.deepStrictEqual(health.map(({ state }) => state), ["failing"])
    assert.deepStrictEqual((yield* adapter.probe).checks.map(({ outcome }) => outcome), ["fails"])
    yield* visit(
      { filename },
      (again) => Effect.map(stateOf(again, "a"), (state) => assert.isTrue(Option.isSome(state)))
    )
  }))
