/**
 * Doing what was decided about a leftover: every step is durable before what it relies on is given up.
 *
 * The caller holds the key. Whatever is interrupted here is found again by the next recovery, which comes
 * to the same decision, or to one that goes on from there.
 */
import { nextVersion, type Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ensureFolder, type Place, readReason, recall, slotPath, syncNames, type Target } from "../commit/Place.ts"
import { publish } from "../commit/publish.ts"
import { type Doubtful, keepAside } from "../commit/setAside.ts"
import { cutOff, removeFile, rewriteSame } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import { encodeDocument } from "../layout/envelope.ts"
import type { Slot } from "../layout/files.ts"
import { adoptForeign } from "./adopt.ts"
import type { Decision } from "./decide.ts"
import type { Looked } from "./look.ts"
import { type RawName, rescuedKind } from "./lookHead.ts"

/** Removes a leftover, for good. */
export const removeLeftover = Effect.fnUntraced(function*(place: Place, path: string) {
  yield* Effect.catchIf(removeFile(place.io, path), isMissing, () => Effect.void)
  yield* syncNames(place, place.path.dirname(path))
}, (effect, place) => Effect.mapError(effect, readReason(place)))

/** Makes sure that the head is on the disk, whoever wrote it, before what is not newer than it is deleted. */
const syncHead = Effect.fnUntraced(function*(target: Target, { head: { state } }: Looked) {
  if (state._tag !== "Current" || recall(target).headSynced >= state.document.version) return
  yield* rewriteSame(target.place.io, slotPath(target, state.slot), { offset: 0, bytes: state.bytes }).pipe(
    Effect.andThen(syncNames(target.place, target.folder)),
    Effect.mapError(readReason(target.place))
  )
})

/** Publishes a temporary file's own bytes: it was whole, and the session has nothing else. */
const promote = Effect.fnUntraced(function*(target: Target, { bytes, head: { state }, leftover }: Looked) {
  if (state._tag === "Unreadable") return
  yield* ensureFolder(target.place, target.key.namespace)
  yield* publish(target, state._tag === "Absent" ? { ...state, mustBeNew: true } : state, bytes)
  yield* removeLeftover(target.place, leftover.path)
})

const takenBy = (names: ReadonlyArray<RawName>): { readonly [slot in Slot]: boolean } => ({
  main: names.some(({ slot }) => slot === "main"),
  alt: names.some(({ slot }) => slot === "alt")
})

const isWhole = ({ parsed }: RawName): boolean => parsed._tag === "Document"

/**
 * Publishes a temporary file over names that cannot be read, with a version that nobody was told before.
 *
 * Copies of the names are kept first. Then they are emptied: a name that is damaged, beside one that was
 * published, would keep the session unreadable, and one that is cut off does not. A whole older version is
 * emptied before the damaged one beside it, which alone keeps it from being taken for the session.
 */
const rescue = Effect.fnUntraced(function*(target: Target, { head: { names }, leftover, parsed }: Looked) {
  if (parsed._tag !== "Document") return
  const { io } = target.place
  const filled = names.filter(({ bytes }) => bytes.length > 0)
  for (const { bytes, slot } of filled) {
    yield* keepAside(target.place, { source: slotPath(target, slot), bytes, kind: rescuedKind })
  }
  for (const { slot } of [...filled.filter(isWhole), ...filled.filter((name) => !isWhole(name))]) {
    yield* Effect.mapError(cutOff(io, slotPath(target, slot), 0), readReason(target.place))
  }
  const now = yield* Clock.currentTimeMillis
  const known = yield* target.place.acknowledged(target)
  const floor = Math.max(Math.floor(now * 1000), known.version)
  const version = nextVersion({ current: parsed.document.version, removed: 0, floor, now })
  const bytes = encodeDocument({ ...parsed.document, version })
  yield* publish(target, { _tag: "Absent", isTaken: takenBy(names), mustBeNew: false }, bytes)
  yield* removeLeftover(target.place, leftover.path)
})

/** Publishes once more what one of the two names holds of an adoption that was cut short. */
const finishAdoption = Effect.fnUntraced(function*(target: Target, { head: { names } }: Looked) {
  const main = names.find(({ slot }) => slot === "main")
  const alt = names.find(({ slot }) => slot === "alt")
  if (main === undefined || alt === undefined) return
  const source = slotPath(target, "main")
  yield* keepAside(target.place, { source, bytes: main.bytes, kind: "foreignFile.replaced" })
  yield* publish(target, { _tag: "Absent", isTaken: { main: true, alt: true }, mustBeNew: false }, alt.bytes)
})

const adopt = Effect.fnUntraced(function*(target: Target, looked: Looked) {
  const { adopted, bytes, head: { names, state }, modifiedAt } = looked
  if (Option.isNone(adopted)) return
  const main = names.find(({ slot }) => slot === "main")
  const replaced = main === undefined || main.bytes.length === 0
    ? Option.none<Doubtful>()
    : Option.some({ source: slotPath(target, "main"), bytes: main.bytes, kind: "foreignFile.replaced" })
  const isTaken = state._tag === "Absent" ? state.isTaken : takenBy(names)
  yield* adoptForeign(target, { bytes, modifiedAt, replaced, isTaken }, adopted.value)
})

const adoptAny = (target: Target, looked: Looked): Effect.Effect<void, Reason> => {
  const { leftover: { what }, seen: { head } } = looked
  if (head._tag === "CutShort") return finishAdoption(target, looked)
  if (what !== "ownTemp") return adopt(target, looked)
  return head._tag === "Invalid" ? rescue(target, looked) : promote(target, looked)
}

/** Does what was decided about a leftover of this key. */
export const carryOut = (target: Target, looked: Looked, decision: Decision): Effect.Effect<void, Reason> => {
  const { bytes, leftover: { path } } = looked
  const { place } = target
  switch (decision.action) {
    case "adopt":
      return adoptAny(target, looked)
    case "quarantine":
      return Effect.andThen(
        keepAside(place, { source: path, bytes, kind: decision.kind }),
        removeLeftover(place, path)
      )
    case "delete":
      return Effect.andThen(syncHead(target, looked), removeLeftover(place, path))
    default:
      return Effect.void
  }
}
