/**
 * Laws: what every adapter keeps, as plain data that any test runner can run.
 *
 * A law is selected by the capability that the adapter declares, so an adapter that claims too much
 * fails. Every law runs on storage of its own; how that is made is the harness's business.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capability } from "../model/Capability.ts"
import { LawBroken } from "./claims.ts"
import { withClock } from "./clocks.ts"
import type { Harness, Offer, Storage } from "./Harness.ts"
import { Patience } from "./patience.ts"

/** What a law is about. */
export type Family =
  | "round trip"
  | "keys"
  | "versions"
  | "compare-and-set"
  | "atomic commit"
  | "append"
  | "idempotence"
  | "removal"
  | "restore"
  | "listing"
  | "isolation"
  | "instances"
  | "changes"
  | "processes"
  | "kills"
  | "faults"
  | "crash states"
  | "bad input"
  | "closing"
  | "health"
  | "maintenance"
  | "role"

/** One law of the port. `run` fails when it does not hold. */
export interface Law {
  /** Stable, for example `put.overwrites`. */
  readonly id: string
  /** The law itself, in the present tense. */
  readonly title: string
  readonly family: Family
  /** Whether an adapter with this capability has to keep it. */
  readonly needs: (capability: Capability) => boolean
  /** What the harness has to offer for it. */
  readonly asks?: ReadonlyArray<Offer> | undefined
  readonly run: (storage: Storage) => Effect.Effect<void, unknown, Scope.Scope>
}

/** What came of running one law. `detail` says what was found where it is broken, and why it is not applicable. */
export interface LawOutcome {
  readonly law: Law
  readonly verdict: "holds" | "broken" | "notApplicable"
  readonly detail: string
  readonly millis: number
}

/** How long one law may take where a run does not say otherwise. */
export const limitOfLaw: Duration.Input = "60 seconds"

export interface RunOptions {
  /** How long one law may take; one that takes longer is broken. 60 seconds by default. */
  readonly limit?: Duration.Input | undefined
  /** How long a law waits for something that comes by itself, as a change that is reported; 10 seconds by default. */
  readonly patience?: Duration.Input | undefined
}

/** What went wrong, in a message. */
export const describeCause = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof LawBroken ? error.message : Cause.pretty(cause)
}

type Verdict = readonly [verdict: LawOutcome["verdict"], detail: string]

const offered: Record<Offer, string> = { elsewhere: "another process", faults: "faults", crashes: "crash states" }

const judge = Effect.fnUntraced(function*(harness: Harness, law: Law): Effect.fn.Return<Verdict, unknown, Scope.Scope> {
  const storage = yield* harness.fresh
  const capability = yield* Effect.scoped(Effect.map(storage.open, (adapter) => adapter.capability))
  if (!law.needs(capability)) return ["notApplicable", "the adapter's capability does not ask for it"]
  const missing = law.asks?.find((offer) => storage[offer] === undefined)
  if (missing !== undefined) return ["notApplicable", `the harness does not offer ${offered[missing]}`]
  yield* Effect.scoped(withClock("advancing", law.run(storage)))
  return ["holds", ""]
})

/** Runs one law on fresh storage. Never fails: whatever goes wrong breaks the law, except being interrupted. */
export const runLaw = (harness: Harness, law: Law, options?: RunOptions): Effect.Effect<LawOutcome> => {
  const limit = Duration.fromInputUnsafe(options?.limit ?? limitOfLaw)
  const patient = options?.patience === undefined
    ? judge(harness, law)
    : Effect.provideService(judge(harness, law), Patience, Duration.fromInputUnsafe(options.patience))
  return Effect.gen(function*() {
    const start = yield* Clock.monotonicTimeNanos
    const [verdict, detail] = yield* Effect.scoped(patient).pipe(
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () => Effect.fail(new LawBroken({ message: `no end within ${Duration.format(limit)}` }))
      }),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.succeed<Verdict>(["broken", describeCause(cause)])
      )
    )
    const millis = Number((yield* Clock.monotonicTimeNanos) - start) / 1e6
    return { law, verdict, detail, millis }
  })
}

/** Runs laws beside each other, each on storage of its own. */
export const checkAll = (
  harness: Harness,
  laws: ReadonlyArray<Law>,
  options?: RunOptions & { readonly concurrency?: number | undefined }
): Effect.Effect<ReadonlyArray<LawOutcome>> =>
  Effect.forEach(laws, (law) => runLaw(harness, law, options), { concurrency: options?.concurrency ?? 4 })
