/**
 * Reading a head: both names are read, and the highest whole version is the session.
 *
 * Absent means that the system said so of both names. A file cut off at its end is a write that did not
 * finish; everything else that cannot be read is an error and never served around, because it may have
 * been acknowledged.
 */
import { Corrupt, displayKey, keyText, NewerFormat, type Reason, type Version } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { checksum } from "../layout/checksum.ts"
import { type Document, formatVersion, type Parsed, parseDocument } from "../layout/envelope.ts"
import { otherSlot, type Slot } from "../layout/files.ts"
import { readReason, slotPath, type Target } from "./Place.ts"

/** One of the two names: what is there, with its bytes. */
export type Candidate = { readonly _tag: "Missing" } | (Parsed & { readonly bytes: Uint8Array })

/** What the two names say together. */
export type HeadState =
  /** Known to be absent. A name that is taken all the same holds what is void: a first write that did not finish, a copied foreign file. */
  | {
    readonly _tag: "Absent"
    readonly isTaken: { readonly [slot in Slot]: boolean }
    /** Publish only if nobody else has published meanwhile: a recovery must not take a living writer's place. */
    readonly mustBeNew: boolean
  }
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
    /** A foreign document at the main name, and at most a first write beside it that did not finish: what an adopter may look at. */
    readonly foreign: Option.Option<
      { readonly json: unknown; readonly bytes: Uint8Array; readonly isAltTaken: boolean }
    >
    /** Whether a write that is under way may look like this. */
    readonly mayBeInFlight: boolean
  }

const readSlot = (target: Target, slot: Slot): Effect.Effect<Candidate, Reason> =>
  target.place.io.readIfThere(slotPath(target, slot), 0, Infinity).pipe(
    Effect.map((read): Candidate => {
      if (Option.isNone(read)) return { _tag: "Missing" }
      const { bytes } = read.value
      const known = target.place.memory.heads.find(target.keyText, bytes)
      if (known !== undefined) return { _tag: "Document", document: known, bytes }
      const parsed = parseDocument(bytes)
      return parsed._tag === "Document" && keyText(parsed.document.key) !== target.keyText
        ? { _tag: "Damaged", problem: `names another session, ${displayKey(parsed.document.key)}`, bytes }
        : { ...parsed, bytes }
    }),
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

/**
 * Whether a document is the first version of the session that was adopted from these bytes. Beside them
 * it stands for an adoption that was cut short: a copy of them was kept, so they say nothing more.
 */
const isAdoptedFrom = ({ adoptedFrom, writes }: Document, bytes: Uint8Array): boolean =>
  writes.length === 0 && Option.contains(adoptedFrom, checksum(bytes))

/** Decides what two candidates mean. `pathOf` names them in errors. */
export const selectHead = (
  main: Candidate,
  alt: Candidate,
  pathOf: (slot: Slot) => string
): HeadState => {
  const candidates = { main, alt }
  const unreadable = (reason: Reason, mayBeInFlight: boolean): HeadState => ({
    _tag: "Unreadable",
    reason,
    mayBeInFlight,
    foreign: main._tag === "Foreign" && (alt._tag === "Missing" || alt._tag === "Torn")
      ? Option.some({ json: main.json, bytes: main.bytes, isAltTaken: alt._tag === "Torn" })
      : Option.none()
  })

  if (main._tag === "Foreign" && alt._tag === "Document" && isAdoptedFrom(alt.document, main.bytes)) {
    return { _tag: "Current", document: alt.document, slot: "alt", bytes: alt.bytes, other: "Foreign" }
  }
  for (const slot of ["main", "alt"] as const) {
    const candidate = candidates[slot]
    const older = versionOf(candidates[otherSlot(slot)])
    if (candidate._tag === "NewerFormat") {
      const { format } = candidate
      return unreadable(
        new NewerFormat({ at: pathOf(slot), format, known: formatVersion, outcome: "notApplied" }),
        false
      )
    }
    if (candidate._tag === "Damaged" || candidate._tag === "Foreign") {
      return unreadable(corrupt(pathOf(slot), problemOf(candidate), older), candidate._tag === "Damaged")
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
  if (main._tag === "Missing") {
    return { _tag: "Absent", isTaken: { main: false, alt: alt._tag === "Torn" }, mustBeNew: false }
  }
  return unreadable(corrupt(pathOf("main"), "is cut off", Option.none()), true)
}

/** Reads a key's head as its files are at the moment. */
export const readHead = Effect.fnUntraced(function*(target: Target) {
  // The second name first: whatever takes it away has published the main one before.
  const alt = yield* readSlot(target, "alt")
  const main = yield* readSlot(target, "main")
  return selectHead(main, alt, (slot) => slotPath(target, slot))
})

/**
 * Whether a head may be what a write under way leaves for a moment. A name that is cut off may be the one
 * being written while the other was overwritten a moment before: what was read is then older than it should be.
 */
const isUnsettled = (head: HeadState): boolean =>
  head._tag === "Unreadable" ? head.mayBeInFlight : head._tag === "Current" && head.other === "Torn"

const versionRead = (head: HeadState): number => head._tag === "Current" ? head.document.version : 0

// Another process writes a slot within milliseconds; this many looks tell it from damage.
const looksMax = 3

/**
 * Reads a key's head without its lock: files that may be in the middle of a write are read again until
 * two looks agree, at last while no writer of this process holds the key.
 */
export const readHeadUnlocked = Effect.fnUntraced(function*(target: Target) {
  let before = yield* readHead(target)
  for (let look = 1; look < looksMax && isUnsettled(before); look++) {
    yield* Effect.sleep("5 millis")
    const head = yield* readHead(target)
    if (head._tag === "Current" && versionRead(head) === versionRead(before)) return head
    before = head
  }
  return isUnsettled(before) ? yield* target.place.lock(target)(readHead(target)) : before
})
