/**
 * Reading back what was put into a tier, before the only other copy is removed.
 *
 * A tier may take a record and hold another one: a disk that is breaking, a wrapper with a mistake. What reads
 * otherwise than it was written stays below.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Corrupt } from "../../errors/reasons.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { displayKey } from "../../model/SessionKey.ts"
import { isCopy } from "../../port/isCopy.ts"
import { readWhole, type WholeSession } from "../../port/wholeSession.ts"
import type { Adapter } from "./tiers.ts"

/** Fails unless a tier holds a record as it was written, or what became of it since. */
export const readBack = Effect.fnUntraced(function*(tier: Adapter, whole: WholeSession) {
  const { head } = whole.session
  const found = yield* readWhole(tier, head.key)
  if (Option.exists(found, (there) => there.session.head.version > head.version || isCopy(there, whole))) return
  const reason = new Corrupt({
    outcome: "unknown",
    at: `${tier.location} ${displayKey(head.key)}`,
    problem: "does not read as it was written"
  })
  return yield* new StorageError({ adapter: tier.name, operation: "load", key: head.key, reason })
})
