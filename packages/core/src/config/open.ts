/**
 * From resolved URLs to the layer of a store.
 *
 * One URL is its adapter, several are tiers of a fallback chain in their order. A URL that requires a
 * durability is refused when it is opened and the adapter promises less: alone it fails, in a chain it is down.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Unavailable, Unsupported } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import { type Durability, satisfiesDurability } from "../model/Capability.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import type { Chain, Resolved } from "./resolve.ts"

/** One store of a chain. */
export interface Tier<out R> {
  readonly name: string
  readonly layer: Layer.Layer<StorageAdapter, StorageError, R>
}

/** What makes one store of several tiers, the first of which is the primary. */
export type Compose = <R>(tiers: readonly [Tier<R>, ...ReadonlyArray<Tier<R>>]) => Layer.Layer<StorageAdapter, never, R>

type Opening<R> = Layer.Layer<StorageAdapter, StorageError, R>

/** Why a store is refused that promises less than is required. */
type Refusal = (required: Durability, adapter: StorageAdapter["Service"]) => Unsupported | Unavailable

const unsupported: Refusal = (required, { capability, location }) =>
  new Unsupported({
    outcome: "notApplied",
    capability: `${required} durability; ${location} is ${capability.durability}`
  })

/** The same in a chain: the store is one that is not there, and the next one may take what it was meant for. */
const unavailable: Refusal = (required, adapter) =>
  new Unavailable({
    outcome: "notApplied",
    what: `${required} durability at ${adapter.location}`,
    cause: unsupported(required, adapter)
  })

const requiring = <R>(required: Durability, layer: Opening<R>, refusal: Refusal): Opening<R> =>
  Layer.effect(
    StorageAdapter,
    Effect.gen(function*() {
      const adapter = yield* StorageAdapter
      if (satisfiesDurability(adapter.capability.durability, required)) return adapter
      return yield* new StorageError({ adapter: adapter.name, operation: "open", reason: refusal(required, adapter) })
    })
  ).pipe(Layer.provide(layer))

const layerOf = <R>({ options, required, scheme, url }: Resolved<R>, refusal: Refusal): Opening<R> => {
  // The options were decoded by this scheme's own schema.
  const layer = scheme.layer(scheme.path === "text" ? url.written : url.path, options as never)
  return Option.match(required, { onNone: () => layer, onSome: (durability) => requiring(durability, layer, refusal) })
}

/** Names that differ: those of the schemes, counted where one comes again. */
export const tierNames = (schemes: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const scheme of schemes) {
    let name = scheme
    for (let count = 2; names.has(name); count++) name = `${scheme}-${count}`
    names.add(name)
  }
  return [...names]
}

/** Opens one URL, or several as a chain. */
export const makeOpen = (compose: Compose) => <R>([first, ...others]: Chain<R>): Opening<R> => {
  if (others.length === 0) return layerOf(first, unsupported)
  const [name, ...names] = tierNames([first, ...others].map(({ url }) => url.scheme))
  const tierOf = (url: Resolved<R>, name = url.url.scheme): Tier<R> => ({ name, layer: layerOf(url, unavailable) })
  return compose([tierOf(first, name), ...others.map((url, index) => tierOf(url, names[index]))])
}
