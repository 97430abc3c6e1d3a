/**
 * The helm: which backend serves, who uses it at the moment, and the gates before it.
 *
 * A call has a seat while it runs: the adapter stays open until the last one has left, whatever serves by then. Writes
 * wait at one gate while a switch compares and decides; reads wait at another one, for the decision only.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Busy } from "../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { asideNamespace } from "./aside.ts"
import type { Adapter, Backend } from "./backends.ts"

/** An open backend and who uses it. Being the current one is a use as well. */
export interface Seat {
  readonly name: string
  readonly adapter: Adapter
  /** Whether listings of everything have to leave something out. What cannot be listed may have something. */
  asideIs: "there" | "absent"
  users: number
  readonly scope: Scope.Closeable
}

const hasAside = (adapter: Adapter) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace: asideNamespace, order: "id", limit: 1 })),
    (rows) => rows.length > 0 ? "there" as const : "absent" as const
  ).pipe(Effect.orElseSucceed(() => "there" as const))

/** Opens a backend for as long as somebody uses the seat; whoever takes it is the first one. */
export const takeSeat = (backend: Backend, parent: Scope.Scope): Effect.Effect<Seat, StorageError> =>
  Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
    const scope = yield* Scope.fork(parent)
    const opening = Effect.flatMap(
      Scope.provide(backend.open, scope),
      (adapter) => Effect.map(hasAside(adapter), (asideIs) => ({ adapter, asideIs }))
    )
    const opened = yield* Effect.onError(restore(opening), (cause) => Scope.close(scope, Exit.failCause(cause)))
    return { name: backend.name, users: 1, scope, ...opened }
  }))

/** Ends one use of a seat. The last one closes the backend, unless it is used elsewhere. */
export const leaveSeat = (seat: Seat): Effect.Effect<void> =>
  Effect.suspend(() => --seat.users > 0 ? Effect.void : Scope.close(seat.scope, Exit.void))

/** What calls and switches share. */
export interface Helm {
  /** The current backend. */
  readonly seat: () => Seat
  /** The names of the current backends, the one at the moment first. */
  readonly names: Stream.Stream<string>
  /** Makes another backend the current one; the use of the seat that was current ends. */
  readonly turn: (seat: Seat) => Effect.Effect<void>
  /** The current seat, until the scope closes. Waits while a switch is decided. */
  readonly sit: Effect.Effect<Seat, never, Scope.Scope>
  /** The same for a write, which waits while a switch holds writes up. */
  readonly sitToWrite: (
    operation: StorageOperation,
    key: SessionKey | undefined
  ) => Effect.Effect<Seat, StorageError, Scope.Scope>
  /** Holds writes up, and ends when none is under way. */
  readonly holdWrites: Effect.Effect<void>
  readonly holdReads: Effect.Effect<void>
  /** Lets everybody go on. */
  readonly release: Effect.Effect<void>
  /** Taken by whoever is about to make another backend the current one. */
  readonly steer: Semaphore.Semaphore
  /** The switch of this process that retires the current backend, while it does. */
  retiring: string | undefined
}

export interface HelmOptions {
  /** How errors of the helm's own name the adapter. */
  readonly adapter: string
  readonly first: Seat
  /** How long a write waits at most. */
  readonly waitMax: Duration.Duration
}

/** Makes the helm over a first seat, which it uses from then on. */
export const makeHelm = Effect.fnUntraced(function*({ adapter, first, waitMax }: HelmOptions) {
  const current = yield* SubscriptionRef.make(first)
  const writeGate = yield* Latch.make(true)
  const readGate = yield* Latch.make(true)
  const idle = yield* Latch.make(true)
  let writing = 0

  const seat = () => SubscriptionRef.getUnsafe(current)
  const enter = Effect.sync(() => {
    const taken = seat()
    taken.users++
    return taken
  })
  const sit = Effect.andThen(readGate.await, Effect.acquireRelease(enter, leaveSeat))

  // One step: a switch that closes the gate finds either no write that has begun, or all of it.
  const startWriting = Effect.sync(() => {
    if (!writeGate.isOpen()) return undefined
    writing++
    idle.closeUnsafe()
    const taken = seat()
    taken.users++
    return taken
  })
  const endWriting = (taken: Seat | undefined) =>
    Effect.suspend(() => {
      if (taken === undefined) return Effect.void
      if (--writing === 0) idle.openUnsafe()
      return leaveSeat(taken)
    })

  const passGate = (operation: StorageOperation, key: SessionKey | undefined) =>
    Effect.timeoutOrElse(writeGate.await, {
      duration: waitMax,
      orElse: () =>
        new StorageError({
          adapter,
          operation,
          key,
          reason: new Busy({ outcome: "notApplied", path: seat().adapter.location, code: "EBUSY" })
        })
    })

  // The gate may be closed again before who waited at it goes on.
  const sitToWrite: Helm["sitToWrite"] = (operation, key) =>
    Effect.filterOrElse(
      Effect.acquireRelease(startWriting, endWriting),
      (taken) => taken !== undefined,
      () => Effect.andThen(passGate(operation, key), Effect.suspend(() => sitToWrite(operation, key)))
    )

  const helm: Helm = {
    seat,
    names: Stream.map(SubscriptionRef.changes(current), ({ name }) => name),
    turn: (next) =>
      Effect.suspend(() => {
        const former = seat()
        return Effect.andThen(SubscriptionRef.set(current, next), leaveSeat(former))
      }),
    sit,
    sitToWrite,
    holdWrites: Effect.andThen(writeGate.close, idle.await),
    holdReads: Effect.asVoid(readGate.close),
    release: Effect.andThen(readGate.open, Effect.asVoid(writeGate.open)),
    steer: Semaphore.makeUnsafe(1),
    retiring: undefined
  }
  return helm
})
