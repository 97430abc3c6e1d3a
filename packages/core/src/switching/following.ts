/**
 * Following a switch that another process has made.
 *
 * A retired backend refuses writes by itself; what it holds may be out of date from the moment on at which its successor
 * is current. So every read asks the record before it, and goes to the successor where there is one. Where that one
 * promises less than callers were promised, they are refused: neither of the two may serve them.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Unsupported } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import { type Helm, leaveSeat, type Seat, takeSeat } from "./helm.ts"
import { type Backends, resolve } from "./resolve.ts"
import type { Watchers } from "./watchers.ts"
import { lacksOf } from "./weakest.ts"

export interface FollowingOptions {
  readonly adapter: string
  readonly backends: Backends
  readonly helm: Helm
  readonly initial: string
  /** How long a switch of another process is waited for until it is taken for one that crashed. */
  readonly patience: Duration.Duration
  /** What callers were promised: whoever serves keeps it. */
  readonly promised: Capability
  readonly scope: Scope.Scope
  readonly watchers: Watchers
}

/** Whether a backend was retired by anybody but the switch that runs in this process. */
export const isRetired = (helm: Helm, { adapter }: Seat): Effect.Effect<boolean, StorageError> =>
  Effect.map(
    adapter.role.read,
    (record) => Option.exists(record, ({ state, switchId }) => state === "retired" && switchId !== helm.retiring)
  )

/** Makes what brings a process to the current backend. */
export const makeFollowing = (options: FollowingOptions) => {
  const { adapter, backends, helm, initial, patience, promised, scope, watchers } = options
  const checkPromised = ({ adapter: { capability }, name }: Seat) => {
    const lacks = lacksOf(capability, promised)
    if (lacks.length === 0) return Effect.void
    const what = `${lacks.join(", ")} in ${JSON.stringify(name)}, to which another process has switched,`
    const reason = new Unsupported({ outcome: "notApplied", capability: what })
    return Effect.fail(new StorageError({ adapter, operation: "open", reason }))
  }

  const goTo = Effect.fnUntraced(function*(name: string) {
    const seat = yield* takeSeat(backends.get(name)!, scope)
    yield* Effect.gen(function*() {
      yield* checkPromised(seat)
      yield* helm.holdWrites
      yield* watchers.moveTo(yield* watchers.prepareAll(seat), "possible")
      seat.users++
      yield* helm.turn(seat)
    }).pipe(Effect.ensuring(helm.release), Effect.ensuring(leaveSeat(seat)))
  })

  const steered = (seat: Seat) =>
    Effect.gen(function*() {
      if (helm.seat() !== seat) return
      const name = yield* resolve(backends, { adapter, initial, patience })
      if (name !== seat.name) yield* Effect.uninterruptible(goTo(name))
    })

  /** Goes from a retired backend to the one that serves; it may be the same one, whose retirement was taken back. */
  const follow = Effect.fnUntraced(function*(seat: Seat, access: "reads" | "writes") {
    if (access === "reads") {
      const name = yield* resolve(backends, { adapter, initial, patience, readsFrom: seat.name })
      if (name === seat.name) return
    }
    yield* helm.steer.withPermits(1)(steered(seat))
  })

  /** The seat for a read: of a backend that was not superseded when the read began. */
  const seated: Effect.Effect<Seat, StorageError, Scope.Scope> = Effect.flatMap(
    helm.sit,
    (seat) =>
      Effect.flatMap(
        isRetired(helm, seat),
        (retired) => retired ? Effect.andThen(follow(seat, "reads"), helm.sit) : Effect.succeed(seat)
      )
  )

  return { follow, seated }
}

export type Following = ReturnType<typeof makeFollowing>
