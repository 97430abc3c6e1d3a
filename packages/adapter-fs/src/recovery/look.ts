/**
 * Looking at a leftover: its bytes, its key's head, and what the app's adopter makes of it.
 *
 * The caller holds the key. The file is looked at twice, before it is read and after all else was: one that
 * changed in between, or was written a moment ago and is not whole, has a writer, and is left to it.
 */
import { type Adopted, type Adopter, keyProblem, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Place, readReason, segmentPath, type Target, targetOf } from "../commit/Place.ts"
import { readHead } from "../commit/readHead.ts"
import { isMissing } from "../io/errno.ts"
import { type Parsed, parseDocument } from "../layout/envelope.ts"
import { adoptable } from "./adopt.ts"
import { type Content, contentOf } from "./content.ts"
import type { Leftover } from "./leftovers.ts"
import { isChangedSource, isForked, lookSibling } from "./lookForeign.ts"
import { type LookedHead, lookHead } from "./lookHead.ts"
import type { Seen } from "./seen.ts"

/** How a leftover is looked at. */
export interface Looking {
  readonly place: Place
  readonly adopter: Option.Option<Adopter>
  readonly isAsked: boolean
}

/** A leftover as it was looked at. */
export interface Looked {
  readonly leftover: Leftover
  readonly bytes: Uint8Array
  readonly parsed: Parsed
  readonly head: LookedHead
  readonly adopted: Option.Option<Adopted>
  readonly modifiedAt: Option.Option<number>
  readonly seen: Seen
}

// A program that writes a file in pieces does not wait longer between two of them.
const freshMillis = 2000

interface Facts {
  readonly size: number
  readonly modifiedAt: Option.Option<number>
}

const isSame = (first: Facts, second: Facts): boolean =>
  first.size === second.size
  && Option.getOrElse(first.modifiedAt, () => 0) === Option.getOrElse(second.modifiedAt, () => 0)

const isFresh = ({ modifiedAt }: Facts, now: number): boolean =>
  Option.exists(modifiedAt, (time) => Math.abs(now - time) < freshMillis)

/** What cannot be told of a file is not held against it. */
const factsOf = (place: Place, path: string): Effect.Effect<Option.Option<Facts>> => Effect.option(place.io.stat(path))

const mayBeHalf: ReadonlySet<Content> = new Set(["empty", "nul", "torn", "damaged"])

const isSteady = Effect.fnUntraced(function*(place: Place, leftover: Leftover, look: {
  readonly before: Option.Option<Facts>
  readonly content: Content
}) {
  const after = yield* factsOf(place, leftover.path)
  if (Option.isNone(look.before) || Option.isNone(after)) return true
  if (!isSame(look.before.value, after.value)) return false
  const isForeign = leftover.what === "foreignTemp" || leftover.what === "main"
  return !isForeign || !mayBeHalf.has(look.content) || !isFresh(after.value, yield* Clock.currentTimeMillis)
})

/** Whether a document that has another name is a copy: a live session of the same life lies where it belongs. */
const isCopy = (place: Place, parsed: Parsed): Effect.Effect<boolean> => {
  if (parsed._tag !== "Document" || Option.isSome(keyProblem(parsed.document.key))) return Effect.succeed(false)
  const { incarnation, key } = parsed.document
  return Effect.match(readHead(targetOf(place, key)), {
    onFailure: () => false,
    onSuccess: (head) =>
      head._tag === "Current" && !head.document.isRemoved && head.document.incarnation === incarnation
  })
}

const adoptedUpdatedAt = (adopted: Option.Option<Adopted>) => Option.flatMap(adopted, ({ updatedAt }) => updatedAt)

/** What is seen of another program's document beside the rest. */
const lookRound = Effect.fnUntraced(function*(
  { adopter, place }: Looking,
  target: Target,
  looked: Omit<Looked, "seen" | "modifiedAt">
): Effect.fn.Return<Pick<Seen, "head" | "sibling" | "isForked">, Reason> {
  const { adopted, bytes, head, leftover: { path }, parsed } = looked
  const nothing = { head: head.seen, sibling: "none", isForked: false } as const
  if (parsed._tag !== "Foreign") return nothing
  // In a folder of another name it is no reason to replace what has the session's own name.
  const isElsewhere = place.path.dirname(path) !== target.folder
  if (isElsewhere && (head.seen._tag === "Foreign" || head.seen._tag === "Invalid")) {
    return { ...nothing, head: { _tag: "Blocked" } }
  }
  if (head.seen._tag === "Present") {
    const { adoption, isRemoved } = head.seen
    if (isRemoved || adoption === "source" || !(yield* isChangedSource(target, head.state, path))) return nothing
    const seen = { ...head.seen, adoption: "changedSource" } as const
    return { ...nothing, head: seen, isForked: yield* isForked(place, target.key, bytes) }
  }
  if (Option.isNone(adopted)) return nothing
  const takes = (json: unknown) =>
    Effect.map(adoptable(adopter, Option.some(json), target), Option.map(({ updatedAt }) => updatedAt))
  const file = { path, bytes, updatedAt: adoptedUpdatedAt(adopted) }
  return { ...nothing, sibling: yield* lookSibling(place, file, takes) }
})

/** Reads a leftover with its key's head; none when it is gone. */
export const look = Effect.fnUntraced(function*(
  looking: Looking,
  leftover: Leftover,
  key: SessionKey
): Effect.fn.Return<Option.Option<Looked>, Reason> {
  const { adopter, isAsked, place } = looking
  const target = targetOf(place, key)
  const before = yield* factsOf(place, leftover.path)
  const read = yield* Effect.asSome(place.io.readFile(leftover.path)).pipe(
    Effect.catchIf(isMissing, () => Effect.succeedNone),
    Effect.mapError(readReason(place))
  )
  if (Option.isNone(read)) return Option.none()
  const bytes = read.value
  const parsed = parseDocument(bytes)
  const content = contentOf(parsed, bytes, target.key)
  const json = parsed._tag === "Foreign" ? Option.some(parsed.json) : Option.none()
  const adopted = yield* adoptable(adopter, json, target)
  const head = yield* lookHead(target, { bytes, parsed, updatedAt: adoptedUpdatedAt(adopted) })
  const wasOurs = (yield* place.acknowledged(target)).version > 0
  const hasLog = yield* Effect.isSuccess(place.io.stat(segmentPath(target, 0)))
  const round = yield* lookRound(looking, target, { leftover, bytes, parsed, head, adopted })
  const seen: Seen = {
    what: leftover.what,
    content,
    isSteady: yield* isSteady(place, leftover, { before, content }),
    hasLog,
    wasOurs,
    isAdoptable: Option.isSome(adopted),
    isCopy: content === "wrongId" && (yield* isCopy(place, parsed)),
    isAsked,
    ...round
  }
  const modifiedAt = Option.flatMap(before, (facts) => facts.modifiedAt)
  return Option.some({ leftover, bytes, parsed, head, adopted, modifiedAt, seen })
})
