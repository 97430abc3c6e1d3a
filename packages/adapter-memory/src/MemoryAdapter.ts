/**
 * The memory adapter: sessions in a map, for tests, previews and the lowest tier of a fallback chain.
 *
 * It promises everything that needs no disk: one change over several keys is atomic, preconditions
 * hold within the process, nothing survives it. How it does that is the port's executable reading,
 * `memory.ts` beside the port in `@holdfast/core`.
 */
import { makeMemory, makeMemoryAdapter, type Memory, StorageAdapter, type StorageUrl } from "@holdfast/core/port"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { urlOptions } from "./url.ts"

export { makeMemory, type Memory }

/** How a memory store is opened. */
export interface MemoryOptions {
  /** How long closing waits for writes in flight before they are answered `OutcomeUnknown`; 10 s by default. */
  readonly closeTimeout?: Duration.Input | undefined
}

/** Opens an adapter over a content, an empty one unless it is given, for the length of the scope. */
export const make = (
  memory?: Memory,
  options?: MemoryOptions
): Effect.Effect<StorageAdapter["Service"], never, Scope.Scope> =>
  // An effect that is run twice opens two contents.
  Effect.suspend(() => makeMemoryAdapter(memory ?? makeMemory(), options))

/** A memory store of its own for every build of the layer. */
export const layer: Layer.Layer<StorageAdapter> = Layer.effect(StorageAdapter, make())

/** An adapter over a given content: builds of the layer share it, as processes share a disk. */
export const layerOver = (memory: Memory, options?: MemoryOptions): Layer.Layer<StorageAdapter> =>
  Layer.effect(StorageAdapter, make(memory, options))

/** The same as `layer`, with its options read from the configuration, whose module is loaded when it is built. */
export const layerConfig = (
  options: Config.Wrap<MemoryOptions>
): Layer.Layer<StorageAdapter, Config.ConfigError> =>
  Layer.effect(
    StorageAdapter,
    Effect.promise(() => import("effect/Config")).pipe(
      Effect.flatMap(({ unwrap }) => unwrap(options)),
      Effect.flatMap((read) => make(undefined, read))
    )
  )

/** A memory store by URL, `memory:`; for `StorageUrl.registry`. */
export const scheme: StorageUrl.Scheme<typeof urlOptions.Type> = {
  name: "memory",
  path: "none",
  options: urlOptions,
  layer: (_path, options) => Layer.effect(StorageAdapter, make(undefined, options))
}
