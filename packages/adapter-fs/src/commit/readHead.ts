/**
 * Reading a head: both names are read, and the highest whole version is the session.
 *
 * Absent means that the system said so of both names. A file cut off at its end is a write that did not
 * finish; everything else that cannot be read is an error and never served around, because it may have
 * been acknowledged.
 */
import { Corrupt, displayKey, keyText, NewerFormat, type Reason, type Version } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isMissing } from "../io/errno.ts"
import { type Document, formatVersion, type Parsed, parseDocument } from "../layout/envelope.ts"
import { otherSlot, type Slot } from "../layout/files.ts"
import { readReason, slotPath, type Target } from "./Place.ts"

/** One of the two names: what is there, with its bytes. */
export type Candidate = { readonly _tag: "Missing" } | (Parsed & { readonly bytes: Uint8Array })

/** What the two names say together. */
export type HeadState =
  /** Known to be absent. A name that is taken all the same holds what is void: a first write that did not finish, a copied foreign file. */
  | { readonly _tag: "Absent"; readonly isTaken: { readonly [slot in Slot]: boolean } }
  | {
    readonly _tag: "Current"
    readonly document: Document
    readonly slot: Slot
    readonly bytes: Uint8Array
    readonly other: Candidate["_tag"]
  }
  | {
    readonly _tag: "Unreadable"
    readonly reason: Reason
    /** A foreign document at the main name, and nothing else: what an adopter may look at. */
    readonly foreign: Option.Option<{ readonly json: unknown; readonly bytes: Uint8Array }>
    /** Whether a write that is under way may look like this. */
    readonly mayBeInFlight: boolean
  }

const readSlot = (target: Target, slot: Slot): Effect.Effect<Candidate, Reason> =>
  target.place.io.readFile(slotPath(target, slot)).pipe(
    Effect.map((bytes): Candidate => {
      const parsed = parseDocument(bytes)
      return parsed._tag === "Document" && keyText(parsed.document.key) !== target.keyText
        ? { _tag: "Damaged", problem: `names another session, ${displayKey(parsed.document.key)}`, bytes }
        : { ...parsed, bytes }
    }),
    Effect.catchIf(isMissing, () => Effect.succeed<Candidate>({ _tag: "Missing" })),
    Effect.mapError(readReason(target.place))
  )

const problemOf = (candidate: Exclude<Candidate, { readonly _tag: "Missing" | "Document" | "NewerFormat" }>): string =>
  candidate._tag === "Torn"
    ? "is cut off"
    : candidate._tag === "Foreign"
    ? "was written by another program"
    : candidate.problem

const corrupt = (at: string, problem: string, older: Option.Option<Version>): Reason =>
  new Corrupt({ at, problem, outcome: "notApplied", older: Option.getOrUndefined(older) })

const versionOf = (candidate: Candidate): Option.Option<Version> =>
  candidate._tag === "Document" ? Option.some(candidate.document.version) : Option.none()

/** Decides what two candidates mean. `pathOf` names them in errors. */
export const selectHead = (
  main: Candidate,
  alt: Candidate,
  pathOf: (slot: Slot) => string
): HeadState => {
  const candidates = { main, alt }
  const unreadable = (slot: Slot, reason: Reason, mayBeInFlight: boolean): HeadState => ({
    _tag: "Unreadable",
    reason,
    mayBeInFlight,
    foreign: slot === "main" && main._tag === "Foreign" && alt._tag === "Missing"
      ? Option.some({ json: main.json, bytes: main.bytes })
      : Option.none()
  })

  for (const slot of ["main", "alt"] as const) {
    const candidate = candidates[slot]
    const older = versionOf(candidates[otherSlot(slot)])
    if (candidate._tag === "NewerFormat") {
      const { format } = candidate
      return unreadable(
        slot,
        new NewerFormat({ at: pathOf(slot), format, known: formatVersion, outcome: "notApplied" }),
        false
      )
    }
    if (candidate._tag === "Damaged" || candidate._tag === "Foreign") {
      return unreadable(slot, corrupt(pathOf(slot), problemOf(candidate), older), candidate._tag === "Damaged")
    }
  }
  const documents = (["main", "alt"] as const).flatMap((slot) => {
    const candidate = candidates[slot]
    return candidate._tag === "Document" ? [{ slot, ...candidate }] : []
  }).toSorted((self, that) => that.document.version - self.document.version)
  const newest = documents[0]
  if (newest !== undefined) {
    const { bytes, document, slot } = newest
    return { _tag: "Current", document, slot, bytes, other: candidates[otherSlot(slot)]._tag }
  }
  // The first write in slots goes to the second name, then to the main one, and is acknowledged after
  // both: a cut-off second name alone never was. A cut-off main name may have been.
  if (main._tag === "Missing") return { _tag: "Absent", isTaken: { main: false, alt: alt._tag === "Torn" } }
  return unreadable("main", corrupt(pathOf("main"), "is cut off", Option.none()), true)
}

/** Reads a key's head as its files are at the moment. */
export const readHead = Effect.fnUntraced(function*(target: Target) {
  const main = yield* readSlot(target, "main")
  const alt = yield* readSlot(target, "alt")
  return selectHead(main, alt, (slot) => slotPath(target, slot))
})

// Another process writes a slot within milliseconds; this many looks tell it from damage.
const looksMax = 3

/**
 * Reads a key's head without its lock: a file that may be in the middle of a write is read again, at
 * last while no writer of this process holds the key.
 */
export const readHeadUnlocked = Effect.fnUntraced(function*(target: Target) {
  for (let look = 1; look < looksMax; look++) {
    const head = yield* readHead(target)
    if (head._tag !== "Unreadable" || !head.mayBeInFlight) return head
    yield* Effect.sleep("5 millis")
  }
  return yield* target.place.memory.lock(target.keyText)(readHead(target))
})
