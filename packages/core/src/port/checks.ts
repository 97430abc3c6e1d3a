/**
 * What every adapter checks before any I/O, and how a refused plan becomes an error.
 *
 * An invalid key, a change over several keys where only one is atomic, and a body above the limit are
 * the caller's mistakes: they are answered with `outcome: "notApplied"` and nothing was touched.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Conflict, InvalidKey, OutcomeUnknown, type Reason, TooLarge, Unsupported } from "../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { Refusal } from "../model/plan.ts"
import { keyProblem, namespaceProblem, sameKey, type SessionKey, utf8Length } from "../model/SessionKey.ts"
import type { Operation, StorageChange } from "./StorageChange.ts"

const invalid = (adapter: string, operation: StorageOperation, problem: string) =>
  new StorageError({ adapter, operation, reason: new InvalidKey({ outcome: "notApplied", problem }) })

/** Fails with `InvalidKey` when the key is outside the limits. */
export const checkKey = (
  adapter: string,
  operation: StorageOperation,
  key: SessionKey
): Effect.Effect<void, StorageError> =>
  Option.match(keyProblem(key), {
    onNone: () => Effect.void,
    onSome: (problem) => Effect.fail(invalid(adapter, operation, problem))
  })

/** Fails with `InvalidKey` when the namespace is outside the limits. */
export const checkNamespace = (
  adapter: string,
  namespace: ReadonlyArray<string>,
  operation: "list" | "changes" = "list"
): Effect.Effect<void, StorageError> =>
  Option.match(namespaceProblem(namespace), {
    onNone: () => Effect.void,
    onSome: (problem) => Effect.fail(invalid(adapter, operation, problem))
  })

/** The longest write id, in characters. */
const writeIdMax = 256

const isWriteId = (id: unknown): boolean => typeof id === "string" && id !== "" && id.length <= writeIdMax

const isKind = (kind: unknown): boolean => typeof kind === "string" && kind !== "" && kind.isWellFormed()

// What a Date can hold, https://tc39.es/ecma262/#sec-time-values-and-time-range.
const timeMax = 8.64e15

const isTime = (at: number): boolean => Number.isSafeInteger(at) && Math.abs(at) <= timeMax

/** A session's time is that of its newest write: older times of entries need a put that carries it. */
const isPlaced = (operations: ReadonlyArray<Operation>): boolean =>
  operations.every((operation) =>
    operation._tag !== "Append" || operation.at === undefined
    || isTime(operation.at) && operations.some((other) => other._tag === "Put" && sameKey(other.key, operation.key))
  )

/** The texts that are at hand: the entries of a restore are measured when they were read. */
const textsOf = (operation: Operation): ReadonlyArray<string> => {
  switch (operation._tag) {
    case "Put":
      return [operation.summary, operation.body]
    case "Append":
      return operation.entries
    case "Restore":
      return [operation.record.head.summary, operation.record.body]
    case "Remove":
      return []
  }
}

const kindsOf = (operation: Operation): ReadonlyArray<string> =>
  operation._tag === "Remove" ? [] : [operation._tag === "Restore" ? operation.record.head.kind : operation.kind]

// UTF-8 takes at most three bytes per code unit, so most texts are accepted without being measured.
const measured = (text: string, bytesMax: number): number => text.length * 3 <= bytesMax ? 0 : utf8Length(text)

const unsupported = (what: string) => ({ reason: new Unsupported({ outcome: "notApplied", capability: what }) })

/** Why a change cannot be carried out, and the key that is the matter, where it is one. */
const problemOf = (
  { atomicity, bodyBytesMax: bytesMax }: Capability,
  { operations, writeId }: StorageChange
): { readonly reason: Reason; readonly key?: SessionKey } | undefined => {
  if (operations.length === 0) return unsupported("a change without operations")
  if (!isWriteId(writeId)) return unsupported(`a write id that is not a text of 1 to ${writeIdMax} characters`)
  if (!operations.every((operation) => kindsOf(operation).every(isKind))) {
    return unsupported("a kind that is empty or has a lone surrogate")
  }
  for (const { key } of operations) {
    const problem = keyProblem(key)
    if (Option.isSome(problem)) return { reason: new InvalidKey({ outcome: "notApplied", problem: problem.value }) }
  }
  if (!isPlaced(operations)) return unsupported("a time for entries of a change that puts no state")
  for (const operation of operations) {
    for (const text of textsOf(operation)) {
      const bytes = measured(text, bytesMax)
      if (bytes > bytesMax) {
        return { key: operation.key, reason: new TooLarge({ outcome: "notApplied", bytes, bytesMax }) }
      }
    }
  }
  const first = operations[0]!.key
  const isAtomic = atomicity === "manyKeys" || operations.every(({ key }) => sameKey(key, first))
  return isAtomic ? undefined : unsupported("a change of several keys")
}

/**
 * Fails when the change has no operations or no write id, names an invalid key, needs an atomicity that is
 * not promised, or has a text that is too large.
 */
export const checkChange = (
  adapter: string,
  capability: Capability,
  change: StorageChange
): Effect.Effect<void, StorageError> => {
  const problem = problemOf(capability, change)
  return problem === undefined
    ? Effect.void
    : Effect.fail(new StorageError({ adapter, operation: "commit", ...problem }))
}

/** The reason that a caller gets for a refused plan. */
export const reasonOfRefusal = (refusal: Refusal): Reason => {
  switch (refusal._tag) {
    case "VersionMismatch":
      return new Conflict({ outcome: "notApplied", expected: refusal.expected, actual: refusal.actual })
    case "OtherKind":
    case "NewerSchema":
      return new Conflict({ outcome: "notApplied", expected: "any", actual: Option.none(), record: refusal })
    case "Forgotten":
      return new OutcomeUnknown({ outcome: "unknown", why: "the write id may have been applied and forgotten" })
    case "NotAlone": {
      const deed = refusal.operation === "Remove" ? "removing" : "restoring"
      return new Unsupported({ outcome: "notApplied", capability: `${deed} and writing one key in one change` })
    }
  }
}
