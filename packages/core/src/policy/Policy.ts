/**
 * Policies: what an app composes around its adapters, and the order in which that is safe.
 *
 * A policy is a function from adapter to adapter, so an app may apply one by itself. `apply` takes them
 * together and fixes the order. A fallback over several tiers is composed of layers and not of these.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Durability } from "../model/Capability.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { circuitBroken, type CircuitOptions } from "./circuitBroken.ts"
import { encrypted, type EncryptedOptions } from "./encrypted.ts"
import { mirrored, type MirrorOptions } from "./mirrored.ts"
import { observed, type ObservedOptions } from "./observed.ts"
import type { AdapterPolicy } from "./policies.ts"
import { readOnly } from "./readOnly.ts"
import { required, type Requirement } from "./required.ts"
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
const inOrder = (policies: ReadonlyArray<Policy>): Policy => (adapter) =>
  policies.reduce((inner, policy) => policy(inner), adapter)

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
 */
export const apply = (options: PolicyOptions): Policy =>
  inOrder([
    given(options.require, required),
    given(options.timeout, withTimeout),
    given(options.retry, retried),
    given(options.circuit, circuitBroken),
    given(options.observe, observed),
    given(options.mirror, mirrored),
    options.access === "readOnly" ? readOnly : pass,
    given(options.encrypt, encrypted),
    options.verify === "readBack" ? verified : pass
  ])

/** Applies a policy to the adapter of a layer. Every build of the layer has a state of its own. */
export const layer =
  (policy: Policy) => <E, R>(adapter: Layer.Layer<StorageAdapter, E, R>): Layer.Layer<StorageAdapter, E, R> =>
    Layer.provide(Layer.effect(StorageAdapter, Effect.map(StorageAdapter, policy)), adapter)
