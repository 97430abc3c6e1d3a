/**
 * What several backends promise together, of which any may serve: of every promise the weakest.
 *
 * It is computed once, so what a caller was promised holds whatever is switched to. A receipt may say more than that:
 * it tells what the backend did that took the write.
 */
import type { Capability } from "../model/Capability.ts"

type Graded = "durability" | "compareAndSet" | "atomicity" | "append" | "sharedBy" | "watch"

/** The grades of every promise, the weakest first. */
const grades: { readonly [F in Graded]: ReadonlyArray<Capability[F]> } = {
  durability: ["volatile", "buffered", "flushed", "replicated"],
  compareAndSet: ["none", "process", "host", "global"],
  atomicity: ["oneKey", "manyKeys"],
  append: ["rewrite", "native"],
  sharedBy: ["process", "host", "network"],
  watch: ["none", "process", "host", "global"]
}

const weaker = <F extends Graded>(field: F, self: Capability, that: Capability): Capability[F] =>
  grades[field].indexOf(self[field]) <= grades[field].indexOf(that[field]) ? self[field] : that[field]

const weakestOf = (self: Capability, that: Capability): Capability => ({
  durability: weaker("durability", self, that),
  compareAndSet: weaker("compareAndSet", self, that),
  atomicity: weaker("atomicity", self, that),
  append: weaker("append", self, that),
  sharedBy: weaker("sharedBy", self, that),
  watch: weaker("watch", self, that),
  bodyBytesMax: Math.min(self.bodyBytesMax, that.bodyBytesMax),
  keyBytesMax: Math.min(self.keyBytesMax, that.keyBytesMax)
})

/** What all of these promise. There is at least one. */
export const weakest = (capabilities: ReadonlyArray<Capability>): Capability => capabilities.reduce(weakestOf)
