/**
 * A writer that is killed at random moments, over and over, in one store.
 *
 * Each life of the writer saves to several sessions at the same time. After each death the store is opened again and
 * judged; what the next life does first is to repeat the appends that were not answered, under their operation ids.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type Lane, start } from "./app.ts"
import type { MortalStore } from "./deaths.ts"
import { changeAll, judge } from "./judge.ts"
import { makeLedger } from "./ledger.ts"
import { type Change, save } from "./notes.ts"

/** The sessions that are written at the same time when the writer dies. */
export const mortalKeys = ["acct/org/a", "acct/b", "c", "d"]

// More than any life gets to answer, so that every life is cut off.
const changesPerLane = 20
const answersMax = 40

/** Mostly small texts, at times a large one. */
const randomText = Effect.gen(function*() {
  const size = (yield* Random.nextIntBetween(0, 12)) === 0 ? 100_000 : yield* Random.nextIntBetween(0, 5_000)
  return `${yield* Random.nextInt} ${"x".repeat(size)}`
})

const randomChange = Effect.fnUntraced(function*(key: string): Effect.fn.Return<Change> {
  const text = yield* randomText
  const kind = yield* Random.nextIntBetween(0, 19)
  const entries = Array.from(
    { length: yield* Random.nextIntBetween(1, 3) },
    (_, index) => `${index} ${text.slice(0, 2_000)}`
  )
  if (kind < 8) return { name: "save", key, state: { title: key, text } }
  if (kind < 15) return { name: "append", key, entries, operationId: `operation ${yield* Random.nextInt}` }
  if (kind < 19) return { name: "commit", key, state: { title: key, text }, entries }
  return { name: "remove", key }
})

/** The change of each lane that was begun and not answered. */
const unanswered = (lanes: ReadonlyArray<ReadonlyArray<Lane>>) =>
  lanes.map((lane) => lane.find(({ answer }) => answer() === undefined)?.operation as Change | undefined)

/** Lives and dies so many times; answers how many changes were acknowledged. */
export const liveAndDie = Effect.fnUntraced(function*(store: MortalStore, deathCount: number) {
  const { check, inStore, options } = store
  const ledger = makeLedger()
  let repeated: ReadonlyArray<Change | undefined> = []
  let acknowledgedCount = 0

  const live = Effect.scoped(Effect.gen(function*() {
    const lanes = yield* Effect.forEach(
      mortalKeys,
      (key, index) =>
        Effect.map(Effect.replicateEffect(randomChange(key), changesPerLane), (changes) => {
          const again = repeated[index]
          return again?.name === "append" ? [again, ...changes] : changes
        })
    )
    const app = yield* start(options)
    const run = yield* app.run(lanes)
    yield* app.answers(yield* Random.nextIntBetween(0, answersMax))
    yield* Effect.sleep(yield* Random.nextBetween(0, 4))
    assert.strictEqual((yield* app.kill).signal, "SIGKILL")
    ledger.noteLanes(run)
    repeated = unanswered(run)
    acknowledgedCount += run.flat().filter(({ answer }) => answer()?._tag === "Written").length
  }))
  const lookAgain = inStore(
    Effect.fnUntraced(function*(ask) {
      yield* judge(ledger, ask)
      check()
      yield* changeAll(ask, ledger, [save("next", yield* randomText)])
    })
  )
  yield* Effect.repeat(Effect.andThen(live, lookAgain), { times: deathCount - 1 })
  yield* inStore((ask) => judge(ledger, ask))
  return acknowledgedCount
})

/** Runs several stores side by side, from one seed that is printed and can be given as HOLDFAST_SEED. */
export const killAll = Effect.fnUntraced(
  function*(stores: ReadonlyArray<MortalStore>, deathCount: number) {
    const seed = process.env["HOLDFAST_SEED"] ?? String(yield* Random.nextInt)
    console.log(`kills with HOLDFAST_SEED=${seed}`)
    const counts = yield* Effect.forEach(
      stores,
      (store, index) =>
        liveAndDie(store, deathCount / stores.length).pipe(
          Random.withSeed(`${seed} ${index}`)
        ),
      { concurrency: "unbounded" }
    )
    console.log(`${deathCount} kills, ${counts.reduce((sum, count) => sum + count, 0)} acknowledged changes`)
    return counts
  }
)
