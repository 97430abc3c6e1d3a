/**
 * What a chain promises: what all of its open tiers do, but for durability.
 *
 * Durability is that of the best tier. A write that lands lower says so in its receipt, and fails
 * `DurabilityNotMet` in a store that requires more.
 */
import * as Option from "effect/Option"
import { type Capability, satisfiesDurability } from "../../model/Capability.ts"
import type { Tier } from "./tiers.ts"

const weakest: Capability = {
  durability: "volatile",
  compareAndSet: "process",
  atomicity: "oneKey",
  append: "rewrite",
  sharedBy: "process",
  watch: "process",
  bodyBytesMax: 1024 * 1024,
  keyBytesMax: 128
}

/**
 * What the tiers that are open promise together. Durability is that of the best one: a write that lands lower says
 * so in its receipt, and fails `DurabilityNotMet` in a store that requires more.
 */
export const capabilityOf = (tiers: ReadonlyArray<Tier>): Capability => {
  const open = tiers.flatMap(({ adapter }) => Option.toArray(adapter)).map(({ capability }) => capability)
  const [first] = open
  if (first === undefined) return weakest
  return {
    ...weakest,
    durability: open.reduce(
      (best, { durability }) => satisfiesDurability(durability, best) ? durability : best,
      first.durability
    ),
    append: open.every(({ append }) => append === "native") ? "native" : "rewrite",
    // What a tier takes must fit into every one, with the mark of a displaced record.
    bodyBytesMax: Math.min(...open.map(({ bodyBytesMax }) => bodyBytesMax)) - markBytesMax,
    keyBytesMax: Math.min(...open.map(({ keyBytesMax }) => keyBytesMax))
  }
}

const markBytesMax = 2048
