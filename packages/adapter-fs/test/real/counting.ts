/**
 * Several processes that count in the same sessions, each by reading, adding one and writing if nobody came between.
 *
 * Whoever was told that somebody came between, or that the session is taken, tries again. In the end every number and
 * every entry is exact: a lost update, or one that was done twice, would show.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { type App, type Lane, loaded, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { type Answer, append, type Change, save } from "../../../../testing/real/notes.ts"
import { type AppOptions, startApp } from "./app.ts"
import { inStore, litterIn } from "./judge.ts"

export interface Counting {
  readonly commit: NonNullable<AppOptions["commit"]>
  readonly processCount: number
  readonly sessionCount: number
  /** How often each process counts in each session; for every two counts it adds an entry. */
  readonly countPerSession: number
}

const mayTryAgain = (answer: Answer): boolean =>
  answer._tag === "Failed"
  && (answer.error._tag === "SessionConflict"
    || (["Conflict", "Busy"].includes(answer.error.reason?._tag ?? "") &&
      answer.error.reason?.outcome === "notApplied"))

// A conflict means that somebody else got through, so tries end; this many would be a livelock.
const triesMax = 400

/** What each lane has still to do: its operations from the first one that must be tried again. */
const restOf = (lanes: ReadonlyArray<ReadonlyArray<Lane>>): ReadonlyArray<ReadonlyArray<Change>> =>
  lanes.map((lane) =>
    lane.flatMap(({ answer, operation }) => {
      const answered = answer()!
      if (mayTryAgain(answered)) return [operation as Change]
      written(answered)
      return []
    })
  ).filter((lane) => lane.length > 0)

/** Runs lanes to their end, trying again what was refused because somebody came between. */
const insist = Effect.fnUntraced(function*(app: App, lanes: ReadonlyArray<ReadonlyArray<Change>>) {
  let left = lanes
  let answerCount = 1
  let againCount = 0
  for (let round = 0; left.length > 0; round++) {
    assert.isBelow(round, triesMax, "counting does not come to an end")
    const run = yield* app.run(left)
    answerCount += left.flat().length
    yield* app.answers(answerCount)
    left = restOf(run)
    againCount += left.flat().length
  }
  return againCount
})

const keysOf = ({ sessionCount }: Counting) => Array.from({ length: sessionCount }, (_, index) => `acct/s${index}`)

const entriesOf = ({ countPerSession }: Counting, index: number) =>
  Array.from({ length: Math.ceil(countPerSession / 2) }, (_, number) => `process ${index}, entry ${number}`)

const lanesOf = (counting: Counting, index: number): ReadonlyArray<ReadonlyArray<Change>> =>
  keysOf(counting).map((key) => {
    const entries = entriesOf(counting, index)
    return Array.from({ length: counting.countPerSession }, (_, number): ReadonlyArray<Change> => {
      const count: Change = { name: "count", key }
      return number % 2 === 0 ? [count, append(key, entries[number / 2]!)] : [count]
    }).flat()
  })

/** Counts, and judges every session; answers how often somebody came between. */
export const countTogether = Effect.fnUntraced(function*(counting: Counting) {
  const { commit, countPerSession, processCount } = counting
  const directory = join(yield* temporaryFolder, "store")
  const options = { directory, commit }
  const first = yield* inStore(
    options,
    (ask) =>
      Effect.forEach(keysOf(counting), (key) => Effect.map(ask(save(key, "0")), (answer) => written(answer).version))
  )
  const apps = yield* Effect.all(Array.from({ length: processCount }, () => startApp(options)), {
    concurrency: "unbounded"
  })
  const again = yield* Effect.forEach(
    apps,
    (app, index) => insist(app, lanesOf(counting, index)),
    { concurrency: "unbounded" }
  )
  for (const app of apps) yield* app.close

  const everyEntry = apps.flatMap((_, index) => entriesOf(counting, index)).toSorted()
  yield* inStore(
    options,
    (ask) =>
      Effect.forEach(keysOf(counting), (key, index) =>
        Effect.map(ask({ name: "load", key }), (answer) => {
          const { entries, state, version } = loaded(answer)
          assert.strictEqual(state.text, String(processCount * countPerSession), key)
          assert.deepStrictEqual(entries.toSorted(), everyEntry, key)
          // One version for every change: nothing was written twice, and nothing between.
          assert.strictEqual(version - first[index]!, processCount * countPerSession + everyEntry.length, key)
        }), { discard: true })
  )
  assert.deepStrictEqual(litterIn(directory), [])
  return again.reduce((sum, count) => sum + count, 0)
})
