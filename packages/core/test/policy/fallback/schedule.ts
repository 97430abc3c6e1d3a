/**
 * Random schedules of a chain: writes, reads, tiers that fail and work again, crashes and restarts.
 *
 * A step says what to do relative to what is there when it runs, so that a schedule stays meaningful while it is shrunk.
 */
import { Arbitrary, Schema } from "effect"

export type Step =
  | {
    readonly _tag: "Put" | "Append" | "Both" | "Remove" | "Create"
    readonly key: number
    readonly expect: "any" | "current"
  }
  | { readonly _tag: "Load" | "Entries"; readonly key: number }
  | { readonly _tag: "List" | "Drain" | "Restart" }
  /** Sends a write again: the last one, or one of the four before it. */
  | { readonly _tag: "Repeat"; readonly back: number }
  /** The process dies after so many calls of its tiers: in the midst of a write, or of what is said. */
  | {
    readonly _tag: "Crash"
    readonly in?: "removal" | "drain" | undefined
    readonly after: number
    readonly key: number
  }
  | {
    readonly _tag: "Trouble"
    readonly tier: number
    readonly reads: "work" | "fail"
    readonly writes: "work" | "fail" | "lost"
    readonly builds: "work" | "fail"
  }
  | { readonly _tag: "Heal" }

const tags: ReadonlyArray<Step["_tag"]> = [
  ...Array.from({ length: 8 }, () => "Put" as const),
  ...Array.from({ length: 6 }, () => "Append" as const),
  ...Array.from({ length: 3 }, () => "Both" as const),
  ...Array.from({ length: 5 }, () => "Remove" as const),
  "Create",
  "Create",
  "Load",
  "Load",
  "Load",
  "Entries",
  "Entries",
  ...Array.from({ length: 8 }, () => "Repeat" as const),
  "List",
  "List",
  "Drain",
  "Drain",
  "Restart",
  "Restart",
  ...Array.from({ length: 3 }, () => "Crash" as const),
  ...Array.from({ length: 9 }, () => "Trouble" as const),
  "Heal",
  "Heal",
  "Heal"
]

const among = (count: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: count - 1 })))

/** How far back a write may lie that is sent again. */
export const repeatedMax = 5

const crashes = [undefined, undefined, "removal", "drain"] as const

const Draw = Schema.Struct({
  tag: among(tags.length),
  key: among(2),
  expect: among(3),
  tier: among(3),
  reads: among(3),
  writes: among(4),
  builds: among(4),
  after: among(12),
  back: among(repeatedMax),
  in: among(crashes.length)
})

const stepOf = (draw: typeof Draw.Type): Step => {
  const tag = tags[draw.tag]!
  switch (tag) {
    case "Crash":
      return { _tag: tag, in: crashes[draw.in], after: draw.after, key: draw.key }
    case "Trouble":
      return {
        _tag: tag,
        tier: draw.tier,
        reads: draw.reads === 2 ? "fail" : "work",
        writes: draw.writes === 3 ? "lost" : draw.writes === 0 ? "work" : "fail",
        builds: draw.builds === 3 ? "fail" : "work"
      }
    case "Repeat":
      return { _tag: tag, back: draw.back }
    case "List":
    case "Drain":
    case "Restart":
    case "Heal":
      return { _tag: tag }
    case "Load":
    case "Entries":
      return { _tag: tag, key: draw.key }
    default:
      return { _tag: tag, key: draw.key, expect: draw.expect === 2 ? "current" : "any" }
  }
}

/** Schedules of up to so many steps. */
export const schedules = (lengthMax: number): Arbitrary.Arbitrary<ReadonlyArray<Step>> =>
  Arbitrary.array(Arbitrary.map(Arbitrary.schema(Draw), stepOf), { maxLength: lengthMax })
