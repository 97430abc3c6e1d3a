/**
 * Observed operations: their names, and what may be told of them and of how they ended.
 *
 * What is told is of few values and holds nothing of a session: error messages name keys and paths, so a failure is
 * told by its reason, outcome and remedy.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Outcome, Remedy } from "../../errors/reasons.ts"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { SessionKey } from "../../model/SessionKey.ts"

/** `db.operation.name`. */
export type ObservedOperation =
  | "head"
  | "load"
  | "commit"
  | "entries"
  | "list"
  | "changes"
  | "probe"
  | "recover"
  | "readRole"
  | "compareAndSetRole"

/** What is known of an operation before it runs. */
export interface OperationFacts {
  readonly operation: ObservedOperation
  /** The kind of session where all of the operation is about one. */
  readonly kind?: string | undefined
  /** The keys that are named, in their order; which they are is told only on request. */
  readonly key?: SessionKey | undefined
  /** How many operations a change has. */
  readonly batchSize?: number | undefined
}

/** How an operation failed. */
export interface Failing {
  /** `error.type`: the reason's tag, `Interrupted`, or `_OTHER` for a defect. */
  readonly errorType: string
  readonly outcome: Option.Option<Outcome>
  readonly remedy: Option.Option<Remedy>
}

/** How an operation failed; none when it succeeded. */
export const failingOf = <A>(exit: Exit.Exit<A, StorageError>): Option.Option<Failing> => {
  if (Exit.isSuccess(exit)) return Option.none()
  const untold = { outcome: Option.none(), remedy: Option.none() }
  return Option.some(Option.match(Cause.findErrorOption(exit.cause), {
    onSome: ({ outcome, reason, remedy }) => ({
      errorType: reason._tag,
      outcome: Option.some(outcome),
      remedy: Option.some(remedy)
    }),
    onNone: () => ({ errorType: Cause.hasInterruptsOnly(exit.cause) ? "Interrupted" : "_OTHER", ...untold })
  }))
}

/** What a span or a log tells of a failure. */
export const failureAttributes = ({ errorType, outcome, remedy }: Failing): Record<string, string> => ({
  "error.type": errorType,
  ...(Option.isSome(outcome) ? { "holdfast.outcome": outcome.value } : {}),
  ...(Option.isSome(remedy) ? { "holdfast.remedy": remedy.value } : {})
})

/** What a span tells of an acknowledged write. */
export const receiptAttributes = (
  { adapter, attempts, degraded, durability, protocol }: AdapterReceipt
): Record<string, string | number | boolean> => ({
  "holdfast.adapter": adapter,
  "holdfast.durability": durability,
  "holdfast.protocol": protocol,
  "holdfast.attempts": attempts,
  "holdfast.degraded": Option.isSome(degraded),
  ...(Option.isSome(degraded) ? { "holdfast.tier": degraded.value.tier } : {})
})
