/**
 * Adoption: another program's document becomes a session, and stays where it is.
 *
 * The session remembers the checksum of its source, also after its removal, so that the same bytes are
 * never adopted twice. The document goes through the same commit ladder as any save.
 */
import { type Adopted, type Adopter, nextVersion, randomId, type Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ensureFolder, type Target } from "../commit/Place.ts"
import { publish } from "../commit/publish.ts"
import { type Doubtful, keepAside } from "../commit/setAside.ts"
import { checksum } from "../layout/checksum.ts"
import { encodeDocument } from "../layout/envelope.ts"
import type { Slot } from "../layout/files.ts"

/** A foreign document: its bytes, and when the file system says it was written. */
export interface ForeignFile {
  readonly bytes: Uint8Array
  readonly modifiedAt: Option.Option<number>
  /** What lies at the session's main name, and is replaced: the document itself, or one that it is preferred to. */
  readonly replaced: Option.Option<Doubtful>
  /** Which names of the session's head are taken. */
  readonly isTaken: { readonly [slot in Slot]: boolean }
}

/** What the app's adopter makes of a foreign file; none when it refuses or the file is no JSON. */
export const adoptable = (
  adopter: Option.Option<Adopter>,
  json: Option.Option<unknown>,
  target: Target
): Effect.Effect<Option.Option<Adopted>> =>
  Option.isSome(adopter) && Option.isSome(json) ? adopter.value(json.value, target.key) : Effect.succeedNone

/** Publishes a foreign document as a session. The caller holds the key and knows that it has no head. */
export const adoptForeign = Effect.fnUntraced(function*(
  target: Target,
  file: ForeignFile,
  adopted: Adopted
): Effect.fn.Return<void, Reason> {
  yield* ensureFolder(target.place, target.key.namespace)
  // The head takes the name of a file: a synced copy of it exists before that.
  if (Option.isSome(file.replaced)) yield* keepAside(target.place, file.replaced.value)
  const now = yield* Clock.currentTimeMillis
  const known = yield* target.place.acknowledged(target)
  const written = Option.getOrElse(file.modifiedAt, () => now)
  const updatedAt = Option.getOrElse(adopted.updatedAt, () => Option.getOrElse(adopted.createdAt, () => written))
  const document = encodeDocument({
    key: target.key,
    kind: adopted.kind,
    schemaVersion: adopted.schemaVersion,
    version: nextVersion({ current: 0, removed: 0, floor: known.version, now }),
    incarnation: randomId(),
    createdAt: Option.getOrElse(adopted.createdAt, () => updatedAt),
    updatedAt,
    writes: [],
    log: { segments: [], count: 0 },
    commitId: Option.none(),
    adoptedFrom: Option.some(checksum(file.bytes)),
    isRemoved: false,
    summary: adopted.summary,
    body: adopted.body
  })
  yield* publish(target, { _tag: "Absent", isTaken: file.isTaken, mustBeNew: !file.isTaken.main }, document)
})
