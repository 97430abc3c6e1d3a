/**
 * Syncs of a folder that many wait for at once: one covers all who asked before it began.
 *
 * A sync that is under way may have begun before somebody's name was changed, so whoever asks meanwhile
 * waits for the next one, and all who wait share that. A failure is everybody's: nobody syncs again to
 * find out, because after a failed sync the system takes the changes for written.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { IoFailure } from "./Io.ts"

/** The sync of a folder that is under way, and the one that comes after it when somebody waits for it. */
interface Syncing {
  readonly ended: Deferred.Deferred<void>
  next: Deferred.Deferred<void, IoFailure> | undefined
}

/** Runs a sync of a folder, or shares one that begins later. Nothing interrupts it. */
export type SharedSync = (folder: string, sync: Effect.Effect<void, IoFailure>) => Effect.Effect<void, IoFailure>

/** Makes a sync that is shared per folder. */
export const makeSharedSync = (): SharedSync => {
  const underWay = new Map<string, Syncing>()

  /** Whoever leads syncs for himself and for those who wait for `answer`. */
  const lead = (folder: string, sync: Effect.Effect<void, IoFailure>) =>
    Effect.suspend(() => {
      const own: Syncing = { ended: Deferred.makeUnsafe(), next: undefined }
      underWay.set(folder, own)
      return Effect.onExit(sync, () => {
        if (underWay.get(folder) === own) underWay.delete(folder)
        return Deferred.succeed(own.ended, undefined)
      })
    })

  return (folder, sync) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const current = underWay.get(folder)
      if (current === undefined) return lead(folder, sync)
      if (current.next !== undefined) return Deferred.await(current.next)
      const answer = Deferred.makeUnsafe<void, IoFailure>()
      current.next = answer
      return Effect.andThen(
        Deferred.await(current.ended),
        Effect.onExit(lead(folder, sync), (exit) => Deferred.done(answer, exit))
      )
    }))
}
