/**
 * Which laws are run over which stores: most over every one of them, those about the world around a store over
 * one store for each protocol and beside the others, for they wait for processes and open hundreds of stores.
 */
import { type Law, laws } from "@holdfast/core/testing"

const aroundAStore: ReadonlySet<Law["family"]> = new Set(["processes", "kills", "faults", "crash states"])

/** The laws about other processes, faults and crashes. */
export const worldLaws: ReadonlyArray<Law> = laws.filter(({ family }) => aroundAStore.has(family))

/** All other laws. */
export const storeLaws: ReadonlyArray<Law> = laws.filter(({ family }) => !aroundAStore.has(family))

/** Those that have to do with how a head is published: what is reported of a write is the same for all. */
export const publishingLaws: ReadonlyArray<Law> = storeLaws.filter(({ family }) => family !== "changes")

// What a head is made of and replaced by; how keys are named and lists read is the same in both.
const aboutHeads: ReadonlySet<Law["family"]> = new Set(["round trip", "versions", "atomic commit"])

/** Those that a quick run asks of slots; all others are asked in the slow tests. */
export const slotLaws: ReadonlyArray<Law> = publishingLaws.filter(({ family }) => aboutHeads.has(family))
