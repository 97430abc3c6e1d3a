/**
 * Looking at what a key's two names hold, as far as a leftover is measured by it.
 *
 * A head that can be read is taken as the readers of sessions take it. Where none can, both names are looked
 * at as they are: what is left of them may still say who wrote them, and which version.
 */
import { keyText, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { readReason, slotPath, type Target } from "../commit/Place.ts"
import { type HeadState, readHead } from "../commit/readHead.ts"
import { readTail } from "../commit/readLog.ts"
import { aboutFile, keptName, lostFoundOf, parseAbout } from "../commit/setAside.ts"
import { isMissing } from "../io/errno.ts"
import { checksum } from "../layout/checksum.ts"
import { type Document, type Parsed, parseDocument } from "../layout/envelope.ts"
import type { Slot } from "../layout/files.ts"
import { type Age, ageOf, type Beginning, beginningOf } from "./content.ts"
import type { HeadSeen } from "./seen.ts"

/** Why a rescue keeps copies of names that it empties. */
export const rescuedKind = "sessionFile.unreadable"

/** A leftover's bytes and what they are; the time of a document that an adopter takes. */
export interface Measured {
  readonly bytes: Uint8Array
  readonly parsed: Parsed
  readonly updatedAt: Option.Option<number>
}

/** One of the two names, as it is. */
export interface RawName {
  readonly slot: Slot
  readonly bytes: Uint8Array
  readonly parsed: Parsed
}

/** A head, what it is to the leftover, and both names as they are where it cannot be read. */
export interface LookedHead {
  readonly state: HeadState
  readonly seen: HeadSeen
  readonly names: ReadonlyArray<RawName>
}

const readName = (target: Target, slot: Slot): Effect.Effect<ReadonlyArray<RawName>, Reason> =>
  target.place.io.readFile(slotPath(target, slot)).pipe(
    Effect.map((bytes) => [{ slot, bytes, parsed: parseDocument(bytes) }]),
    Effect.catchIf(isMissing, () => Effect.succeed([])),
    Effect.mapError(readReason(target.place))
  )

// What a document of ours has in its first line and in its last one, and other programs' files do not.
const ourMarks = ["\"holdfast\":", "\"incarnation\":", "\"checksum\":"]
const ourStart = "{\"holdfast\":"

const ownerOf = (names: ReadonlyArray<RawName>): "ours" | "foreign" | "unknown" => {
  const texts = names.map(({ bytes }) => new TextDecoder().decode(bytes).replaceAll("\0", ""))
  if (names.some(({ slot }) => slot === "alt")) return "ours"
  if (texts.some((text) => ourMarks.some((mark) => text.includes(mark)))) return "ours"
  return texts.every((text) => ourStart.startsWith(text)) ? "unknown" : "foreign"
}

/** Whether entries lie in the log that this document does not account for: its head was another one. */
const hasOtherEntries = (target: Target, document: Document): Effect.Effect<boolean, Reason> =>
  Effect.map(readTail(target, document), ({ isShort, state }) => isShort || state.hasWaiting)

/** How a whole document compares to the versions that unreadable names still tell of. */
const ageAmong = ({ incarnation, version }: Document, found: ReadonlyArray<Option.Option<Beginning>>): Age => {
  const known = found.flatMap(Option.toArray)
  const newest = Math.max(0, ...known.map((each) => each.version))
  if (newest > version) return "older"
  const isKnown = known.length === found.length && known.every((each) => each.incarnation === incarnation)
  return known.length > 0 && isKnown ? "newer" : "undecided"
}

/**
 * Whether names that hold nothing were emptied by a rescue, which has kept copies of them before: it was
 * decided by what they held, and goes on.
 */
const wereEmptied = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<boolean> {
  const { place } = target
  const folder = lostFoundOf(place)
  const names = yield* Effect.orElseSucceed(place.io.readDirectory(folder), () => [])
  const own = (["main", "alt"] as const).map((slot) => aboutFile(`.${keptName(place, slotPath(target, slot))}`))
  for (const name of names.filter((each) => own.some((suffix) => each.endsWith(suffix)))) {
    const about = yield* Effect.option(place.io.readFile(place.path.join(folder, name)))
    if (Option.exists(Option.flatMap(about, parseAbout), ({ kind }) => kind === rescuedKind)) return true
  }
  return false
})

