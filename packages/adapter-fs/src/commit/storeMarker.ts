/**
 * Reading a store's marker: which store it is, and the store-level record, under two names that take turns.
 *
 * A record is first written to the second name and synced, then to the main one, so the main name decides as long
 * as it is whole, and the second one when a write of the main one was cut short. A marker that the second name
 * proves to have lost its record is damaged: it never passes for that of a store which was never switched.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Path } from "effect/Path"
import { isMissing } from "../io/errno.ts"
import type { Io, IoFailure } from "../io/Io.ts"
import { markerCopyFile, markerFile, storeFolder } from "../layout/files.ts"
import { beginsAs, type NumberedRecord, type ParsedMarker, parseMarker } from "../layout/marker.ts"

/** Where a store lies. */
interface StorePlace {
  readonly path: Path
  readonly root: string
}

/** The path of the marker. */
export const markerPath = ({ path, root }: StorePlace): string => path.join(root, storeFolder, markerFile)

/** The path of its second name. */
export const markerCopyPath = ({ path, root }: StorePlace): string => path.join(root, storeFolder, markerCopyFile)

/** What a marker says of a store that is expected there. */
export type Verdict =
  | {
    readonly _tag: "Store"
    readonly role: Option.Option<NumberedRecord>
    /** Which name says it. */
    readonly from: "main" | "copy"
  }
  /** It is the store, and its record cannot be read. */
  | { readonly _tag: "BrokenRole" }
  | { readonly _tag: "OtherStore" }

/** What the two names are. */
interface MarkerNames {
  readonly main: ParsedMarker
  readonly copy: Option.Option<ParsedMarker>
}

/** A marker as it was read. */
export interface SeenMarker {
  readonly names: MarkerNames
  readonly verdict: Verdict
  /** No bytes where the second name is not there. */
  readonly bytes: { readonly main: Uint8Array; readonly copy: Uint8Array }
}

type MarkedPlace = StorePlace & { readonly io: Io }

const nothing: Uint8Array = new Uint8Array()

const readNames = Effect.fnUntraced(function*(
  place: MarkedPlace
): Effect.fn.Return<Omit<SeenMarker, "verdict">, IoFailure> {
  const main = yield* place.io.readFile(markerPath(place))
  const copy = yield* place.io.readFile(markerCopyPath(place)).pipe(
    Effect.asSome,
    Effect.catchIf(isMissing, () => Effect.succeedNone)
  )
  return {
    names: { main: parseMarker(main), copy: Option.map(copy, parseMarker) },
    bytes: { main, copy: Option.getOrElse(copy, () => nothing) }
  }
})

const roleOfCopy = ({ copy }: MarkerNames, isStore: (identity: string) => boolean): Option.Option<NumberedRecord> =>
  Option.flatMap(copy, (marker) => marker._tag === "Marker" && isStore(marker.identity) ? marker.role : Option.none())

/** What the two names say of the store that has this identity. */
const judgeMarker = (names: MarkerNames, identity: string): Verdict => {
  const { main } = names
  const inCopy = roleOfCopy(names, (found) => found === identity)
  if (main._tag === "Marker" && main.identity === identity) {
    // The second record is written beside a first one that is on the disk: a main name without one has lost it.
    const isLost = Option.isNone(main.role) && Option.exists(inCopy, ({ number }) => number > 1)
    return isLost ? { _tag: "BrokenRole" } : { _tag: "Store", role: main.role, from: "main" }
  }
  if (Option.isSome(inCopy)) return { _tag: "Store", role: inCopy, from: "copy" }
  return main._tag === "Broken" && beginsAs(main.text, identity) ? { _tag: "BrokenRole" } : { _tag: "OtherStore" }
}

// Whoever writes a marker does so within milliseconds; this many looks tell it from damage.
const looksMax = 3

/** Reads a marker for the store that has this identity. One that is being written is looked at again. */
export const readMarker = Effect.fnUntraced(function*(
  place: MarkedPlace,
  identity: string
): Effect.fn.Return<SeenMarker, IoFailure> {
  let seen = yield* readNames(place)
  let verdict = judgeMarker(seen.names, identity)
  for (let look = 1; look < looksMax && verdict._tag !== "Store" && seen.names.main._tag === "Broken"; look++) {
    yield* Effect.sleep("5 millis")
    seen = yield* readNames(place)
    verdict = judgeMarker(seen.names, identity)
  }
  return { ...seen, verdict }
})

/** Which store lies at a place; none where the marker is cut off and no second name says more. */
export const identityAt = (place: MarkedPlace): Effect.Effect<Option.Option<string>, IoFailure> =>
  Effect.map(readNames(place), ({ names: { copy, main } }) => {
    // A second name is written for the store that lies here, and damage may make a record of the main one unseen.
    const second = Option.filter(copy, (marker) => marker._tag === "Marker" && Option.isSome(marker.role))
    return Option.flatMap(
      Option.orElse(second, () => Option.some(main)),
      (marker) => marker._tag === "Marker" ? Option.some(marker.identity) : Option.none()
    )
  })

/** What the main name begins with where it is missing: the second name's bytes, or what is given where there is none. */
export const firstMarker = (place: MarkedPlace, fresh: Uint8Array): Effect.Effect<Uint8Array, IoFailure> =>
  Effect.catchIf(place.io.readFile(markerCopyPath(place)), isMissing, () => Effect.succeed(fresh))
