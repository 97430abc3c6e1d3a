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
  | { readonly _tag: "Repeat" | "List" | "Drain" | "Restart" }
  | { readonly _tag: "Crash"; readonly after: number; readonly key: number }
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
  ...Array.from({ length: 3 }, () => "Remove" as const),
  "Create",
  "Create",
  "Load",
  "Load",
  "Load",
  "Entries",
  "Entries",
  "Repeat",
  "Repeat",
  "List",
  "List",
  "Drain",
  "Drain",
  "Restart",
  "Restart",
  "Crash",
  "Crash",
  ...Array.from({ length: 9 }, () => "Trouble" as const),
  "Heal",
  "Heal",
  "Heal"
]

const among = (count: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: count - 1 })))

const Draw = Schema.Struct({
  tag: among(tags.length),
  key: among(2),
  expect: among(3),
  tier: among(3),
  reads: among(3),
  writes: among(4),
  builds: among(4),
  after: among(12)
})

const stepOf = (draw: typeof Draw.Type): Step => {
  const tag = tags[draw.tag]!
  switch (tag) {
    case "Crash":
      return { _tag: tag, after: draw.after, key: draw.key }
    case "Trouble":
      return {
        _tag: tag,
        tier: draw.tier,
        reads: draw.reads === 2 ? "fail" : "work",
        writes: draw.writes === 3 ? "lost" : draw.writes === 0 ? "work" : "fail",
        builds: draw.builds === 3 ? "fail" : "work"
      }
    case "Repeat":
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
