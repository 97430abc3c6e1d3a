/**
 * Locks within one process, for a disk in memory: what SQLite's locks say, without files.
 *
 * They end with their scope, as the kernel's end with a process, so a disk that is mounted after a crash
 * has none.
 */
import * as Effect from "effect/Effect"
import type { LockDatabase, LockDatabases, LockFailure } from "../../io/lockDatabase.ts"

interface Holders {
  readonly sharers: Set<symbol>
  reserver: symbol | undefined
  alone: symbol | undefined
}

const busy: Effect.Effect<never, LockFailure> = Effect.fail({ _tag: "Busy" })

const makeLock = (holders: Holders): LockDatabase => {
  const self = Symbol("holder")
  const isOther = (holder: symbol | undefined) => holder !== undefined && holder !== self
  return {
    share: Effect.suspend(() => {
      if (isOther(holders.alone)) return busy
      holders.sharers.add(self)
      return Effect.void
    }),
    reserve: Effect.suspend(() => {
      if (isOther(holders.alone) || isOther(holders.reserver)) return busy
      holders.reserver = self
      return Effect.void
    }),
    takeAlone: Effect.suspend(() => {
      if (isOther(holders.alone) || isOther(holders.reserver) || [...holders.sharers].some(isOther)) return busy
      holders.alone = self
      return Effect.void
    }),
    release: Effect.sync(() => {
      holders.sharers.delete(self)
      if (holders.reserver === self) holders.reserver = undefined
      if (holders.alone === self) holders.alone = undefined
    })
  }
}

/** Locks that only those who share them know of. */
export const makeLocks = (): LockDatabases => {
  const held = new Map<string, Holders>()
  return {
    open: (path) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const holders = held.get(path) ?? { sharers: new Set(), reserver: undefined, alone: undefined }
          held.set(path, holders)
          return makeLock(holders)
        }),
        (lock) => lock.release
      )
  }
}
