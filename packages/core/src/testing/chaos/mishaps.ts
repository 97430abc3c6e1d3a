/**
 * Mishaps: what may befall one call of an adapter, as plain data.
 *
 * Each says what becomes of the call and what its caller is told, and what the caller is told is true: a failure
 * that says `notApplied` changed nothing, one that says `applied` was applied, and whatever leaves the caller in the
 * dark says `unknown`. A mishap befalls only calls that it can befall: a read has no acknowledgement to lose.
 */
import * as Duration from "effect/Duration"
import type { Reason } from "../../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../../errors/StorageError.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"

/** One call of an adapter, or `open`, the building of its layer. */
export interface Call {
  readonly operation: StorageOperation
  readonly access: "reads" | "writes"
  /** Whom it names: none, one session, or those of a change. */
  readonly keys: ReadonlyArray<SessionKey>
}

/** Why a call fails: a reason, a whole error, or what makes one of the call. */
export type Why = Reason | StorageError | ((call: Call) => Reason | StorageError)

/**
 * What becomes of other writes of a key while a late change of it is under way.
 *
 * - `wait`: they wait until it has landed, as behind a lock that a hung system call keeps.
 * - `fail`: they fail with `Busy`.
 * - `overtake`: they go ahead, and the late change lands on top of them, as from a backend that does not order what
 *   it received. Only preconditions and write ids keep it from undoing them.
 */
export type Others = "wait" | "fail" | "overtake"

/** A change that is applied after its caller was left in the dark. */
export interface LateApplication {
  readonly _tag: "LateApplication"
  readonly others: Others
  /** `unknown`: the caller is told `OutcomeUnknown` at once. `late`: it waits, and gets the answer if it still waits then. */
  readonly answer: "unknown" | "late"
  /** When the change lands by itself; without it, when the test settles. */
  readonly after?: Duration.Input | undefined
}

export type Mishap =
  | { readonly _tag: "Failure"; readonly why: Why }
  | { readonly _tag: "Latency"; readonly duration: Duration.Input }
  | { readonly _tag: "LostAnswer" }
  | LateApplication
  | { readonly _tag: "Hang" }
  | { readonly _tag: "PartialListing"; readonly hides: (head: StoredHead, index: number) => boolean }
  | { readonly _tag: "Torn"; readonly after: number; readonly why: Why | undefined }

/**
 * The call fails. It reaches the storage only when the failure says `applied`: then the change is made first, and a
 * change that the storage refuses is answered with its refusal.
 */
export const fail = (why: Why): Mishap => ({ _tag: "Failure", why })

/** The call is made so much later, on Effect's clock; what else befalls it comes on top. */
export const delay = (duration: Duration.Input): Mishap => ({ _tag: "Latency", duration })

/** The write is made, and whatever came of it, its caller is told `OutcomeUnknown`. */
export const loseAnswer: Mishap = { _tag: "LostAnswer" }

/** The change is applied later: by `settle`, or after a duration. By default its caller is told `OutcomeUnknown` at once. */
export const applyLate = (late?: Partial<Omit<LateApplication, "_tag">>): Mishap => ({
  _tag: "LateApplication",
  others: "wait",
  answer: "unknown",
  ...late
})

/** The call does not reach the storage until the test releases it; its caller may give up before. */
export const hang: Mishap = { _tag: "Hang" }

/** A listing has a row that could not be read in the place of each head that is hidden; all of them by default. */
export const hide = (hides: (head: StoredHead, index: number) => boolean = () => true): Mishap => ({
  _tag: "PartialListing",
  hides
})

/** A stream of rows, entries, findings or changes fails after so many of them: with `Io` unless said otherwise. */
export const tear = (after: number, why?: Why): Mishap => ({ _tag: "Torn", after, why })

/** Which adapter a mishap is told of. */
export interface Place {
  readonly name: string
  readonly location: string
}

/** The error that a caller is told. */
export const errorOf = (why: Why, call: Call, { name: adapter }: Pick<Place, "name">): StorageError => {
  const told = typeof why === "function" ? why(call) : why
  if (told instanceof StorageError) return told
  return new StorageError({ adapter, operation: call.operation, key: call.keys[0], reason: told })
}

const isStream = ({ operation }: Call): boolean =>
  operation === "entries" || operation === "list" || operation === "changes" || operation === "recover"

/** Whether a mishap can befall a call, and what it tells is then true. */
export const canBefall = (mishap: Mishap, call: Call): boolean => {
  switch (mishap._tag) {
    case "Failure":
      // A read changes nothing, and no other outcome is true of it. A stream of repairs may have begun them.
      return call.access === "writes" && !isStream(call)
        || errorOf(mishap.why, call, { name: "" }).outcome === "notApplied"
    case "Latency":
    case "Hang":
      return true
    case "LostAnswer":
      return call.access === "writes" && !isStream(call)
    case "LateApplication":
      return call.operation === "commit"
    case "PartialListing":
      return call.operation === "list"
    case "Torn":
      return isStream(call)
  }
}

const tagOf = (why: Why): string =>
  typeof why === "function" ? "a failure" : why instanceof StorageError ? why.reason._tag : why._tag

const manner: Record<Others, string> = { wait: "", fail: ", its key busy", overtake: ", overtaken" }

/** A mishap in a few words. */
export const showMishap = (mishap: Mishap): string => {
  switch (mishap._tag) {
    case "Failure":
      return `fails with ${tagOf(mishap.why)}`
    case "Latency":
      return `is ${Duration.format(Duration.fromInputUnsafe(mishap.duration))} late`
    case "LostAnswer":
      return "loses its answer"
    case "LateApplication": {
      const when = mishap.after === undefined ? "" : ` ${Duration.format(Duration.fromInputUnsafe(mishap.after))}`
      return `is applied${when} later${manner[mishap.others]}`
    }
    case "Hang":
      return "hangs"
    case "PartialListing":
      return "hides rows"
    case "Torn":
      return `is torn after ${mishap.after}`
  }
}
