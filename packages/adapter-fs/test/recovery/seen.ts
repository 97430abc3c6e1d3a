/** What may be seen of a leftover, for tables: every head, every content, and the rest as it mostly is. */
import type { Age, Content } from "../../src/recovery/content.ts"
import type { HeadSeen, Seen } from "../../src/recovery/seen.ts"

export const present = { _tag: "Present", isRemoved: false, age: "undecided", adoption: "none" } as const
export const invalid = { _tag: "Invalid", owner: "ours", age: "undecided" } as const

export const ages: ReadonlyArray<Age> = ["identical", "older", "newer", "undecided"]
export const contents: ReadonlyArray<Content> = [
  "whole",
  "wrongId",
  "json",
  "newerFormat",
  "empty",
  "nul",
  "torn",
  "damaged"
]

export const heads: ReadonlyArray<HeadSeen> = [
  { _tag: "Absent" },
  { _tag: "Foreign" },
  { _tag: "CutShort" },
  { _tag: "Blocked" },
  ...(["ours", "foreign", "unknown"] as const).flatMap((owner) => ages.map((age) => ({ ...invalid, owner, age }))),
  ...[true, false].flatMap((isRemoved) =>
    ages.flatMap((age) =>
      (["source", "changedSource", "none"] as const).map((adoption) => ({ ...present, isRemoved, age, adoption }))
    )
  )
]

export const seen = (some: Partial<Seen>): Seen => ({
  what: "ownTemp",
  content: "whole",
  isSteady: true,
  head: { _tag: "Absent" },
  isAdoptable: false,
  hasLog: false,
  wasOurs: false,
  sibling: "none",
  isForked: false,
  isCopy: false,
  isAsked: false,
  ...some
})
