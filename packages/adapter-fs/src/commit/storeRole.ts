/**
 * The store-level record: reading it, replacing it, and keeping commits out of a store that was retired.
 *
 * It lies in the marker, whose file every commit looks at anyway, so a commit learns of another record without a
 * call of its own. It is replaced while nobody commits. The bytes are first on the disk under the second name and
 * then under the main one: at any moment one of the two is whole, and it is never older than what was acknowledged.
 */
import {
  Busy,
  Corrupt,
  DirectoryUnreadable,
  type Reason,
  refusedByRole,
  sameStoreRecord,
  type StoreRecord
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { overwrite, rewriteSame, writeNew } from "../io/durable.ts"
import { isMissing, reasonOf } from "../io/errno.ts"
import type { IoFailure } from "../io/Io.ts"
import { encodeMarker, type NumberedRecord, takesRole } from "../layout/marker.ts"
import { checkRoot, type Place, readReason, syncNames } from "./Place.ts"
import { identityAt, markerCopyPath, markerPath, readMarker, type SeenMarker, type Verdict } from "./storeMarker.ts"

type Role = Option.Option<NumberedRecord>

const broken = (place: Place): Reason =>
  new Corrupt({ at: markerPath(place), problem: "has a damaged store-level record", outcome: "notApplied" })

/** The record that a marker tells. */
const roleIn = (place: Place, verdict: Verdict): Effect.Effect<Role, Reason> =>
  verdict._tag === "Store" ? Effect.succeed(verdict.role) : Effect.fail(broken(place))

/** The record of a store whose marker was not there, or could not be read, when it was opened. */
const unmarkedRole = Effect.fnUntraced(function*(place: Place): Effect.fn.Return<Role, Reason> {
  const verdict = yield* identityAt(place).pipe(
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.succeed<Verdict>({ _tag: "BrokenRole" }),
        onSome: (identity) => Effect.map(readMarker(place, identity), (seen) => seen.verdict)
      })
    ),
    Effect.catchIf(isMissing, () => Effect.succeed<Verdict>({ _tag: "Store", role: Option.none(), from: "main" })),
    Effect.mapError(readReason(place))
  )
  return yield* roleIn(place, verdict)
})

/** Looks up the record. Fails when the root is gone, or when the record cannot be read: then it is never none. */
const lookUp = Effect.fnUntraced(function*(place: Place): Effect.fn.Return<Role, Reason> {
  const known = yield* checkRoot(place)
  return Option.isSome(known) ? yield* roleIn(place, known.value.verdict) : yield* unmarkedRole(place)
})

/** Whether this process knows that a record is on the disk; a store without one has nothing to sync. */
const isSettled = ({ marker, memory }: Place, role: Role): boolean =>
  Option.isNone(role) || Option.isNone(marker) || memory.syncedRoles.get(marker.value) === role.value.number

/**
 * Makes durable what a verdict rests on: also that the main name is cut off, where the second one counts for it.
 *
 * Whoever wrote it may have died before its sync, or met a failure of it, and nothing that rests on the record may
 * outlast it. The caller keeps everybody from replacing it.
 */
const settle = Effect.fnUntraced(function*(
  place: Place,
  { bytes, verdict }: SeenMarker
): Effect.fn.Return<Role, Reason> {
  const role = yield* roleIn(place, verdict)
  if (isSettled(place, role)) return role
  yield* Effect.gen(function*() {
    yield* rewriteSame(place.io, markerPath(place), { offset: 0, bytes: bytes.main })
    if (verdict._tag !== "Store" || verdict.from === "main") return
    yield* rewriteSame(place.io, markerCopyPath(place), { offset: 0, bytes: bytes.copy })
    yield* syncNames(place, place.path.dirname(markerPath(place)))
  }).pipe(Effect.mapError(readReason(place)))
  remember(place, role)
  return role
})

const remember = ({ marker, memory }: Place, role: Role): void => {
  if (Option.isSome(marker) && Option.isSome(role)) memory.syncedRoles.set(marker.value, role.value.number)
}

const seeMarker = (place: Place, identity: string): Effect.Effect<SeenMarker, Reason> =>
  Effect.mapError(readMarker(place, identity), readReason(place))

/** The record, on the disk. The caller keeps everybody from replacing it. */
const settledRole = Effect.fnUntraced(function*(place: Place): Effect.fn.Return<Role, Reason> {
  const role = yield* lookUp(place)
  if (isSettled(place, role) || Option.isNone(place.marker)) return role
  return yield* settle(place, yield* seeMarker(place, place.marker.value))
})

// Copies: whoever gets a record, or has given one, may change it as he likes.
const recordOf = Option.map(({ record }: NumberedRecord): StoreRecord => ({ ...record }))

