/**
 * The policy that tries again what may pass.
 *
 * Whether is decided by `remedy` and `outcome` alone, when by the reason's class, and how often by a budget
 * of attempts and of time. A write is sent again under its write id, so that an attempt which was applied
 * although its answer was lost is recognised: no entry is doubled, no save reverted, no conflict invented.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { OutcomeUnknown, type Reason } from "../errors/reasons.ts"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { atFirstRows } from "./firstRows.ts"
import { retriesOf } from "./observation/metrics.ts"
import { type Adapter, type AdapterPolicy, failureOf, wrap } from "./policies.ts"

/** A pause that doubles with every attempt, from `first` up to `most`, give or take a fifth. */
export interface Backoff {
  readonly first: Duration.Input
  readonly most: Duration.Input
}

export interface RetryOptions {
  /** How often a call is tried at most, the first time included; 6 by default. */
  readonly attemptsMax?: number | undefined
  /** No attempt begins later than this after the first one began; 15 s by default. */
  readonly timeMax?: Duration.Input | undefined
  /** After what passes quickly, `Busy` and `TooManyOpenFiles`; from 10 ms up to 500 ms by default. */
  readonly quick?: Backoff | undefined
  /** After what took its time, `TimedOut` and `OutcomeUnknown`, and from then on; from 250 ms up to 5 s by default. */
  readonly slow?: Backoff | undefined
}

const slowReasons: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>(["TimedOut", "OutcomeUnknown"])

const backoff = ({ first, most }: Backoff) =>
  Schedule.jittered(Schedule.min([Schedule.exponential(first), Schedule.spaced(most)]))

/**
 * Both paces as one schedule. A call that was slow once stays so: `Busy` after an unknown outcome is the call's
 * own write, which has not returned.
 */
const paced = (quick: Backoff, slow: Backoff) =>
  Schedule.fromStep(Effect.gen(function*() {
    const quickly = yield* Schedule.toStep(backoff(quick))
    const slowly = yield* Schedule.toStep(backoff(slow))
    let step = quickly
    return (now: number, error: StorageError) => {
      if (slowReasons.has(error.reason._tag)) step = slowly
      return step(now, error)
    }
  }))

const mayBeApplied = ({ outcome }: StorageError) => outcome !== "notApplied"

const isWorthwhile = ({ outcome, remedy }: StorageError) => remedy === "retry" && outcome !== "applied"

type Allow = (error: StorageError) => boolean

/** Tries an effect again while `allow` lets it and the budget lasts. */
const makeRetry = (adapter: string, options: RetryOptions) => {
  const retries = retriesOf(adapter)
  const attemptsMax = options.attemptsMax ?? 6
  const timeMax = Duration.toMillis(Duration.fromInputUnsafe(options.timeMax ?? "15 seconds"))
  const pauses = paced(
    options.quick ?? { first: "10 millis", most: "500 millis" },
    options.slow ?? { first: "250 millis", most: "5 seconds" }
  )
  return Effect.fnUntraced(function*<A, R>(effect: Effect.Effect<A, StorageError, R>, allow: Allow = isWorthwhile) {
    const begun = yield* Clock.currentTimeMillis
    const schedule = Schedule.while(pauses, ({ attempt, duration, input, now }) =>
      Effect.succeed(
        allow(input) && attempt < attemptsMax && now + Duration.toMillis(duration) - begun <= timeMax
      ))
    let tries = 0
    const counted = Effect.suspend(() => tries++ === 0 ? effect : Effect.andThen(Metric.update(retries, 1), effect))
    return yield* Effect.retry(counted, schedule)
  })
}

/** The change as it is sent after these failures. An attempt that was surely not applied leaves it the first one. */
const resent = (change: StorageChange, failures: ReadonlyArray<StorageError>): StorageChange => {
  const count = failures.filter(mayBeApplied).length
  return count === 0 ? change : { ...change, attempt: (change.attempt ?? 1) + count }
}

const receiptAfter = (receipt: AdapterReceipt, failures: ReadonlyArray<StorageError>): AdapterReceipt =>
  failures.length === 0 ? receipt : {
    ...receipt,
    attempts: receipt.attempts + failures.length,
    failures: [...failures, ...receipt.failures]
  }

/**
 * What the caller is told of the last failure. An attempt whose outcome is unknown leaves the whole call unknown,
 * except when the last one was refused for what the record holds: the write id was looked for there first.
 */
const lastError = (adapter: Adapter, error: StorageError, failures: ReadonlyArray<StorageError>): StorageError => {
  if (mayBeApplied(error) || error.reason._tag === "Conflict" || !failures.some(mayBeApplied)) return error
  const why = `an earlier attempt may have been applied, and the last one failed: ${error.reason.message}`
  return failureOf(adapter, error.operation, {
    key: error.key,
    reason: new OutcomeUnknown({ outcome: "unknown", why, cause: error })
  })
}

/**
 * Tries again what failed with the remedy `retry`.
 *
 * **Details**
 *
 * - `CrossDevice`, `NoSpace`, `ReadOnly` and whatever else another backend or only the caller can help with is
 *   answered at once. So is a failure that was applied.
 * - The pauses are jittered and double: quick after `Busy` and `TooManyOpenFiles`, slow from the first `TimedOut`
 *   or `OutcomeUnknown` on.
 * - A write keeps its write id. Its `attempt` counts up with every try that may have been applied, and with no
 *   other: an adapter that has forgotten old write ids answers a repeated one `OutcomeUnknown` where a first
 *   one would be a `Conflict`. The entries of a restore are read again.
 * - The receipt counts all tries in `attempts`, and tells in `failures` what happened on the way.
 * - Where the last try was surely not applied and an earlier one may have been, the error is `OutcomeUnknown`
 *   with the last one as its cause.
 * - A stream is begun again until it has given its first rows, and not after that. The compare-and-set of
 *   the store's role has no write id: it is repeated only when it surely was not applied.
 *
 * Every try beyond a call's first one counts in the metric `holdfast.storage.retries`, whatever comes of the call. It
 * costs nothing while calls succeed.
 */
export const retried = (options: RetryOptions = {}): AdapterPolicy => (adapter) => {
  const retry = makeRetry(adapter.name, options)

  const commit = (change: StorageChange) =>
    Effect.suspend(() => {
      const failures: Array<StorageError> = []
      const attempt = Effect.suspend(() => adapter.commit(resent(change, failures)))
      return retry(Effect.tapError(attempt, (error) => Effect.sync(() => failures.push(error)))).pipe(
        Effect.map((receipt) => receiptAfter(receipt, failures)),
        Effect.mapError((error) => lastError(adapter, error, failures))
      )
    })

  return wrap(adapter, {
    head: (key) => retry(adapter.head(key)),
    load: (key) => retry(adapter.load(key)),
    commit,
    entries: (key, range) => atFirstRows(adapter.entries(key, range), retry),
    list: (query) => atFirstRows(adapter.list(query), retry),
    changes: retry(adapter.changes),
    role: {
      read: retry(adapter.role.read),
      compareAndSet: (expected, next) =>
        retry(adapter.role.compareAndSet(expected, next), (error) => isWorthwhile(error) && !mayBeApplied(error))
    },
    recover: (mode) => atFirstRows(adapter.recover(mode), retry)
  })
}
