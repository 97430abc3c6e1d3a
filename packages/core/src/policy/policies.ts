/**
 * What a policy is: a function from adapter to adapter, whose state lives as long as the adapter it gives.
 *
 * A policy changes the calls that it is about and passes every other one through, so that the laws of the
 * port hold over what it gives. How policies follow each other is decided by `Policy.apply`.
 */
import type { Reason } from "../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"

/** An implementation of the storage port. */
export type Adapter = StorageAdapter["Service"]

/** Wraps an adapter. Applied twice it gives two adapters that share no state. */
export type AdapterPolicy = (adapter: Adapter) => Adapter

/** What a policy changes of an adapter. */
interface Changed extends Partial<Omit<Adapter, "name" | "location" | "capability">> {
  readonly capability?: (() => Capability) | undefined
}

/**
 * An adapter with other calls. What it promises and where it stores is asked of it every time: a chain learns both
 * when its tiers open, which may be long after the policies were put round it.
 */
export const wrap = (adapter: Adapter, { capability = () => adapter.capability, ...calls }: Changed): Adapter => ({
  ...adapter,
  ...calls,
  get location() {
    return adapter.location
  },
  get capability() {
    return capability()
  }
})

/** A failure that a policy adds, told under the adapter's name. */
export const failureOf = (
  adapter: Adapter,
  operation: StorageOperation,
  failure: { readonly key?: SessionKey | undefined; readonly reason: Reason }
): StorageError => new StorageError({ adapter: adapter.name, operation, ...failure })
