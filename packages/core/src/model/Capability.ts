/**
 * Capabilities: graded data that an adapter promises.
 *
 * A capability is what callers may rely on; what an adapter does not promise it refuses with
 * `Unsupported` before any I/O. The conformance laws are selected by it, so an adapter that claims
 * too much fails them.
 */
import * as Order from "effect/Order"

/**
 * How durable a write is when it is acknowledged.
 *
 * - `volatile`: gone when the process ends.
 * - `buffered`: survives the process, not surely a power cut.
 * - `flushed`: survives a power cut.
 * - `replicated`: survives the loss of the device.
 */
export type Durability = "volatile" | "buffered" | "flushed" | "replicated"

const durabilities: ReadonlyArray<Durability> = ["volatile", "buffered", "flushed", "replicated"]

/** From the least to the most durable. */
export const durabilityOrder: Order.Order<Durability> = Order.mapInput(
  Order.Number,
  (durability: Durability) => durabilities.indexOf(durability)
)

/** Whether `actual` is at least as durable as `required`. */
export const satisfiesDurability = (actual: Durability, required: Durability): boolean =>
  durabilityOrder(actual, required) >= 0

/** What an adapter promises; the same data for a single backend and for a composition of policies. */
export interface Capability {
  /** What an acknowledged write survives. */
  readonly durability: Durability
  /** Among whom a precondition and the write that it guards are one step. */
  readonly compareAndSet: "none" | "process" | "host" | "global"
  /** Whether one change may touch several keys in one step. */
  readonly atomicity: "oneKey" | "manyKeys"
  /** Whether appending costs by the new entries only, or writes the session again. */
  readonly append: "native" | "rewrite"
  /** Who can have the store open at one time. */
  readonly sharedBy: "process" | "host" | "network"
  /** Whose writes `changes` reports. */
  readonly watch: "none" | "process" | "host" | "global"
  /** The longest body, summary or entry, in bytes of UTF-8. */
  readonly bodyBytesMax: number
  /** The longest single name of a key, in bytes of UTF-8. */
  readonly keyBytesMax: number
}