const unlessRefused = (role: Role): Effect.Effect<void, Reason> =>
  Option.match(refusedByRole(recordOf(role)), { onNone: () => Effect.void, onSome: Effect.fail })

/** Fails when the root is gone, or when its store takes no commits at this moment. */
export const checkTakesCommits = (place: Place): Effect.Effect<void, Reason> =>
  Effect.flatMap(lookUp(place), unlessRefused)

/** The same, for whoever commits: asked while nobody can replace the record, which is on the disk afterwards. */
export const checkCommits = (place: Place): Effect.Effect<void, Reason> =>
  Effect.flatMap(settledRole(place), unlessRefused)

// As long as a commit waits for a key whose holder hangs.
const patience = "30 seconds"

/** Runs an effect to its end while nobody commits, unless that takes too long to wait for. */
const alone = <A>(place: Place, work: Effect.Effect<A, Reason>): Effect.Effect<A, Reason> =>
  Effect.suspend(() => {
    let state: "waiting" | "begun" | "givenUp" = "waiting"
    const turn = Effect.uninterruptible(Effect.suspend(() => {
      if (state === "givenUp") return Effect.interrupt
      state = "begun"
      return work
    }))
    const giveUp = Effect.suspend(() => {
      if (state === "begun") return Effect.never
      state = "givenUp"
      return Effect.fail(new Busy({ path: markerPath(place), code: "EBUSY", outcome: "notApplied" }))
    })
    return Effect.raceFirst(place.lockAll(turn), Effect.andThen(Effect.sleep(patience), giveUp))
  })

/** Reads the record of a store. What it says outlasts a power cut. */
export const readRole = Effect.fnUntraced(function*(
  place: Place
): Effect.fn.Return<Option.Option<StoreRecord>, Reason> {
  const role = yield* lookUp(place)
  return recordOf(isSettled(place, role) ? role : yield* alone(place, settledRole(place)))
})

/** Writes a marker under the second name. It counts for nothing there while the main name is whole. */
const writeCopy = (place: Place, { names }: SeenMarker, bytes: Uint8Array): Effect.Effect<void, IoFailure> => {
  const path = markerCopyPath(place)
  return Option.isSome(names.copy)
    ? overwrite(place.io, path, bytes)
    : Effect.andThen(writeNew(place.io, path, bytes), syncNames(place, place.path.dirname(path)))
}

// A main name that could not even be opened is as it was; after that nobody can tell.
const ofMain = (place: Place) => (failure: IoFailure): Reason =>
  reasonOf(failure, place.environment, failure.syscall === "open" ? "notApplied" : "unknown")

/** Puts the record in place that is in the second name only, before that one is written over. */
const healMain = (place: Place, { bytes, verdict }: SeenMarker): Effect.Effect<void, Reason> =>
  verdict._tag === "Store" && verdict.from === "copy"
    ? Effect.mapError(overwrite(place.io, markerPath(place), bytes.copy), readReason(place))
    : Effect.void

/** Replaces the record if it is `expected`. The caller keeps everybody from committing. */
const replace = Effect.fnUntraced(function*(
  place: Place,
  identity: string,
  { expected, next }: { readonly expected: Option.Option<StoreRecord>; readonly next: StoreRecord }
): Effect.fn.Return<boolean, Reason> {
  yield* checkRoot(place)
  const seen = yield* seeMarker(place, identity)
  const before = yield* roleIn(place, seen.verdict)
  if (!sameStoreRecord(recordOf(before), expected)) return false
  if (!takesRole(identity)) return yield* broken(place)
  yield* settle(place, seen)
  yield* healMain(place, seen)
  const role = { number: Option.match(before, { onNone: () => 1, onSome: ({ number }) => number + 1 }), record: next }
  const bytes = encodeMarker(identity, role, Math.max(seen.bytes.main.length, seen.bytes.copy.length))
  yield* Effect.mapError(writeCopy(place, seen, bytes), readReason(place))
  yield* Effect.mapError(overwrite(place.io, markerPath(place), bytes), ofMain(place))
  remember(place, Option.some(role))
  return true
})

/**
 * Replaces the record if it is `expected`, and says whether it did. Waiting for those who commit can be interrupted,
 * the rest runs to its end.
 */
export const replaceRole = Effect.fnUntraced(function*(
  place: Place,
  expected: Option.Option<StoreRecord>,
  next: StoreRecord
): Effect.fn.Return<boolean, Reason> {
  if (Option.isNone(place.marker)) {
    return yield* new DirectoryUnreadable({ path: place.root, code: "the store has no marker", outcome: "notApplied" })
  }
  const wanted = { expected: Option.map(expected, (record) => ({ ...record })), next: { ...next } }
  return yield* alone(place, replace(place, place.marker.value, wanted))
})
