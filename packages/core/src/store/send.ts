/**
 * Sending a change of one key to the adapter, with the durability that the store requires.
 *
 * The change goes out under a random write id, so that whoever repeats it below cannot double it. A
 * refused precondition becomes the error that the method's caller can act on.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Conflict, DurabilityNotMet, Unsupported } from "../errors/reasons.ts"
import type { AdapterReceipt, KeyReceipt, Receipt } from "../errors/Receipt.ts"
import { NewerVersion, OtherKind, SessionConflict, SessionInvalid, SessionNotFound } from "../errors/SessionErrors.ts"
import { StorageError } from "../errors/StorageError.ts"
import { satisfiesDurability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { checkKey } from "../port/checks.ts"
import { randomId } from "../port/randomId.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import type { Operation } from "../port/StorageChange.ts"
import { toTime } from "./parts.ts"
import type { Saved } from "./Session.ts"
import type { StoreOptions } from "./SessionStore.ts"

/** What a write did to its key, with the receipt. */
export interface Written {
  readonly row: KeyReceipt
  readonly receipt: Receipt
}

/** A write as a session. */
export const savedOf = <State>({ receipt, row }: Written, state: State): Saved<State> => ({
  key: row.key,
  version: row.version,
  createdAt: toTime(row.createdAt),
  updatedAt: toTime(row.updatedAt),
  state,
  entryCount: row.entryCount,
  receipt
})

/** A refused write where the record is not this definition's to write. */
const contentRefusal = (key: SessionKey, { record }: Conflict): Option.Option<SessionInvalid> => {
  if (record === undefined) return Option.none()
  const reason = record._tag === "OtherKind"
    ? new OtherKind({ stored: record.actual, expected: record.expected })
    : new NewerVersion({ stored: record.actual, known: record.expected })
  return Option.some(new SessionInvalid({ key, reason }))
}

/** The error of a refused precondition. */
export const conflictError = (key: SessionKey) => (conflict: Conflict): SessionConflict | SessionInvalid =>
  Option.getOrElse(
    contentRefusal(key, conflict),
    () => new SessionConflict({ key, expected: conflict.expected, actual: conflict.actual })
  )

/** The same for methods that need the session to be there. */
export const missingOr =
  (key: SessionKey) => (conflict: Conflict): SessionNotFound | SessionConflict | SessionInvalid =>
    conflict.record === undefined && Option.isNone(conflict.actual)
      ? new SessionNotFound({ key })
      : conflictError(key)(conflict)

// Field by field: taking the rest of an object takes longer than all else that is done for a receipt.
const receiptOf = (facts: AdapterReceipt, { key, version }: KeyReceipt): Receipt => ({
  adapter: facts.adapter,
  location: facts.location,
  durability: facts.durability,
  protocol: facts.protocol,
  attempts: facts.attempts,
  failures: facts.failures,
  degraded: facts.degraded,
  key,
  version
})

/** One change of one key. */
interface Request<Refused> {
  readonly key: SessionKey
  readonly operations: ReadonlyArray<Operation>
  /** The method's error for a refused precondition. */
  readonly refused: (conflict: Conflict) => Refused
  /** The id that makes a repeated request the same one; random when absent. */
  readonly writeId?: string | undefined
}

/** How the writing methods of a store reach its adapter. */
export interface Sender {
  /** Refuses an invalid key, and a durability that the adapter does not promise; asked before anything else. */
  readonly ready: (key: SessionKey) => Effect.Effect<void, StorageError>
  /**
   * Sends a request; fails with its own error where a precondition is refused. Its write id is drawn when it is called,
   * which is when a method is run: whoever runs a method again sends another request.
   */
  readonly send: <Refused>(request: Request<Refused>) => Effect.Effect<Written, Refused | StorageError>
}

/** Makes the sender of a store. */
export const makeSender = (adapter: StorageAdapter["Service"], { require: required }: StoreOptions): Sender => {
  const fail = (key: SessionKey, reason: StorageError["reason"]) =>
    Effect.fail(new StorageError({ adapter: adapter.name, operation: "commit", key, reason }))

  const ready: Sender["ready"] = (key) => {
    const isPromised = required === undefined || satisfiesDurability(adapter.capability.durability, required)
    return isPromised ? checkKey(adapter.name, "commit", key) : Effect.andThen(
      checkKey(adapter.name, "commit", key),
      fail(key, new Unsupported({ outcome: "notApplied", capability: `${required} durability` }))
    )
  }

  const answered = (key: SessionKey, answer: AdapterReceipt): Effect.Effect<Written, StorageError> => {
    const row = answer.keys[0]
    if (row === undefined) return Effect.die(new Error("a receipt has a row for every key of its change"))
    const receipt = receiptOf(answer, row)
    return required === undefined || satisfiesDurability(receipt.durability, required)
      ? Effect.succeed({ row, receipt })
      : fail(key, new DurabilityNotMet({ outcome: "applied", required, receipt }))
  }

  return {
    ready,
    send: ({ key, operations, refused, writeId = randomId() }) =>
      Effect.matchEffect(adapter.commit({ writeId, operations }), {
        onFailure: (error) => Effect.fail(error.reason._tag === "Conflict" ? refused(error.reason) : error),
        onSuccess: (answer) => answered(key, answer)
      })
  }
}