/**
 * Whether names that are cut off are what a rescue of this very document was writing when it failed: copies of what
 * they held before were kept, and their version is none that was on the disk.
 */
const isOwnAttempt = Effect.fnUntraced(function*(
  target: Target,
  filled: ReadonlyArray<RawName>,
  { incarnation, version }: Document
): Effect.fn.Return<boolean> {
  const known = yield* target.place.acknowledged(target)
  const isAttempt = ({ bytes, parsed }: RawName) =>
    parsed._tag === "Torn" && Option.match(beginningOf(bytes), {
      onNone: () => true,
      onSome: (found) => found.incarnation === incarnation && found.version > Math.max(known.version, version)
    })
  return filled.every(isAttempt) && (yield* wereEmptied(target))
})

const seeInvalid = Effect.fnUntraced(function*(
  target: Target,
  names: ReadonlyArray<RawName>,
  document: Document
): Effect.fn.Return<HeadSeen, Reason> {
  if (yield* hasOtherEntries(target, document)) return { _tag: "Blocked" }
  const owner = ownerOf(names)
  // Writing in place empties the name of the older version: beside another one it says nothing.
  const filled = names.filter(({ bytes }) => bytes.length > 0)
  if (filled.length > 0 && (yield* isOwnAttempt(target, filled, document))) {
    return { _tag: "Invalid", owner: "ours", age: "newer" }
  }
  if (filled.length > 0) {
    return {
      _tag: "Invalid",
      owner,
      age: ageAmong(document, filled.map(({ bytes }) => beginningOf(bytes)))
    }
  }
  return { _tag: "Invalid", owner, age: (yield* wereEmptied(target)) ? "newer" : "undecided" }
})

const seeUnreadable = Effect.fnUntraced(function*(
  target: Target,
  names: ReadonlyArray<RawName>,
  measured: Measured
): Effect.fn.Return<HeadSeen, Reason> {
  const isOther = ({ key }: { readonly key: Document["key"] }) => keyText(key) !== target.keyText
  const found = names.map(({ bytes }) => beginningOf(bytes))
  const isBlocked = names.some(({ parsed }) => parsed._tag === "NewerFormat")
    || found.some((each) => Option.isSome(each) && isOther(each.value))
  if (isBlocked) return { _tag: "Blocked" }
  if (names.some(({ parsed }) => parsed._tag === "Foreign")) {
    const alt = names.find(({ slot }) => slot === "alt")?.parsed
    const isCutShort = alt?._tag === "Document" && alt.document.writes.length === 0
      && Option.contains(alt.document.adoptedFrom, checksum(measured.bytes))
    return { _tag: isCutShort ? "CutShort" : "Blocked" }
  }
  const { parsed } = measured
  return parsed._tag === "Document"
    ? yield* seeInvalid(target, names, parsed.document)
    : { _tag: "Invalid", owner: ownerOf(names), age: "undecided" }
})

type Current = Extract<HeadState, { readonly _tag: "Current" }>

const seePresent = ({ bytes, document }: Current, measured: Measured): HeadSeen => {
  const isSource = Option.contains(document.adoptedFrom, checksum(measured.bytes))
  const { parsed } = measured
  const age = Buffer.compare(bytes, measured.bytes) === 0
    ? "identical"
    : parsed._tag === "Document"
    // The same version with other bytes is an attempt that was given up before this one was acknowledged.
    ? parsed.document.version <= document.version ? "older" : "newer"
    : ageOf(measured.updatedAt, Option.some(document.updatedAt))
  return { _tag: "Present", isRemoved: document.isRemoved, age, adoption: isSource ? "source" : "none" }
}

/** Looks at a key's head beside a leftover. Fails where the head cannot be looked at. */
export const lookHead = Effect.fnUntraced(function*(
  target: Target,
  measured: Measured
): Effect.fn.Return<LookedHead, Reason> {
  const state = yield* readHead(target)
  if (state._tag === "Absent") return { state, seen: { _tag: "Absent" }, names: [] }
  if (state._tag === "Current") return { state, seen: seePresent(state, measured), names: [] }
  const names = [...yield* readName(target, "main"), ...yield* readName(target, "alt")]
  const seen: HeadSeen = Option.isSome(state.foreign)
    ? { _tag: "Foreign" }
    : yield* seeUnreadable(target, names, measured)
  return { state, seen, names }
})
