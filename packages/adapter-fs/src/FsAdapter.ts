/**
 * The file adapter: one readable file per session, in the layout that people already have.
 *
 * An acknowledged save survives a crash and, where folders can be synced, a power cut. Where the place
 * refuses renames (EXDEV inside one folder, as under MSIX), saves go on in two alternating slots. A
 * folder that cannot be read is an error or a row, never an empty listing.
 */
import {
  type Adopter,
  type Capability,
  checkChange,
  checkKey,
  checkNamespace,
  type Reason,
  type SessionKey,
  StorageAdapter,
  type StorageChange,
  type StorageError,
  type StorageOperation
} from "@holdfast/core"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Path } from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { listSessions } from "./catalog/listing.ts"
import { commitKey } from "./commit/commitKey.ts"
import { adapterName, checkRoot, type Place, recall, storageError, type Target, targetOf } from "./commit/Place.ts"
import { storedHeadOf } from "./commit/readLog.ts"
import { readSession, type SessionFiles } from "./commit/readSession.ts"
import { storedEntries } from "./commit/storedEntries.ts"
import { type Platform, uncontained } from "./io/errno.ts"
import { makeIo } from "./io/Io.ts"
import { openStore } from "./openStore.ts"
import { probeFolder } from "./probe/probe.ts"
import { adoptMissing, recover, type Recovery } from "./recovery/recover.ts"

/** Where and how a file store is opened. */
export interface FsOptions {
  /** The store's folder; relative paths are from the process's working directory. Made when it is missing. */
  readonly directory: string
  /** Refuse to open a folder that is not there, or that is no store: for stores that are known to exist. */
  readonly mustExist?: boolean | undefined
  /** Turns documents of another program into sessions, once; see `Session.adopter`. */
  readonly adopt?: Adopter | undefined
  /** How heads are published. `auto` (default) renames, and goes to slots where that is refused. */
  readonly commit?: "auto" | "rename" | "slots" | undefined
  /** How long closing waits for writes in flight before they are answered `OutcomeUnknown`; 10 s by default. */
  readonly closeTimeout?: Duration.Input | undefined
  /** The platform whose error codes are met; the process's own by default. */
  readonly platform?: Platform | undefined
}

// V8 strings end at 512 MiB; a body is held in memory a few times while it is written.
const bodyBytesMax = 128 * 1024 * 1024

const capabilityOf = (place: Place): Capability => ({
  durability: place.durability,
  compareAndSet: "process",
  atomicity: "oneKey",
  append: "native",
  sharedBy: "host",
  watch: "process",
  bodyBytesMax,
  keyBytesMax: 128
})

const within = <A, R>(operation: StorageOperation, key: SessionKey | undefined, effect: Effect.Effect<A, Reason, R>) =>
  Effect.mapError(effect, (reason) => storageError(operation, key, reason))

/** Reads a session; what is absent may be an orphan that nobody could list yet. */
const readOrAdopt = Effect.fnUntraced(function*(recovery: Recovery, target: Target, how: "tail" | "whole") {
  const found = yield* readSession(target, how)
  if (Option.isSome(found)) return found
  yield* checkRoot(target.place)
  if (!(yield* adoptMissing(recovery, target))) return Option.none<SessionFiles>()
  return yield* readSession(target, how)
})

/** Commits a change. A session that another program left under this key is adopted before it is written to. */
const adoptAndCommit = (recovery: Recovery, target: Target, change: StorageChange) =>
  recall(target).headSynced > 0
    ? commitKey(target, change)
    : Effect.andThen(within("commit", target.key, adoptMissing(recovery, target)), commitKey(target, change))

/** Opens a file store for the length of the scope. */
export const make = Effect.fnUntraced(function*(
  options: FsOptions
): Effect.fn.Return<StorageAdapter["Service"], StorageError, FileSystem | Path | Scope.Scope> {
  const path = yield* Path
  const platform = options.platform ?? process.platform
  const io = makeIo(yield* FileSystem, platform === "win32" ? "followed" : "refused")
  const { commit = "auto", directory, mustExist = false } = options
  const { closeTimeout } = options
  const { place, presence, writes } = yield* within(
    "open",
    undefined,
    openStore({ io, path }, { directory, mustExist, commit, environment: uncontained(platform) }, closeTimeout)
  )
  const recovery: Recovery = { place, presence, adopter: Option.fromUndefinedOr(options.adopt) }
  const capability = capabilityOf(place)

  // A store that cannot be looked through opens all the same: its calls say what is wrong with it.
  yield* recover(recovery, "apply").pipe(
    Effect.tap((findings) => Effect.logDebug("holdfast: recovery on open", findings.length, "findings")),
    Effect.catch((reason) => Effect.logDebug("holdfast: no recovery on open", reason.message))
  )

  const read = Effect.fnUntraced(function*(operation: "head" | "load" | "entries", key: SessionKey) {
    yield* checkKey(adapterName, operation, key)
    yield* writes.ensureOpen(operation, key)
    const how = operation === "entries" ? "whole" : "tail"
    return yield* within(operation, key, readOrAdopt(recovery, targetOf(place, key), how))
  })

  const service: StorageAdapter["Service"] = {
    name: adapterName,
    location: place.root,
    capability,
    head: (key) => Effect.map(read("head", key), Option.map(({ document, log }) => storedHeadOf(document, log.state))),
    load: (key) =>
      Effect.map(
        read("load", key),
        Option.map(({ document, log }) => ({ head: storedHeadOf(document, log.state), body: document.body }))
      ),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(adapterName, capability, change)
      const { key } = change.operations[0]!
      return yield* writes.run(key, adoptAndCommit(recovery, targetOf(place, key), change))
    }),
    entries: (key, range) =>
      Stream.unwrap(Effect.map(read("entries", key), (found) =>
        Stream.fromIterable(Option.match(found, {
          onNone: () => [],
          onSome: ({ document, log }) => storedEntries(targetOf(place, key), { document, log }, range)
        })))),
    list: (query) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* checkNamespace(adapterName, query.namespace)
        yield* writes.ensureOpen("list")
        return Stream.fromIterable(yield* within("list", undefined, listSessions(place, query)))
      })),
    changes: Effect.andThen(writes.ensureOpen("changes"), Effect.map(place.memory.feed.subscribe, writes.whileOpen)),
    health: writes.health,
    probe: Effect.map(
      probeFolder(io, path, place.root),
      (checks) => ({ adapter: adapterName, location: place.root, checks })
    ),
    recover: (mode) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* writes.ensureOpen("recover")
        return Stream.fromIterable(yield* within("recover", undefined, recover(recovery, mode)))
      }))
  }
  return service
})

/**
 * A file store in a folder.
 *
 * **Details**
 *
 * Building the layer makes the folder and its marker, tries what the place can do, and brings leftovers
 * of crashes in order. It fails when the folder is a file, cannot be made, or must exist and does not. A
 * folder that is there and cannot be read builds: its calls fail with what they met.
 */
export const layer = (options: FsOptions): Layer.Layer<StorageAdapter, StorageError, FileSystem | Path> =>
  Layer.effect(StorageAdapter, make(options))

/** The same as `layer`, with its options read from the configuration. */
export const layerConfig = (
  options: Config.Wrap<FsOptions>
): Layer.Layer<StorageAdapter, StorageError | Config.ConfigError, FileSystem | Path> =>
  Layer.effect(StorageAdapter, Effect.flatMap(Config.unwrap(options), make))
