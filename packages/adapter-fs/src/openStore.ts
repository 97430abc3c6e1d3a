/**
 * Opening a store in the order that keeps processes apart: its folder, then presence, then the rest.
 *
 * Whoever is present is not taken for dead, so nothing of this process is put into the folder before,
 * beyond the folder and its marker. Presence ends when the last write has, also one that was given up.
 */
import { makeWrites, type Reason, type Writes } from "@holdfast/core"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { adapterName, type Place } from "./commit/Place.ts"
import { openPresence, type Presence } from "./io/presence.ts"
import { gateFile, presenceFile, storeFolder } from "./layout/files.ts"
import { type OpenOptions, openPlace, openRoot, type Platformed } from "./openRoot.ts"

/** A store that is open for the length of a scope. */
export interface OpenStore {
  readonly place: Place
  readonly presence: Option.Option<Presence>
  readonly writes: Writes
}

/** Takes presence for the scope and for as long as writes go on after it. */
const presentUntilSettled = Effect.fnUntraced(function*(
  { path }: Platformed,
  root: string,
  closeTimeout: Duration.Input | undefined
) {
  const own = yield* Scope.make()
  let settled = Effect.void
  yield* Effect.addFinalizer(() =>
    Effect.forkDetach(Effect.andThen(Effect.suspend(() => settled), Scope.close(own, Exit.void)), {
      startImmediately: true
    })
  )
  const file = (name: string) => path.join(root, storeFolder, name)
  const presence = yield* Scope.provide(openPresence(file(presenceFile), file(gateFile)), own)
  const writes = yield* makeWrites({ adapter: adapterName, closeTimeout })
  settled = writes.settled
  return { presence, writes }
})

/** Opens a store; fails when its folder cannot be one, or when somebody keeps others out of it for too long. */
export const openStore = Effect.fnUntraced(function*(
  platformed: Platformed,
  options: OpenOptions,
  closeTimeout: Duration.Input | undefined
): Effect.fn.Return<OpenStore, Reason, Scope.Scope> {
  const root = yield* openRoot(platformed, options)
  const { presence, writes } = yield* presentUntilSettled(platformed, root.root, closeTimeout)
  return { place: yield* openPlace(platformed, root, options), presence, writes }
})
