/**
 * The commit ladder: how a new version of a head gets its name.
 *
 * `rename` writes a file of its own and renames it over the main name; the file of the version before
 * is whole until then. Where the place refuses the rename, `slots` writes the two names in turn, in
 * place, and never renames: the newest version is synced before the other one is touched. The protocol
 * that worked is remembered per folder.
 */
import { type Durability, type Outcome, randomId, type Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { nameOnlyNew, removeFile, renameOver, rewriteSame, writeNew } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import type { Io, IoFailure } from "../io/Io.ts"
import { tempFile } from "../layout/files.ts"
import { forgetProbe } from "../probe/probeMemory.ts"
import { renamesWork } from "../probe/renamesWork.ts"
import type { Protocol } from "./folderMemory.ts"
import { slotPath, syncNames, type Target, unmake } from "./Place.ts"
import type { HeadState } from "./readHead.ts"
import { type Refused, refused, refusedCreate, refusesRename } from "./refused.ts"
import { writeSlots } from "./slots.ts"

/** How a head was published. */
export interface Published {
  readonly protocol: Protocol
  readonly durability: Durability
  /** Why the protocols before failed. */
  readonly failures: ReadonlyArray<Reason>
}

/** A head that can be read: only such a one is written over. */
export type WritableHead = Exclude<HeadState, { readonly _tag: "Unreadable" }>

/** Whether the main name holds these bytes, where it can be read: some file systems report a failure of a rename that they did. */
const holds = (io: Io, file: string, bytes: Uint8Array): Effect.Effect<Option.Option<boolean>> =>
  Effect.match(io.readFile(file), {
    onFailure: (failure) => isMissing(failure) ? Option.some(false) : Option.none(),
    onSuccess: (found) => Option.some(Buffer.compare(found, bytes) === 0)
  })

/** Removes the temp file of a failed attempt, so that the attempt can be called not applied; else nobody can tell. */
const dropTemp = (target: Target, temp: string, whenGone: Outcome): Effect.Effect<Outcome> =>
  Effect.match(unmake(target, temp), {
    onFailure: (failure) => isMissing(failure) ? whenGone : "unknown",
    onSuccess: () => "notApplied"
  })

// On Windows a virus scanner, an indexer or another program may hold a new file for a moment. VS Code
// retries the same codes for 60 s; a save should not hang that long where another protocol works.
const heldOnWindows: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EBUSY"])
const untilFree = Schedule.spaced("50 millis").pipe(Schedule.upTo({ duration: "2 seconds" }))

type Naming = (io: Io, temp: string, file: string) => Effect.Effect<void, IoFailure>

const nameWhenFree = ({ place }: Target, naming: Effect.Effect<void, IoFailure>): Effect.Effect<void, IoFailure> =>
  Effect.retry(naming, {
    schedule: untilFree,
    while: (failure) => place.environment.platform === "win32" && heldOnWindows.has(failure.code)
  })

// rename, step by step: a new name nobody else uses, its bytes synced, then the rename, then the
// folder. A temp file whose sync failed is dropped and never synced again: a second sync would lie.
const publishByRename = Effect.fnUntraced(function*(target: Target, bytes: Uint8Array, naming: Naming) {
  const { io, memory, path } = target.place
  const file = slotPath(target, "main")
  const temp = path.join(target.folder, tempFile(target.stem, randomId()))
  memory.temps.add(temp)

  return yield* Effect.gen(function*() {
    yield* Effect.catch(
      writeNew(io, temp, bytes),
      Effect.fnUntraced(function*(failure) {
        // A create that fails made nothing; a read-only place would not let it be removed either.
        const outcome = failure.syscall === "open" ? "notApplied" : yield* dropTemp(target, temp, "notApplied")
        return yield* Effect.fail(yield* refusedCreate(target, failure, outcome))
      })
    )
    yield* Effect.catch(
      nameWhenFree(target, naming(io, temp, file)),
      Effect.fnUntraced(function*(failure) {
        const isThere = yield* holds(io, file, bytes)
        if (Option.contains(isThere, true)) return
        // A temp file that is gone may have been renamed, unless the main name was seen to hold something else.
        const outcome = yield* dropTemp(target, temp, Option.isSome(isThere) ? "notApplied" : "unknown")
        return yield* Effect.fail(refused(target, failure, { outcome, next: refusesRename }))
      })
    )
    yield* makeNameDurable(target, file, bytes)
  }).pipe(Effect.ensuring(Effect.sync(() => memory.temps.delete(temp))))
})

// Until the folder is synced a power cut may bring the old file back. Where folders cannot be synced,
// the file is synced once more through its new name, which is the most that the platform offers.
const makeNameDurable = (target: Target, file: string, bytes: Uint8Array) => {
  const { durability, io } = target.place
  const sync = durability === "flushed"
    ? syncNames(target.place, target.folder)
    : rewriteSame(io, file, { offset: 0, bytes })
  return Effect.mapError(sync, (failure) => refused(target, failure, { outcome: "unknown" }))
}

/** The second name is left from a time of slots and older by now: one file per session is what people open. */
const clearAlt = (target: Target, head: WritableHead): Effect.Effect<void> => {
  const hasAlt = head._tag === "Absent" ? head.isTaken.alt : head.slot === "alt" || head.other !== "Missing"
  const file = slotPath(target, "alt")
  return hasAlt
    ? Effect.catch(
      removeFile(target.place.io, file),
      (failure) => Effect.logDebug("holdfast: not removed", file, failure.message)
    )
    : Effect.void
}

/** Each protocol publishes bytes over a head that can be read, or is refused. */
const protocols: Record<
  Protocol,
  (target: Target, head: WritableHead, bytes: Uint8Array) => Effect.Effect<void, Refused>
> = {
  rename: (target, head, bytes) =>
    Effect.andThen(
      publishByRename(target, bytes, head._tag === "Absent" && head.mustBeNew ? nameOnlyNew : renameOver),
      clearAlt(target, head)
    ),
  slots: writeSlots
}

// Often enough that a folder whose virus scanner is done gets its readable files back, too seldom to matter.
const askAgainAfter = 30_000

/**
 * The protocols to try, in order. Where slots are used for want of renames, a rename of files of our own is
 * tried every half a minute, and saves go back to it when it works.
 */
const ladderOf = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<ReadonlyArray<Protocol>> {
  const { folder, place: { memory, protocol: { first, isFixed } } } = target
  if (isFixed) return [first]
  const now = yield* Clock.currentTimeMillis
  const known = memory.protocols.get(folder) ?? { protocol: first, triedAt: now }
  memory.protocols.set(folder, known)
  if (known.protocol === "rename") return ["rename", "slots"]
  if (now - known.triedAt < askAgainAfter) return ["slots"]
  memory.protocols.set(folder, { ...known, triedAt: now })
  return (yield* renamesWork(target.place, folder)) ? ["rename", "slots"] : ["slots"]
})

