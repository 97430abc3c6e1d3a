/**
 * How a write through tiers is answered, whichever of them took it.
 *
 * A receipt says where a write lies, what refused it before, and that it waits to be drained. A failure is
 * known to have changed nothing only when every tier that was asked says so.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { OutcomeUnknown } from "../../errors/reasons.ts"
import type { AdapterReceipt, KeyReceipt } from "../../errors/Receipt.ts"
import { StorageError } from "../../errors/StorageError.ts"
import type { PlannedOperation } from "../../model/operations.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import type { PlannedChange } from "../../port/restorations.ts"
import type { Operation, StorageChange } from "../../port/StorageChange.ts"
import { adapterOf, type Tier } from "./tiers.ts"

/** A change of one key on its way. */
export interface Write {
  readonly key: SessionKey
  readonly change: PlannedChange
}

/** What a tier answered that did not take a write, for a reason of its own. */
export interface Refused {
  readonly tier: Tier
  readonly error: StorageError
}

const toOperation = (operation: PlannedOperation): Operation =>
  operation._tag === "Restore" ? { ...operation, entries: Stream.fromIterable(operation.entries) } : operation

/** A change as it is asked of an adapter. */
export const toChange = ({ operations, ...change }: PlannedChange): StorageChange => ({
  ...change,
  operations: operations.map(toOperation)
})

/** The error of a write that no tier took: unknown as soon as one of them may have taken it. */
export const nobodyTook = (refusals: ReadonlyArray<Refused>): StorageError => {
  const first = refusals[0]!.error
  if (refusals.every(({ error }) => error.outcome === "notApplied")) {
    const { adapter, key, operation, reason } = first
    return new StorageError({
      adapter,
      key,
      operation,
      reason,
      suppressed: refusals.slice(1).map(({ error }) => error)
    })
  }
  const why = `${refusals.length} tiers were asked, and not all of them said that they did not take the write`
  const reason = new OutcomeUnknown({ outcome: "unknown", why, cause: first })
  return new StorageError({ adapter: first.adapter, operation: "commit", key: first.key, reason })
}

/** The receipt of a write that a lower tier took. */
export const degradedReceipt = (
  receipt: AdapterReceipt,
  tier: Tier,
  refusals: ReadonlyArray<Refused>
): AdapterReceipt => ({
  ...receipt,
  attempts: receipt.attempts + refusals.length,
  failures: [...refusals.map(({ error }) => error), ...receipt.failures],
  degraded: Option.some({ because: refusals[0]!.error, tier: tier.name, pendingDrain: true })
})

/** The answer to a write that changes nothing. */
export const answerOnly = Effect.fnUntraced(
  function*(row: KeyReceipt, tier: Tier): Effect.fn.Return<AdapterReceipt, StorageError> {
    const { capability: { durability }, location, name } = yield* adapterOf(tier)
    return {
      adapter: name,
      location,
      durability,
      protocol: "none",
      attempts: 1,
      failures: [],
      degraded: Option.none(),
      keys: [row]
    }
  }
)
