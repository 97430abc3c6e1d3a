/**
 * The policy that refuses what an adapter does not promise, before any I/O.
 *
 * An app that relies on a property names it once, where it composes its storage, and a backend that is
 * weaker is found out by the first write and not by the first power cut. Reading stays allowed: what lies
 * in a weak store is no reason to hide it.
 */
import * as Effect from "effect/Effect"
import { DurabilityNotMet, type Reason, Unavailable, Unsupported } from "../errors/reasons.ts"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError, StorageOperation } from "../errors/StorageError.ts"
import { type Capability, type Durability, satisfiesDurability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { type Adapter, type AdapterPolicy, failureOf, wrap } from "./policies.ts"

/** What an app relies on: at least this much of a capability. */
export interface Requirement {
  readonly durability?: Durability | undefined
  readonly compareAndSet?: Capability["compareAndSet"] | undefined
  readonly atomicity?: Capability["atomicity"] | undefined
  readonly append?: Capability["append"] | undefined
  readonly sharedBy?: Capability["sharedBy"] | undefined
  readonly watch?: Capability["watch"] | undefined
  readonly bodyBytesMax?: number | undefined
  readonly keyBytesMax?: number | undefined
}

/** The grades of a promise, from the least to the most. */
const grades: {
  readonly [Name in "compareAndSet" | "atomicity" | "append" | "sharedBy" | "watch"]: ReadonlyArray<Capability[Name]>
} = {
  compareAndSet: ["none", "process", "host", "global"],
  atomicity: ["oneKey", "manyKeys"],
  append: ["rewrite", "native"],
  sharedBy: ["process", "host", "network"],
  watch: ["none", "process", "host", "global"]
}

const isBelow = <A>(order: ReadonlyArray<A>, actual: A, wanted: A | undefined): boolean =>
  wanted !== undefined && order.indexOf(actual) < order.indexOf(wanted)

/** What the capability lacks, in words: one line per requirement that is not met. */
const lacksOf = (capability: Capability, wanted: Requirement): ReadonlyArray<string> => {
  const { atomicity, append, bodyBytesMax = 0, compareAndSet, durability, keyBytesMax = 0, sharedBy } = wanted
  return [
    durability !== undefined && !satisfiesDurability(capability.durability, durability) && `${durability} durability`,
    isBelow(grades.compareAndSet, capability.compareAndSet, compareAndSet) && `compare-and-set within ${compareAndSet}`,
    isBelow(grades.atomicity, capability.atomicity, atomicity) && "a change of several keys",
    isBelow(grades.append, capability.append, append) && `${append} appends`,
    isBelow(grades.sharedBy, capability.sharedBy, sharedBy) && `sharing by ${sharedBy}`,
    capability.bodyBytesMax < bodyBytesMax && `texts of ${bodyBytesMax} bytes`,
    capability.keyBytesMax < keyBytesMax && `names of ${keyBytesMax} bytes`
  ].filter((lack) => lack !== false)
}

/** An adapter may promise a durability and then, for one write, not reach it: its receipt says so. */
const metBy = (adapter: Adapter, durability: Durability, receipt: AdapterReceipt) => {
  if (satisfiesDurability(receipt.durability, durability)) return Effect.succeed(receipt)
  const { keys, ...facts } = receipt
  return Effect.forEach(keys, ({ key, version }) =>
    Effect.fail(failureOf(adapter, "commit", {
      key,
      reason: new DurabilityNotMet({ outcome: "applied", required: durability, receipt: { ...facts, key, version } })
    }))).pipe(Effect.as(receipt))
}

/** How a policy says that an adapter lacks something. */
type Refusal = (lack: string) => Reason

const requiring = (requirement: Durability | Requirement, reasonOf: Refusal): AdapterPolicy => (adapter) => {
  const wanted: Requirement = typeof requirement === "string" ? { durability: requirement } : requirement
  const { durability, watch } = wanted
  const fail = (operation: StorageOperation, lack: string, key?: SessionKey): Effect.Effect<never, StorageError> =>
    Effect.fail(failureOf(adapter, operation, { key, reason: reasonOf(lack) }))

  const ifMet = <A, R>(
    operation: StorageOperation,
    call: Effect.Effect<A, StorageError, R>,
    key?: SessionKey
  ): Effect.Effect<A, StorageError, R> =>
    Effect.suspend(() => {
      const [lack] = lacksOf(adapter.capability, wanted)
      return lack === undefined ? call : fail(operation, lack, key)
    })

  const commit = (change: StorageChange) =>
    durability === undefined
      ? adapter.commit(change)
      : Effect.flatMap(adapter.commit(change), (receipt) => metBy(adapter, durability, receipt))

  return wrap(adapter, {
    commit: (change) => ifMet("commit", commit(change), change.operations[0]?.key),
    changes: Effect.suspend(() =>
      isBelow(grades.watch, adapter.capability.watch, watch)
        ? fail("changes", `watching within ${watch}`)
        : adapter.changes
    ),
    role: {
      ...adapter.role,
      compareAndSet: (expected, next) => ifMet("role", adapter.role.compareAndSet(expected, next))
    }
  })
}

/**
 * Refuses the writes of an adapter that does not promise what is required.
 *
 * **Details**
 *
 * A durability alone may be given by its name. Every commit, and the compare-and-set of the store's role,
 * fails with `Unsupported` (not applied, the caller's to remedy) before any I/O; where `watch` is not met,
 * watching does. A write whose receipt tells less durability than required fails with `DurabilityNotMet`,
 * applied, carrying the receipt. What an adapter promises is asked at every call: a chain learns it as its tiers
 * open. It costs a comparison.
 */
export const required = (requirement: Durability | Requirement): AdapterPolicy =>
  requiring(requirement, (capability) => new Unsupported({ outcome: "notApplied", capability }))

/**
 * The same for a tier of a chain, which has the next one to go to: what a tier does not promise is `Unavailable` there,
 * with `Unsupported` as its cause, and the caller is told why the tiers above refused.
 */
export const requiredOfTier = (requirement: Durability | Requirement): AdapterPolicy =>
  requiring(requirement, (capability) => {
    const cause = new Unsupported({ outcome: "notApplied", capability })
    return new Unavailable({ outcome: "notApplied", what: capability, cause })
  })

/** What is required of a chain as a whole: a durability is required of the tier that takes a write. */
export const requiredOfChain = (requirement: Durability | Requirement): AdapterPolicy =>
  required(typeof requirement === "string" ? {} : { ...requirement, durability: undefined })
