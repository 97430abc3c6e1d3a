/**
 * The policy that keeps a second copy: what one adapter acknowledged is written to another one too.
 *
 * The primary alone decides what a caller is told. The mirror never fails a write, but it is never silently
 * behind either: the health is degraded until what the mirror missed was brought over.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Health } from "../errors/Health.ts"
import { OutcomeUnknown, Unavailable } from "../errors/reasons.ts"
import type { StorageError } from "../errors/StorageError.ts"
import { keyText, sameKey, type SessionKey } from "../model/SessionKey.ts"
import { makeKeyedLock } from "../port/keyedLock.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { makeHealthNote, type Trouble } from "./healthNote.ts"
import { type Acknowledged, bringOver, follow, type Pair } from "./mirrorKey.ts"
import { type Adapter, type AdapterPolicy, failureOf, wrap } from "./policies.ts"

export interface MirrorOptions {
  /** The second adapter. It lives as long as whoever opened it says. */
  readonly adapter: Adapter
  /** How the health names it; `mirror` by default. */
  readonly name?: string | undefined
  /** How long a write waits for the mirror; 1 s by default. The mirror goes on after that. */
  readonly waitMax?: Duration.Input | undefined
}

/** The primary's health with the mirror as a tier below. */
const withMirror = (name: string) => (health: Health, behind: Option.Option<Trouble>): Health => {
  if (Option.isNone(behind)) {
    const tier = { name, state: "healthy" as const, since: health.since, lastError: Option.none(), displacedCount: 0 }
    return { ...health, tiers: [...health.tiers, tier] }
  }
  const { error, since } = behind.value
  const lastError = Option.some(error)
  const tiers = [...health.tiers, { name, state: "failing" as const, since, lastError, displacedCount: 0 }]
  return health.state === "healthy" ? { ...health, state: "degraded", since, lastError, tiers } : { ...health, tiers }
}

/** What keeps a mirror up with its primary, and what it says of the health. */
const makeFollower = (pair: Pair, options: MirrorOptions) => {
  const waitMax = Duration.fromInputUnsafe(options.waitMax ?? "1 second")
  const note = makeHealthNote(withMirror(options.name ?? "mirror"))
  const inTurn = Effect.runSync(makeKeyedLock)
  /** The keys whose mirror lacks something, and why. */
  const behind = new Map<string, StorageError>()
  /** The keys whose step is still under way after its time, and whether something was written since. */
  const late = new Map<string, "alone" | "overtaken">()

  const missed = (key: SessionKey, error: StorageError) =>
    Effect.suspend(() => {
      behind.set(keyText(key), error)
      return note.report(error)
    })

  const caughtUp = (key: SessionKey) =>
    Effect.suspend(() => {
      behind.delete(keyText(key))
      return behind.size === 0 ? note.clear : Effect.void
    })

  /** One step at the mirror; what it comes to is noted. */
  const step = Effect.fnUntraced(function*(key: SessionKey, work: Effect.Effect<void, StorageError>) {
    const exit = yield* Effect.exit(inTurn(keyText(key))(work))
    if (Exit.isSuccess(exit)) return yield* caughtUp(key)
    const reason = new Unavailable({ outcome: "unknown", what: "the mirror", cause: exit.cause })
    const died = () => failureOf(pair.mirror, "commit", { key, reason })
    yield* missed(key, Option.getOrElse(Exit.findErrorOption(exit), died))
  })

  /** When a late step has ended, what was written meanwhile is brought over at once. */
  const afterwards: (key: SessionKey, fiber: Fiber.Fiber<void>) => Effect.Effect<void> = Effect.fnUntraced(
    function*(key, fiber) {
      yield* Fiber.await(fiber)
      const wasOvertaken = late.get(keyText(key)) === "overtaken"
      late.delete(keyText(key))
      if (wasOvertaken) yield* pass(key, bringOver(pair, key))
    }
  )

  const pass = Effect.fnUntraced(function*(key: SessionKey, work: Effect.Effect<void, StorageError>) {
    const id = keyText(key)
    // Nothing queues up behind a mirror that hangs.
    if (late.has(id)) {
      late.set(id, "overtaken")
      return
    }
    const fiber = yield* Effect.forkDetach(step(key, work), { startImmediately: true })
    const ended = yield* Effect.timeoutOption(Fiber.await(fiber), waitMax)
    if (Option.isSome(ended)) return
    const why = `the mirror gave no answer within ${Duration.toMillis(waitMax)} ms; it goes on`
    late.set(id, late.get(id) ?? "alone")
    yield* Effect.forkDetach(afterwards(key, fiber))
    yield* missed(
      key,
      failureOf(pair.mirror, "commit", { key, reason: new OutcomeUnknown({ outcome: "unknown", why }) })
    )
  })

  return {
    over: note.over,
    /** Never fails, and goes on when the caller does not wait. */
    follow: (acknowledged: Acknowledged) => Effect.asVoid(pass(acknowledged.row.key, follow(pair, acknowledged)))
  }
}

/**
 * Writes to a second adapter what the first one acknowledged.
 *
 * **Details**
 *
 * - The primary's answer is the caller's. When the primary refuses, the mirror is not asked.
 * - The mirror gets the same change under the same write id, key by key, and the same versions. Where it lacks the
 *   version that a write was made on, it gets the primary's record as it is, by a restore; so the next write
 *   of a key brings over whatever was missed of it, also what was missed before the app was started.
 * - A mirror that fails fails no write. The health is degraded, with a tier of the mirror's name, until every
 *   key that is known to be behind was brought over.
 * - A write waits for the mirror at most `waitMax`. What hangs goes on, nothing queues up behind it, and what was
 *   written meanwhile is brought over afterwards.
 * - Everything is read from the primary. A primary that cannot be read is an error: a mirror is no fallback.
 *
 * It costs a write at the mirror per write, and a whole copy of a session that the mirror lacks.
 *
 * **Gotchas**
 *
 * A change of several keys is one step at the primary and several at the mirror. Times of writes that were repeated
 * are the mirror's own. A mirror that others write to is refused its restores and stays behind.
 */
export const mirrored = (options: MirrorOptions): AdapterPolicy => (primary) => {
  const follower = makeFollower({ primary, mirror: options.adapter }, options)
  const commit = (change: StorageChange) =>
    Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const receipt = yield* restore(primary.commit(change))
      // From here on the write is acknowledged: an interruption ends the waiting and not the mirror's work.
      const steps = receipt.keys.map((row) =>
        follower.follow({
          row,
          writeId: change.writeId,
          operations: change.operations.filter(({ key }) => sameKey(key, row.key))
        })
      )
      const fiber = yield* Effect.forkDetach(Effect.all(steps, { concurrency: "unbounded", discard: true }), {
        startImmediately: true
      })
      yield* restore(Fiber.await(fiber))
      return receipt
    }))
  return wrap(primary, {
    commit,
    health: follower.over(primary.health),
    probe: Effect.zipWith(primary.probe, options.adapter.probe, (first, second) => ({
      ...first,
      checks: [...first.checks, ...second.checks]
    }))
  })
}
