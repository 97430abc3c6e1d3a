/** Wherever the scheduler takes its turns: writes and switches of one process do not overtake each other. */
import { assert, it } from "@effect/vitest"
import { OutcomeUnknown, StorageError } from "@holdfast/core"
import { Effect, Fiber, Ref, References } from "effect"
import {
  bare,
  commit,
  key,
  makeStores,
  openSwitch,
  put,
  readAs,
  remove,
  said,
  type Store,
  switchTo,
  through
} from "./stores.ts"

// After so many steps a fiber lets others run; the default is in the thousands.
const budgets = Array.from({ length: 60 }, (_, index) => index + 3)

const inTurnsOf = (budget: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, References.MaxOpsBeforeYield, budget)

it.effect("no write is sent to a backend that the own switch has retired", () =>
  Effect.forEach(
    budgets,
    (budget) =>
      Effect.scoped(
        inTurnsOf(budget)(Effect.gen(function*() {
          const late: Array<string> = []
          const { files, sqlite } = yield* makeStores()
          const noting = (store: Store) =>
            through(store, ({ commit: send }) => ({
              commit: (change) =>
                Effect.suspend(() => {
                  // A switch writes to its target, which is copying then.
                  if (said(store).startsWith("retired@") && said(store).includes(" to ")) late.push(change.writeId)
                  return send(change)
                })
            }))
          const { adapter, control } = yield* openSwitch({ files: noting(files), sqlite: noting(sqlite) })
          const isOver = yield* Ref.make(false)
          const writing = yield* Effect.forkChild(
            Effect.gen(function*() {
              let count = 0
              while (!(yield* Ref.get(isOver))) {
                yield* commit(adapter, put(key, ++count))
                yield* Effect.yieldNow
              }
              return count
            }),
            { startImmediately: true }
          )
          for (const name of ["sqlite", "files", "sqlite"]) yield* switchTo(control, name)
          yield* Ref.set(isOver, true)
          const count = yield* Fiber.join(writing)
          assert.deepStrictEqual(late, [])
          assert.deepStrictEqual(yield* readAs(adapter, key), [count])
        }))
      ),
    { discard: true }
  ))

it.effect("a removal that is acknowledged while a switch waits for it is known to the target", () =>
  Effect.forEach(budgets, (budget) =>
    Effect.scoped(Effect.gen(function*() {
      const { adapter, control } = yield* openSwitch(yield* makeStores())
      yield* commit(adapter, put(key, 1))
      const change = { writeId: "gone", operations: [{ ...remove(key), expect: "present" as const }] }
      // Only the removal takes many turns: what it has not done when the switch goes on comes too late.
      const removing = yield* Effect.forkChild(inTurnsOf(budget)(adapter.commit(change)), { startImmediately: true })
      yield* switchTo(control, "sqlite")
      const { keys } = yield* Fiber.join(removing)
      const again = yield* adapter.commit({ ...change, attempt: 2 })
      assert.strictEqual(again.keys[0]?.version, keys[0]?.version)
      assert.isAbove(yield* commit(adapter, put(key, "next")), keys[0]!.version)
    })), { discard: true }))

it.effect("a removal whose answer was lost is known to the target: sent again it is answered, and the next life lies above", () =>
  Effect.gen(function*() {
    const { files, sqlite } = yield* makeStores()
    const reason = new OutcomeUnknown({ outcome: "unknown", why: "the answer was lost" })
    const lost = new StorageError({ adapter: "files", operation: "commit", key, reason })
    const lossy = through(files, ({ commit: send }) => ({
      commit: (change) => Effect.filterOrFail(send(change), () => change.writeId !== "gone", () => lost)
    }))
    const { adapter, control } = yield* openSwitch({ files: lossy, sqlite })
    const last = yield* commit(adapter, put(key, 1))
    const change = { writeId: "gone", operations: [{ ...remove(key), expect: "present" as const }] }
    assert.strictEqual((yield* Effect.flip(adapter.commit(change))).outcome, "unknown")
    yield* switchTo(control, "sqlite")
    const again = yield* adapter.commit({ ...change, attempt: 2 })
    assert.isAbove(again.keys[0]!.version, last)
    assert.isAbove(yield* commit(adapter, put(key, "next")), again.keys[0]!.version)
    assert.deepStrictEqual(yield* readAs(yield* bare(sqlite), key), ["next"])
  }))
