/**
 * Schemes: what maps the URLs of one kind to an adapter, as plain data that each adapter brings.
 *
 * The core knows no adapter: an app lists the schemes that it wants in a registry. Options are text in the
 * URL and typed by the scheme's schema; `require` is an option of every scheme and belongs to none.
 */
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type { StorageError } from "../errors/StorageError.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"

/** What every scheme has, whatever its options. */
interface Named {
  /** What stands before the colon: lower case, at least two characters. It names the tier in a chain. */
  readonly name: string
  /**
   * What stands after it. A `path` is given to `layer` decoded, and does not begin with `//`; a `text` is
   * any, given as it is written; `none` means that nothing may stand there.
   */
  readonly path: "path" | "text" | "none"
  /** Options whose values are never shown, beside those whose names give them away. */
  readonly secrets?: ReadonlyArray<string> | undefined
}

/** A scheme with the type of its options. */
export interface Scheme<Options, out R = never> extends Named {
  /** The options from the texts in the URL, by name; an option that may be left out is an optional key. */
  readonly options: Schema.ConstraintDecoder<Options>
  /** The adapter of one URL. It is asked for once for every layer that is made from a URL. */
  readonly layer: (path: string, options: Options) => Layer.Layer<StorageAdapter, StorageError, R>
}

/** A scheme, whatever its options are. */
export interface AnyScheme<out R = unknown> extends Named {
  readonly options: Schema.ConstraintDecoder<unknown>
  readonly layer: (path: string, options: never) => Layer.Layer<StorageAdapter, StorageError, R>
}

/** The schemes that an app knows, by name. */
export interface Registry<out R = never> {
  readonly schemes: ReadonlyMap<string, AnyScheme<R>>
}

type ServicesOf<Schemes extends ReadonlyArray<AnyScheme>> = Schemes[number] extends AnyScheme<infer R> ? R : never

/** Makes a registry of schemes. Of two with the same name the later one counts: an app may replace one. */
export const registry = <const Schemes extends ReadonlyArray<AnyScheme>>(
  schemes: Schemes
): Registry<ServicesOf<Schemes>> => {
  const known: ReadonlyArray<Schemes[number]> = schemes
  return { schemes: new Map(known.map((scheme) => [scheme.name, scheme as AnyScheme<ServicesOf<Schemes>>])) }
}
