/**
 * Policies: what an app composes around its adapters, and the order in which that is safe.
 *
 * A policy is a function from adapter to adapter, so an app may apply one by itself. `apply` takes them
 * together and fixes the order; `chain` does so for a fallback over several tiers, which is composed of layers.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Durability } from "../model/Capability.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { circuitBroken, type CircuitOptions } from "./circuitBroken.ts"
import { encrypted, type EncryptedOptions } from "./encrypted.ts"
import { Fallback, type FallbackOptions } from "./fallback/Fallback.ts"
import type { TierOptions } from "./fallback/tiers.ts"
import { mirrored, type MirrorOptions } from "./mirrored.ts"
import { observed, type ObservedOptions } from "./observed.ts"
import type { AdapterPolicy } from "./policies.ts"
import { readOnly } from "./readOnly.ts"
import { required, requiredOfChain, requiredOfTier, type Requirement } from "./required.ts"
import { retried, type RetryOptions } from "./retried.ts"
import { verified } from "./verified.ts"
import { type TimeoutLimits, withTimeout } from "./withTimeout.ts"

export { circuitBroken, encrypted, mirrored, observed, readOnly, required, retried, verified, withTimeout }
export type {
  CircuitOptions,
  EncryptedOptions,
  MirrorOptions,
  ObservedOptions,
  Requirement,
  RetryOptions,
  TimeoutLimits
}
export {
  type EncryptionKey,
  type EncryptionKeys,
  encryptionKeysConfig,
  InvalidEncryptionKey,
  makeEncryptionKeys
} from "./encrypted.ts"
export type { Adapter } from "./policies.ts"
export type { Backoff } from "./retried.ts"

/** A function from adapter to adapter. */
export type Policy = AdapterPolicy

/** Which policies to apply. What is absent is not applied; an empty object asks for a policy's defaults. */
export interface PolicyOptions {
  /** Refuses what the adapter does not promise. */
  readonly require?: Durability | Requirement | undefined
  /** Bounds the waiting for every single attempt. */
  readonly timeout?: TimeoutLimits | undefined
  /** Tries again what may pass. */
  readonly retry?: RetryOptions | undefined
  /** Keeps calls away from what keeps failing. */
  readonly circuit?: CircuitOptions | undefined
  /** Traces and counts. */
  readonly observe?: ObservedOptions | undefined
  /** Keeps a second copy. */
  readonly mirror?: MirrorOptions | undefined
  /** Takes no writes. */
  readonly access?: "readOnly" | "readWrite" | undefined
  /** Reads every write back. */
  readonly verify?: "readBack" | "none" | undefined
  /** Encrypts what the storage holds. */
  readonly encrypt?: EncryptedOptions | undefined
}

const pass: Policy = (adapter) => adapter

const given = <Options>(options: Options | undefined, policy: (options: Options) => Policy): Policy =>
  options === undefined ? pass : policy(options)

/** Applies policies one round the other, the first one innermost. */
const inOrder = (...policies: ReadonlyArray<Policy>): Policy => (adapter) =>
  policies.reduce((inner, policy) => policy(inner), adapter)

/** What a single attempt at a single storage needs. */
const perAttempt = ({ circuit, retry, timeout }: PolicyOptions): Policy =>
  inOrder(given(timeout, withTimeout), given(retry, retried), given(circuit, circuitBroken))

/** What is about a write as a whole, wherever it came to lie. */
const perCall = ({ access, encrypt, mirror, verify }: PolicyOptions): Policy =>
  inOrder(
    given(mirror, mirrored),
    access === "readOnly" ? readOnly : pass,
    given(encrypt, encrypted),
    verify === "readBack" ? verified : pass
  )

/**
 * Applies policies in the one order that is safe, whatever the order in which they are named.
 *
 * **Details**
 *
 * From the adapter outwards: what is required is refused before anything is tried; a timeout is for one attempt, so
 * it lies inside the retry; the circuit counts a call once, so it lies round the retry; what is observed is what came
 * of all of these; the mirror gets what was acknowledged; what is read-only reaches neither; encryption is outside
 * of all that holds content, so that nobody below it, a mirror included, sees a session's; and what is read back is
 * what the caller wrote, deciphered. Each policy tells what it costs and what it fails with.
 *
 * Several storages, one for when another refuses, are composed by `chain`.
 */
export const apply = (options: PolicyOptions): Policy =>
  inOrder(given(options.require, required), perAttempt(options), given(options.observe, observed), perCall(options))

/** Applies a policy to the adapter of a layer. Every build of the layer has a state of its own. */
export const layer =
  (policy: Policy) => <E, R>(adapter: Layer.Layer<StorageAdapter, E, R>): Layer.Layer<StorageAdapter, E, R> =>
    Layer.provide(Layer.effect(StorageAdapter, Effect.map(StorageAdapter, policy)), adapter)

/** A fallback over tiers, with policies: those that are about an attempt for each tier, the others round the chain. */
export interface ChainOptions<R = never> extends FallbackOptions<R>, PolicyOptions {}

/**
 * A fallback over tiers with the policies in the one order that is safe, as a layer.
 *
 * **Details**
 *
 * Round every tier by itself, from the storage outwards: what is required, the timeout, the retry, the circuit, and
 * what is observed of it. So a tier is given up only when its own attempts are spent, an open circuit goes to the next
 * tier at once, and a tier that does not promise the required durability is passed over; reads of what it holds go on.
 *
 * Round the chain: what is required of it as a whole, what is observed of it, mirror, read-only, encryption and
 * reading back. So the mirror gets what any tier took, and every tier holds ciphertext. The chain's own receipts tell
 * that a lower tier took a write: `fallbacks` and `displaced` are counted here, under the name of the chain, and the
 * spans of the tiers are children of the chain's.
 *
 * **Gotchas**
 *
 * What the drain brings up is sent to the tiers alone: it has spans and latencies of tiers and none of the chain.
 * Whoever reads a tier by itself needs its encryption, and gives up the chain's promises.
 */
export const chain = <R = never>(options: ChainOptions<R>): Layer.Layer<StorageAdapter | Fallback, never, R> => {
  const { require } = options
  const ofTier = layer(
    inOrder(given(require, requiredOfTier), perAttempt(options), given(options.observe, observed))
  )
  const ofChain = inOrder(given(require, requiredOfChain), given(options.observe, observed), perCall(options))
  const tier = <E>(one: TierOptions<E, R>): TierOptions<E, R> => ({ ...one, layer: ofTier(one.layer) })
  const [primary, ...lower] = options.tiers
  const tiers = Fallback.layer({ ...options, tiers: [tier(primary), ...lower.map(tier)] })
  return Layer.provideMerge(Layer.effect(StorageAdapter, Effect.map(StorageAdapter, ofChain)), tiers)
}
