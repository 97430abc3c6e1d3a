/**
 * Looking round another program's file: what lies beside it, and whether a session was adopted from it.
 *
 * A program that writes a temporary file and renames it may leave both, and a folder may lie there under its
 * raw name and under the one that this adapter gives it. Which of several files a session was adopted from
 * is told by the checksum that the session keeps.
 */
import type { Reason, SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Place, readReason, slotPath, type Target, targetOf } from "../commit/Place.ts"
import { type HeadState, readHead } from "../commit/readHead.ts"
import { keptName, lostFoundOf } from "../commit/setAside.ts"
import { isMissing } from "../io/errno.ts"
import { checksum } from "../layout/checksum.ts"
import { parseDocument } from "../layout/envelope.ts"
import { forkKeyOf } from "../layout/forkKey.ts"
import { ageOf } from "./content.ts"
import type { Seen } from "./seen.ts"

const tempSuffix = ".tmp"

/** The other one of a finished file and its temporary one. */
const siblingOf = (file: string): string =>
  file.endsWith(tempSuffix) ? file.slice(0, -tempSuffix.length) : `${file}${tempSuffix}`

/**
 * The bytes of a file; none when it is not there. A file that cannot be read fails: what it holds is not
 * known, and nothing is decided by its absence.
 */
const readIfThere = (place: Place, path: string): Effect.Effect<Option.Option<Uint8Array>, Reason> =>
  Effect.asSome(place.io.readFile(path)).pipe(
    Effect.catchIf(isMissing, () => Effect.succeedNone),
    Effect.mapError(readReason(place))
  )

/** When a document of another program says it was changed; none inside when no adopter takes it. */
export type Takes = (json: unknown) => Effect.Effect<Option.Option<Option.Option<number>>>

/** Looks at the other file of the same name, and compares what the contents say of themselves. */
export const lookSibling = Effect.fnUntraced(function*(
  place: Place,
  file: { readonly path: string; readonly bytes: Uint8Array; readonly updatedAt: Option.Option<number> },
  takes: Takes
): Effect.fn.Return<Seen["sibling"], Reason> {
  const bytes = yield* readIfThere(place, siblingOf(file.path)).pipe(
    // A finished file does not wait for a temporary one that nobody may ever read.
    Effect.catchIf(
      (reason) => reason._tag === "PermissionDenied" && !file.path.endsWith(tempSuffix),
      () => Effect.succeedNone
    )
  )
  if (Option.isNone(bytes)) return "none"
  if (Buffer.compare(bytes.value, file.bytes) === 0) return "identical"
  const parsed = parseDocument(bytes.value)
  if (parsed._tag !== "Foreign") return "invalid"
  const taken = yield* takes(parsed.json)
  return Option.match(taken, {
    onNone: () => "refused" as const,
    onSome: (updatedAt) => ageOf(file.updatedAt, updatedAt)
  })
})

/** Where another program's file of this key may lie: under the names that we give, and under the raw ones. */
export const foreignPlaces = ({ folder, key, place, stem }: Target): ReadonlyArray<string> => {
  const folders = new Set([folder, place.path.join(place.root, ...key.namespace)])
  const stems = new Set([stem, key.id])
  return [...folders].flatMap((each) =>
    [...stems].flatMap((name) =>
      [`${name}.json`, `${name}.json${tempSuffix}`].map((file) => place.path.join(each, file))
    )
  )
}

const holdsBytes = (place: Place, path: string, sum: string): Effect.Effect<boolean, Reason> =>
  Effect.map(readIfThere(place, path), Option.exists((bytes) => checksum(bytes) === sum))

/** Whether the file that a session was adopted from is another one than this, or was, before the session took its name. */
const hasOtherSource = Effect.fnUntraced(function*(target: Target, path: string, sum: string) {
  const { place } = target
  const kept = place.path.join(lostFoundOf(place), `${sum}.${keptName(place, slotPath(target, "main"))}`)
  for (const other of [...foreignPlaces(target), siblingOf(path), kept]) {
    if (other !== path && (yield* holdsBytes(place, other, sum))) return true
  }
  return false
})

/** Whether a document is what became of the file that the key's session was adopted from. */
export const isChangedSource = (target: Target, head: HeadState, path: string): Effect.Effect<boolean, Reason> =>
  head._tag === "Current" && Option.isSome(head.document.adoptedFrom)
    ? Effect.map(hasOtherSource(target, path, head.document.adoptedFrom.value), (hasOther) => !hasOther)
    : Effect.succeed(false)

/** Whether a document has a session of its own already, or had one that was removed. */
export const isForked = (place: Place, key: SessionKey, bytes: Uint8Array): Effect.Effect<boolean> =>
  Effect.match(readHead(targetOf(place, forkKeyOf(key, bytes))), {
    onFailure: () => true,
    onSuccess: (head) => head._tag !== "Absent"
  })
