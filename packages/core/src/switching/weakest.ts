/**
 * What several backends promise together, of which any may serve: of every promise the weakest.
 *
 * It is computed once, and a backend that promises less never serves, so what a caller was promised holds whatever is
 * switched to. A receipt may say more than that: it tells what the backend did that took the write.
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

/** What all of these promise. */
export const weakest = (first: Capability, others: ReadonlyArray<Capability>): Capability =>
  others.reduce(weakestOf, first)

/** What was promised and a backend does not keep, with the grade that was promised. */
export const lacksOf = (actual: Capability, promised: Capability): ReadonlyArray<string> => {
  const kept = weakestOf(actual, promised)
  return Object.entries(promised).flatMap(([name, grade]) =>
    kept[name as keyof Capability] === grade ? [] : [`${name} ${grade}`]
  )
}
