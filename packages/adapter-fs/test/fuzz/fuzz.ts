/**
 * Damage by the thousand: each case in a copy of its own, drawn from a seed that is printed.
 *
 * `HOLDFAST_SEED` sets the seed.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { stackless } from "../scenario/hurried.ts"
import { crowdedStore } from "./crowdedStore.ts"
import { type Depth, tryDamage, type Verdict } from "./verdict.ts"

const describeEndings = (verdicts: ReadonlyArray<Verdict>): string =>
  [...Map.groupBy(verdicts, ({ ending }) => ending)].map(([ending, group]) => `${ending} ${group.length}`).join(", ")

/** Damages so many copies of a store, one file of each. */
export const fuzzStore = Effect.fnUntraced(function*(count: number, seed: string, depth: Depth) {
  const store = yield* crowdedStore
  return yield* Effect.replicateEffect(tryDamage(store, depth), count).pipe(Random.withSeed(seed))
}, Effect.scoped)

// Two thousand cases take three and a half minutes of one core, and many times that beside other work.
const timeout = 1_800_000

/** Declares a test of so many cases. */
export const survivesDamage = (count: number, depth: Depth): void => {
  it.live(
    `${count} damaged files lose nothing in silence and touch nobody else's session`,
    () =>
      Effect.gen(function*() {
        const seed = process.env["HOLDFAST_SEED"] ?? String(yield* Random.nextInt)
        const verdicts = yield* stackless(fuzzStore(count, seed, depth))
        console.log(`damage with HOLDFAST_SEED=${seed}: ${describeEndings(verdicts)}`)
        const broken = verdicts.flatMap((verdict) => verdict.broken)
        assert.deepStrictEqual(broken.slice(0, 40), [], `${broken.length} of ${count} cases are broken`)
      }),
    timeout
  )
}