/** Keeps which protocol worked. One that its folder's facts did not let expect makes them doubtful. */
const rememberProtocol = Effect.fnUntraced(function*({ folder, place }: Target, protocol: Protocol) {
  const before = place.memory.protocols.get(folder)
  if (before?.protocol === protocol) return
  place.memory.protocols.set(folder, { protocol, triedAt: yield* Clock.currentTimeMillis })
  forgetProbe(place)
})

/**
 * Publishes a new version of a head. The caller holds the key.
 *
 * When it succeeds, the version survives what its durability says. After a failure the reason's outcome
 * says what is true: the old version is current, or which of the two is not known.
 */
export const publish = Effect.fnUntraced(function*(
  target: Target,
  head: WritableHead,
  bytes: Uint8Array
): Effect.fn.Return<Published, Reason> {
  const failures: Array<Reason> = []
  for (const protocol of yield* ladderOf(target)) {
    const result = yield* Effect.result(protocols[protocol](target, head, bytes))
    if (Result.isSuccess(result)) {
      // A place without hard links refuses only what must be new; saves go on as they did.
      if (!(head._tag === "Absent" && head.mustBeNew)) yield* rememberProtocol(target, protocol)
      return { protocol, durability: target.place.durability, failures }
    }
    const { mayTryNext, reason } = result.failure
    failures.push(reason)
    if (!mayTryNext) break
  }
  return yield* failures.at(-1)!
})
