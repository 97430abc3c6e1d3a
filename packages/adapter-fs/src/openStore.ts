/**
 * Opening a store in the order that keeps processes apart: its folder, then presence, then the rest.
 *
 * Whoever is present is not taken for dead, so nothing of this process is put into the folder before,
 * beyond the folder and its marker. Presence ends when the last write has, also one that was given up.
 */
import { makeWrites, type Reason, type Writes } from "@holdfast/core/port"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { type Acknowledged, makeAcknowledged } from "./catalog/acknowledged.ts"
import { type Catalog, makeCatalog } from "./catalog/Catalog.ts"
import { makeMarks } from "./catalog/marks.ts"
import { keepUp, writeLast } from "./catalog/upkeep.ts"
import {
  adapterName,
  checkRoot,
  nothingSaved,
  type Place,
  type Saved,
  type Target,
  type UnlockedPlace
} from "./commit/Place.ts"
import type { Queues } from "./commit/waiting.ts"
import { type HostLocks, openHostLocks } from "./io/hostLocks.ts"
import { isOnNetwork } from "./io/network.ts"
import { openNotices } from "./io/notices.ts"
import { openPresence, type Presence } from "./io/presence.ts"
import { gateFile, hostLockFile, noticeFile, presenceFile, storeFolder, watchersFile } from "./layout/files.ts"
import { type OpenOptions, openPlace, openRoot, type Platformed } from "./openRoot.ts"

/** A store that is open for the length of a scope. */
export interface OpenStore {
  readonly place: Place
  readonly presence: Option.Option<Presence>
  readonly writes: Writes
  readonly catalog: Catalog
}

/**
 * A catalog that is kept for the scope. Its last rows are written when the writes have ended: what is made
 * first is closed last.
 */
const keptCatalog = Effect.gen(function*() {
  const marks = makeMarks()
  let last = Effect.void
  let known: Acknowledged = {
    of: () => Effect.succeed(nothingSaved),
    keep: () => undefined,
    glance: () => Effect.succeed({ versions: new Map(), folders: new Set(), lines: 0 })
  }
  yield* Effect.addFinalizer(() => Effect.suspend(() => last))
  return {
    acknowledged: (target: Target) => known.of(target),
    published: (target: Target, saved: Saved) => {
      known.keep(target, saved)
      marks.session(target, Option.some(saved))
    },
    keep: Effect.fnUntraced(function*(place: Place) {
      const catalog = yield* makeCatalog(place, marks)
      known = yield* makeAcknowledged(catalog)
      const kept = { catalog, known }
      last = writeLast(kept)
      yield* keepUp(kept)
      return catalog
    })
  }
})

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

/** How writers of one key are kept apart: within the process, and by locks that the kernel frees between processes. */
const lockPlace = Effect.fnUntraced(function*(
  place: UnlockedPlace,
  options: OpenOptions
): Effect.fn.Return<Omit<Place, "acknowledged" | "published">, never, Scope.Scope> {
  const file = (name: string) => place.path.join(place.root, storeFolder, name)
  const isShared = options.compareAndSet === "host" && !(yield* isOnNetwork(place.root))
  const among = isShared
    ? yield* place.memory.hostLocks(openHostLocks((index) => file(hostLockFile(index)), checkRoot(place)))
    : Option.none<HostLocks>()
  const waiting: Queues = new Map()
  const { gate, lock: within } = place.memory
  if (Option.isNone(among)) {
    return {
      ...place,
      waiting,
      lock: ({ keyText }) => within(keyText),
      lockToCommit: ({ keyText }) => (effect) => within(keyText)(gate.pass(effect)),
      lockAll: gate.shut,
      notices: Option.none()
    }
  }
  const { lock, lockAll, passAll } = among.value
  const files = { board: file(noticeFile), watchers: file(watchersFile) }
  const notices = yield* openNotices(place.io, { files, self: place.memory.writer }, passAll)
  return {
    ...place,
    waiting,
    lock: ({ keyText }) => (effect) => within(keyText)(lock(keyText)(effect)),
    // The gate before the lock, on both sides: nobody waits for the gate with a lock that whoever shuts it needs.
    lockToCommit: ({ keyText }) => (effect) => within(keyText)(gate.pass(lock(keyText)(effect))),
    lockAll: (effect) => gate.shut(lockAll(effect)),
    notices: Option.some(notices)
  }
})

/** Opens a store; fails when its folder cannot be one, or when somebody keeps others out of it for too long. */
export const openStore = Effect.fnUntraced(function*(
  platformed: Platformed,
  options: OpenOptions,
  closeTimeout: Duration.Input | undefined
): Effect.fn.Return<OpenStore, Reason, Scope.Scope> {
  const root = yield* openRoot(platformed, options)
  const { acknowledged, keep, published } = yield* keptCatalog
  const { presence, writes } = yield* presentUntilSettled(platformed, root.root, closeTimeout)
  const locked = yield* lockPlace(yield* openPlace(platformed, root, options), options)
  const place: Place = { ...locked, acknowledged, published }
  return { place, presence, writes, catalog: yield* keep(place) }
})
