/**
 * Keeping what is doubtful: bytes that are about to be replaced or cut off are copied to `lost-found/`.
 *
 * Beside each copy lies a small file that tells where it comes from and why it is there, without content.
 * Both are synced before this succeeds, so that whoever goes on loses nothing; an attempt that was cut short
 * is completed by the next one. A copy that cannot be finished is removed again, since its source stays.
 */
import { keyProblem, makeKey, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { overwrite, removeFile, rewriteSame, writeNew } from "../io/durable.ts"
import type { IoFailure } from "../io/Io.ts"
import { checksum } from "../layout/checksum.ts"
import { parseDocument } from "../layout/envelope.ts"
import { lostFoundFolder, roleOf } from "../layout/files.ts"
import { decodeName } from "../layout/names.ts"
import { type Place, readReason, syncNames } from "./Place.ts"

// Leaves room for the checksum and the suffix below the 255 bytes of a file name.
const nameMax = 200

const aboutSuffix = ".about.json"

const KeyText = Schema.NullOr(Schema.Struct({ namespace: Schema.Array(Schema.String), id: Schema.String }))

/** What is written down about a copy. */
const About = Schema.Struct({
  /** When it was put there, in epoch milliseconds. */
  at: Schema.Finite,
  /** Where it lay, below the store's folder, with slashes. */
  from: Schema.String,
  /** The key that its place names. */
  key: KeyText,
  /** Why it is here: the kind of the finding. */
  kind: Schema.String,
  bytes: Schema.Int,
  /** The beginning of the SHA-256 of its bytes. */
  checksum: Schema.String,
  /** The version and the key that are written in it, where it is a whole document of ours. */
  version: Schema.NullOr(Schema.Int),
  holds: KeyText
})

/** Bytes to be kept, where they lie, and why they are kept. */
export interface Doubtful {
  readonly source: string
  readonly bytes: Uint8Array
  readonly kind: string
}

/** The file that tells about a copy. */
export const aboutFile = (copy: string): string => `${copy}${aboutSuffix}`

/** Whether a name in `lost-found/` is that of a file which tells about a copy. */
export const isAboutFile = (name: string): boolean => name.endsWith(aboutSuffix)

/** The folder in which a store keeps what is doubtful. */
export const lostFoundOf = ({ path, root }: Place): string => path.join(root, lostFoundFolder)

const partsOf = ({ path, root }: Place, source: string): ReadonlyArray<string> =>
  path.relative(root, source).split(/[\\/]/)

/** The name that a file's path gives to its copy: of characters that every platform takes. */
export const keptName = (place: Place, source: string): string =>
  partsOf(place, source).join("~").replaceAll(/[^\w.~=-]/g, "_").slice(-nameMax)

const keyName = (part: string): string => Option.getOrElse(decodeName(part), () => part)

const keyOf = (place: Place, source: string): Option.Option<SessionKey> => {
  const parts = partsOf(place, source)
  const role = roleOf(parts.at(-1) ?? "")
  if (role._tag === "Probe" || role._tag === "Other") return Option.none()
  const key = makeKey(keyName(role.stem), parts.slice(0, -1).map(keyName))
  return Option.isNone(keyProblem(key)) ? Option.some(key) : Option.none()
}

const describe = (place: Place, { bytes, kind, source }: Doubtful, at: number): typeof About.Type => {
  const parsed = parseDocument(bytes)
  return {
    at,
    from: partsOf(place, source).join("/"),
    key: Option.getOrNull(keyOf(place, source)),
    kind,
    bytes: bytes.length,
    checksum: checksum(bytes),
    version: parsed._tag === "Document" ? parsed.document.version : null,
    holds: parsed._tag === "Document" ? parsed.document.key : null
  }
}

const decodeAbout = Schema.decodeUnknownOption(About)

/** What a file tells about a copy; none when it was cut off. */
export const parseAbout = (bytes: Uint8Array): Option.Option<typeof About.Type> =>
  Option.flatMap(
    Result.getSuccess(Result.try((): unknown => JSON.parse(new TextDecoder().decode(bytes)))),
    decodeAbout
  )

const isKept = (failure: IoFailure): boolean => failure.code === "EEXIST"

/** Writes a file of `lost-found/` that has a name of its own; one that is there is dealt with by `again`. */
const writeOnce = (place: Place, file: string, { again, bytes }: {
  readonly bytes: Uint8Array
  readonly again: Effect.Effect<void, IoFailure>
}): Effect.Effect<void, IoFailure> =>
  writeNew(place.io, file, bytes).pipe(
    Effect.tapError((failure) => isKept(failure) ? Effect.void : Effect.exit(removeFile(place.io, file))),
    Effect.catchIf(isKept, () => again)
  )

const writeAbout = Effect.fnUntraced(function*(place: Place, copy: string, doubtful: Doubtful) {
  const file = aboutFile(copy)
  const about = describe(place, doubtful, yield* Clock.currentTimeMillis)
  const bytes = new TextEncoder().encode(`${JSON.stringify(about, null, 2)}\n`)
  const again = Effect.flatMap(
    place.io.readFile(file),
    (found) =>
      Option.isSome(parseAbout(found))
        ? rewriteSame(place.io, file, { offset: 0, bytes: found })
        : overwrite(place.io, file, bytes)
  )
  yield* writeOnce(place, file, { bytes, again })
})

/** Copies doubtful bytes to `lost-found/`, writes down what they are, and says where the copy lies. */
export const keepAside = (place: Place, doubtful: Doubtful): Effect.Effect<string, Reason> => {
  const { bytes, source } = doubtful
  const folder = lostFoundOf(place)
  const copy = place.path.join(folder, `${checksum(bytes)}.${keptName(place, source)}`)
  return Effect.gen(function*() {
    yield* place.io.makeDirectory(folder)
    yield* syncNames(place, place.root)
    // Named by its content, a copy that is there was kept before, by an attempt that got no further.
    yield* writeOnce(place, copy, { bytes, again: rewriteSame(place.io, copy, { offset: 0, bytes }) })
    yield* writeAbout(place, copy, doubtful)
    yield* syncNames(place, folder)
    return copy
  }).pipe(Effect.mapError((failure: IoFailure) => readReason(place)(failure)))
}

/** Copies what is about to be cut off a log, or replaced in it, to `lost-found/` and says where. */
export const setAside = (place: Place, source: string, bytes: Uint8Array): Effect.Effect<string, Reason> =>
  keepAside(place, { source, bytes, kind: "log.cutOff" })
