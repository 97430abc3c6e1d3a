/**
 * Who has the store open: a lock that the kernel frees when its holder dies.
 *
 * Every open store holds a shared lock on the presence database; recovery takes a living writer's files
 * for leftovers only if it could be told alone, so it needs the lock exclusively.
 */
import { Busy } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type LockDatabase, LockDatabases, type LockFailure } from "./lockDatabase.ts"

/** A hold on the presence database. */
export interface Presence {
  /**
   * Runs an effect while nobody else, in this process or another, has the store open; none when
   * somebody has. The shared lock is held again afterwards.
   */
  readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
}

/** The presence itself, and the gate that whoever comes or wants to be alone holds for a moment. */
interface Locks {
  readonly presence: LockDatabase
  readonly gate: LockDatabase
}

const throughGate = <A, E>({ gate }: Locks, effect: Effect.Effect<A, E>): Effect.Effect<A, E | LockFailure> =>
  Effect.acquireUseRelease(gate.takeAlone, () => effect, () => gate.release)

// Whoever is alone looks through leftovers, which takes milliseconds; 10 s is a stuck process.
const comeAgain = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 1000 }))

const come = (locks: Locks): Effect.Effect<void, LockFailure> =>
  Effect.retry(throughGate(locks, locks.presence.share), {
    schedule: comeAgain,
    while: (failure) => failure._tag === "Busy"
  })

// The shared lock of this very connection is given up first: two who wait for each other to give up
// theirs would both find the store in use. Behind the gate nobody can come in between.
const aloneBehindGate = <A, E, R>({ presence }: Locks, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.andThen(presence.release, Effect.isSuccess(presence.takeAlone)),
    (isAlone) => isAlone ? Effect.asSome(effect) : Effect.succeedNone,
    () => Effect.andThen(presence.release, Effect.exit(presence.share))
  )

const makePresence = (locks: Locks): Presence => ({
  alone: (effect) =>
    Effect.acquireUseRelease(
      Effect.isSuccess(locks.gate.takeAlone),
      (hasGate) => hasGate ? aloneBehindGate(locks, effect) : Effect.succeedNone,
      (hasGate) => hasGate ? locks.gate.release : Effect.void
    )
})

/**
 * Opens the lock databases and takes the shared lock for the length of the scope.
 *
 * None when the place has no such locks (read-only, some network file systems): the store works, and
 * recovery leaves alone what a living writer might own. Fails with `Busy` when somebody stays alone in the
 * store for more than 10 s.
 */
export const openPresence = (
  path: string,
  gatePath: string
): Effect.Effect<Option.Option<Presence>, Busy, Scope.Scope> =>
  Effect.gen(function*() {
    const { open } = yield* LockDatabases
    const locks: Locks = { presence: yield* open(path), gate: yield* open(gatePath) }
    yield* come(locks)
    return Option.some(makePresence(locks))
  }).pipe(
    Effect.catchTag("NoLock", () => Effect.as(Effect.logDebug("holdfast: no presence lock at", path), Option.none())),
    Effect.mapError(() => new Busy({ path, code: "SQLITE_BUSY", outcome: "notApplied" }))
  )
