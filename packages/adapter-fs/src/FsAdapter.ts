/**
 * The file adapter: one readable file per session, in the layout that people already have.
 *
 * An acknowledged save survives a crash and, where folders can be synced, a power cut. Where the place
 * refuses renames (EXDEV inside one folder, as under MSIX), saves go on in two alternating slots. A
 * folder that cannot be read is an error or a row, never an empty listing.
 */
import { type Adopter, StorageAdapter, type StorageError, type StorageUrl } from "@holdfast/core/port"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Path } from "effect/Path"
import type * as Scope from "effect/Scope"
import { makeWatch } from "./commit/watch.ts"
import { type Platform, uncontained } from "./io/errno.ts"
import { makeIo } from "./io/Io.ts"
import { openStore } from "./openStore.ts"
import { recover, type Recovery } from "./recovery/recover.ts"
import { serve, within } from "./serve.ts"
import { urlOptions } from "./url.ts"

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
  /**
   * Among whom a write that expects a version, and an append, excludes others. `host` (default) takes locks
   * that the kernel frees when their holder dies; where a place has none, or is on a network, the capability
   * says `process`. An app that is the only writer saves their cost with `process`.
   */
  readonly compareAndSet?: "process" | "host" | undefined
  /** How long closing waits for writes in flight before they are answered `OutcomeUnknown`; 10 s by default. */
  readonly closeTimeout?: Duration.Input | undefined
  /** The platform whose error codes are met; the process's own by default. */
  readonly platform?: Platform | undefined
}

/** Opens a file store for the length of the scope. */
export const make = Effect.fnUntraced(function*(
  options: FsOptions
): Effect.fn.Return<StorageAdapter["Service"], StorageError, FileSystem | Path | Scope.Scope> {
  const path = yield* Path
  const platform = options.platform ?? process.platform
  const io = makeIo(yield* FileSystem, platform === "win32" ? "followed" : "refused")
  const { commit = "auto", compareAndSet = "host", directory, mustExist = false } = options
  const store = yield* within(
    "open",
    undefined,
    openStore(
      { io, path },
      { directory, mustExist, commit, compareAndSet, environment: uncontained(platform) },
      options.closeTimeout
    )
  )
  const { place, presence } = store
  const recovery: Recovery = { place, presence, adopter: Option.fromUndefinedOr(options.adopt) }

  // A store that cannot be looked through opens all the same: its calls say what is wrong with it.
  yield* recover(recovery, "apply").pipe(
    Effect.tap((findings) => Effect.logDebug("holdfast: recovery on open", findings.length, "findings")),
    Effect.catch((reason) => Effect.logDebug("holdfast: no recovery on open", reason.message))
  )
  return serve(store, recovery, yield* makeWatch(place))
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

/** The same as `layer`, with its options read from the configuration, whose module is loaded when it is built. */
export const layerConfig = (
  options: Config.Wrap<FsOptions>
): Layer.Layer<StorageAdapter, StorageError | Config.ConfigError, FileSystem | Path> =>
  Layer.effect(
    StorageAdapter,
    Effect.promise(() => import("effect/Config")).pipe(
      Effect.flatMap(({ unwrap }) => unwrap(options)),
      Effect.flatMap(make)
    )
  )

/** File stores by URL, such as `fs:./sessions?commit=slots`; for `StorageUrl.registry`. */
export const scheme: StorageUrl.Scheme<typeof urlOptions.Type, FileSystem | Path> = {
  name: "fs",
  path: "path",
  options: urlOptions,
  layer: (directory, options) => layer({ ...options, directory })
}

export { type InUse, inUse } from "./inUse.ts"
export { purge, type PurgeOptions, type PurgeReport, type Remains } from "./purge.ts"
