/**
 * Storage URLs: stores named by text, in a configuration, a setting or a command line.
 *
 * `fs:./sessions`, `sqlite:./sessions.db?require=flushed`, `memory:`, and with commas a fallback chain:
 * `fs:./s,sqlite:./s.db,memory:`. The grammar is told in `grammar.ts`. An app lists the schemes that it knows in
 * a registry; the core knows none. A URL that is wrong is refused before anything is opened, and the error
 * names the part that is wrong; no message and no print of a URL shows a secret.
 */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { StorageError } from "../errors/StorageError.ts"
import { Fallback } from "../policy/fallback/Fallback.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import { type ConfigOptions, configured } from "./configured.ts"
import type { InvalidStorageUrl } from "./InvalidStorageUrl.ts"
import { makeOpen } from "./open.ts"
import { format, type Parsed, type StoreParts, textOfParts } from "./Parsed.ts"
import { parse, resolve } from "./resolve.ts"
import type { Registry } from "./Scheme.ts"

export type { ConfigOptions } from "./configured.ts"
export { InvalidStorageUrl, type UrlPart } from "./InvalidStorageUrl.ts"
export { format, Parsed, print, type StoreParts, type StoreUrl, type UrlOption } from "./Parsed.ts"
export { parse } from "./resolve.ts"
export { type AnyScheme, type Registry, registry, type Scheme } from "./Scheme.ts"

/**
 * A URL from its parts: any path and any value of an option is encoded where it has to be.
 *
 * **Details**
 *
 * Fails as `parse` does, for a scheme's name that is none or a text that is no well-formed Unicode.
 */
export const make = (stores: ReadonlyArray<StoreParts>): Result.Result<Parsed, InvalidStorageUrl> =>
  parse(textOfParts(stores))

const open = makeOpen((tiers) => Fallback.layer({ tiers }))

/**
 * The store that a URL names.
 *
 * **Details**
 *
 * The layer fails with `InvalidStorageUrl` before anything is opened, with what the adapter met, and with
 * `Unsupported` where `require` asks for more durability than the adapter promises at that place.
 *
 * **Gotchas**
 *
 * In a chain, a URL that cannot be opened or promises too little is a tier that is down: the next one
 * takes its place, and receipts and the health say so. What must not be stored with less, a store refuses by
 * its own `require`.
 */
export const layer = <R>(
  registry: Registry<R>,
  url: string | Parsed
): Layer.Layer<StorageAdapter, InvalidStorageUrl | StorageError, R> =>
  Layer.unwrap(
    Effect.fromResult(Result.map(resolve(registry, typeof url === "string" ? url : format(url)), open))
  )

/**
 * The URL that the configuration names, in `HOLDFAST_STORE` unless another name is given.
 *
 * **Details**
 *
 * With a registry, schemes and options are checked too, and what a scheme marks as secret is known as such.
 */
export const config = (registry?: Registry<unknown>, options?: ConfigOptions): Config.Config<Parsed> =>
  configured((text) => parse(text, registry), options)

/** The store that the configuration names. */
export const layerConfig = <R>(
  registry: Registry<R>,
  options?: ConfigOptions
): Layer.Layer<StorageAdapter, Config.ConfigError | StorageError, R> =>
  Layer.unwrap(Effect.map(configured((text) => resolve(registry, text), options), open))
