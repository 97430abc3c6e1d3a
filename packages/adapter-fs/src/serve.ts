/**
 * The storage port over a store of files that is open.
 *
 * Every read finds out afterwards whether the store is still where it was, so nothing of another store that
 * was put in its place is shown. What is absent is looked for as another program's file before it is so.
 */
import {
  type Capability,
  type Change,
  checkChange,
  checkKey,
  checkNamespace,
  type PlannedChange,
  readRestorations,
  type Reason,
  type SessionKey,
  type StorageAdapter,
  type StorageOperation
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { listSessions } from "./catalog/listing.ts"
import { commitKey } from "./commit/commitKey.ts"
import { adapterName, checkRoot, type Place, recall, storageError, type Target, targetOf } from "./commit/Place.ts"
import { storedHeadOf, storedSessionOf } from "./commit/readLog.ts"
import { type Reading, readSession, type SessionFiles } from "./commit/readSession.ts"
import { storedEntries } from "./commit/storedEntries.ts"
import { checkTakesCommits, readRole, replaceRole } from "./commit/storeRole.ts"
import type { OpenStore } from "./openStore.ts"
import { probePlace } from "./probe/probe.ts"
import { adoptMissing, recover, type Recovery } from "./recovery/recover.ts"

// V8 strings end at 512 MiB; a body is held in memory a few times while it is written.
const bodyBytesMax = 128 * 1024 * 1024

const capabilityOf = (place: Place): Capability => ({
  durability: place.durability,
  compareAndSet: Option.isSome(place.notices) ? "host" : "process",
  atomicity: "oneKey",
  append: "native",
  sharedBy: "host",
  watch: Option.isSome(place.notices) ? "host" : "process",
  bodyBytesMax,
  keyBytesMax: 128
})

/** Puts a reason into the error of its operation. */
export const within = <A, R>(
  operation: StorageOperation,
  key: SessionKey | undefined,
  effect: Effect.Effect<A, Reason, R>
) => Effect.mapError(effect, (reason) => storageError(operation, key, reason))

/** Reads a session; what is absent may be an orphan that nobody could list yet. */
const readOrAdopt = Effect.fnUntraced(function*(recovery: Recovery, target: Target, how: Reading) {
  const found = yield* readSession(target, how)
  // What was read, as what was not, may be another store's that lies here now.
  yield* checkRoot(target.place)
  if (Option.isSome(found)) return found
  if (!(yield* adoptMissing(recovery, target))) return Option.none<SessionFiles>()
  return yield* readSession(target, how)
})

/** Adopts what another program left under a key before it is written to, in a store that takes writes. */
const adoptBefore = (recovery: Recovery, target: Target): Effect.Effect<unknown, Reason> =>
  Option.isNone(recovery.adopter) || recall(target).headSynced > 0
    ? Effect.void
    : Effect.andThen(checkTakesCommits(target.place), adoptMissing(recovery, target))

/** Commits a change. A session that another program left under this key is adopted before it is written to. */
const adoptAndCommit = (recovery: Recovery, target: Target, change: PlannedChange) =>
  target.place.memory.retain(
    Effect.andThen(within("commit", target.key, adoptBefore(recovery, target)), commitKey(target, change))
  )

/** The store-level record. */
const roleOver = ({ place, writes }: OpenStore): StorageAdapter["Service"]["role"] => ({
  read: Effect.andThen(writes.ensureOpen("role"), within("role", undefined, readRole(place))),
  compareAndSet: Effect.fnUntraced(function*(expected, next) {
    yield* writes.ensureOpen("role")
    return yield* writes.run(
      undefined,
      place.memory.retain(within("role", undefined, replaceRole(place, expected, next)))
    )
  })
})

/** Makes the service. `watch` subscribes to the store's changes. */
export const serve = (
  store: OpenStore,
  recovery: Recovery,
  watch: Effect.Effect<Stream.Stream<Change>, Reason, Scope.Scope>
): StorageAdapter["Service"] => {
  const { catalog, place, writes } = store
  const capability = capabilityOf(place)
  const read = Effect.fnUntraced(function*(
    operation: "head" | "load" | "entries",
    key: SessionKey,
    how: Reading
  ) {
    yield* checkKey(adapterName, operation, key)
    yield* writes.ensureOpen(operation, key)
    return yield* within(operation, key, readOrAdopt(recovery, targetOf(place, key), how))
  })

  return {
    name: adapterName,
    location: place.root,
    capability,
    head: (key) =>
      Effect.map(read("head", key, "head"), Option.map(({ document, log }) => storedHeadOf(document, log.state))),
    load: (key) =>
      Effect.map(
        read("load", key, "writes"),
        Option.map(({ document, log }) => storedSessionOf(document, log.state))
      ),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(adapterName, capability, change)
      const planned = yield* readRestorations(adapterName, capability, change)
      const { key } = change.operations[0]!
      return yield* writes.run(key, adoptAndCommit(recovery, targetOf(place, key), planned))
    }),
    entries: (key, range) =>
      Stream.unwrap(Effect.map(read("entries", key, range), (found) =>
        Stream.fromIterable(Option.match(found, {
          onNone: () => [],
          onSome: ({ document, log }) => storedEntries(targetOf(place, key), { document, log }, range)
        })))),
    list: (query) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* checkNamespace(adapterName, query.namespace)
        yield* writes.ensureOpen("list")
        return Stream.fromIterable(yield* within("list", undefined, listSessions(catalog, query)))
      })),
    changes: Effect.andThen(
      writes.ensureOpen("changes"),
      Effect.map(within("changes", undefined, watch), writes.whileOpen)
    ),
    health: writes.health,
    role: roleOver(store),
    probe: Effect.map(
      probePlace(place),
      (checks) => ({ adapter: adapterName, location: place.root, checks })
    ),
    recover: (mode) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* writes.ensureOpen("recover")
        return Stream.fromIterable(yield* within("recover", undefined, recover(recovery, mode, "asked")))
      }))
  }
}
