/**
 * Rules: chaos by script. Each rule counts the calls that it is about and says which of them meet with its mishap.
 *
 * Every rule counts for itself, whatever other rules do to a call. Of the rules that strike the same call all delays
 * are followed, and the first of the others.
 */
import type { StorageOperation } from "../../errors/StorageError.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import { type Call, canBefall, type Mishap } from "./mishaps.ts"

/** Which calls meet with a mishap; without a number it is every one that the mishap can befall. */
export interface Rule {
  /** An operation, or many: `reads`, `writes` and `any` are all but `open`, which is the building of the layer. */
  readonly operation: StorageOperation | "reads" | "writes" | "any"
  /** Only calls about such a session; of a change, one of its keys is enough. */
  readonly key?: ((key: SessionKey) => boolean) | undefined
  /** Asked at every call; a call that comes meanwhile is not counted. */
  readonly while?: (() => boolean) | undefined
  /** Only this one of the calls, counted from 1. */
  readonly nth?: number | undefined
  /** Only every so-manyth of the calls. */
  readonly every?: number | undefined
  /** At most so often. */
  readonly times?: number | undefined
  readonly mishap: Mishap
}

const isAbout = ({ key, operation, while: applies }: Rule, call: Call): boolean =>
  (operation === call.operation || call.operation !== "open" && (operation === "any" || operation === call.access))
  && (key === undefined || call.keys.some(key))
  && (applies === undefined || applies())

/** Starts to count for one rule. */
const makeCount = (rule: Rule) => {
  const { every = 1, mishap, nth, times = Infinity } = rule
  let seenCount = 0
  let followedCount = 0
  return {
    /** Whether the rule strikes this call. */
    strikes: (call: Call): boolean => {
      if (!isAbout(rule, call)) return false
      seenCount++
      return (nth === undefined || nth === seenCount) && seenCount % every === 0 && followedCount < times
        && canBefall(mishap, call)
    },
    follow: (): Mishap => {
      followedCount++
      return mishap
    }
  }
}

/** Starts to count for all rules. The function gives what befalls a call: delays, and at most one other mishap. */
export const makeScript = (rules: ReadonlyArray<Rule>): (call: Call) => ReadonlyArray<Mishap> => {
  const counts = rules.map((rule) => ({ rule, ...makeCount(rule) }))
  return (call) => {
    const struck = counts.filter(({ strikes }) => strikes(call))
    const first = struck.find(({ rule }) => rule.mishap._tag !== "Latency")
    return struck.filter((count) => count === first || count.rule.mishap._tag === "Latency").map(({ follow }) =>
      follow()
    )
  }
}
