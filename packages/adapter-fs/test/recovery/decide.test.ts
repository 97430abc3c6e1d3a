/** The decision about every class of leftover, as a table. */
import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/recovery/decide.ts"
import type { Seen } from "../../src/recovery/seen.ts"
import { contents, heads, invalid, present, seen } from "./seen.ts"

type Row = readonly [law: string, some: Partial<Seen>, kind: string, action: string]

const claim = (rows: ReadonlyArray<Row>, base: Partial<Seen>) => {
  for (const [law, some, kind, action] of rows) {
    it(`${law}: ${kind}, ${action}`, () => {
      const decision = decide(seen({ ...base, ...some }))
      assert.deepStrictEqual([decision?.kind, decision?.action], [kind, action])
    })
  }
}

describe("our own temp file", () => {
  claim([
    ["is adopted when it is whole and alone", {}, "ownTemp.orphan", "adopt"],
    ["is deleted when it is its session's", { head: { ...present, age: "identical" } }, "ownTemp.identical", "delete"],
    ["is deleted when it is older", { head: { ...present, age: "older" } }, "ownTemp.older", "delete"],
    ["is kept aside when it is newer", { head: { ...present, age: "newer" } }, "ownTemp.newer", "quarantine"],
    [
      "is never loaded after a removal, however new it is",
      { head: { ...present, isRemoved: true, age: "newer" } },
      "ownTemp.newer",
      "quarantine"
    ],
    ["is deleted when nothing was written to it", { content: "empty" }, "ownTemp.empty", "delete"],
    ["is kept aside when it is torn", { content: "torn" }, "ownTemp.torn", "quarantine"],
    ["is kept aside when it has NULs", { content: "nul", head: present }, "ownTemp.nul", "quarantine"],
    ["is kept aside when it is damaged", { content: "damaged" }, "ownTemp.damaged", "quarantine"],
    ["is kept aside when another program wrote it", { content: "json" }, "ownTemp.json", "quarantine"],
    ["is kept aside when it names another session", { content: "wrongId" }, "ownTemp.wrongId", "quarantine"],
    ["is left to a newer version of the adapter", { content: "newerFormat" }, "ownTemp.newerFormat", "none"],
    ["is left while it is written", { isSteady: false, content: "torn" }, "ownTemp.growing", "none"],
    ["is left beside another program's file", { head: { _tag: "Foreign" } }, "ownTemp.blocked", "none"],
    ["is left beside what must not be replaced", { head: { _tag: "Blocked" } }, "ownTemp.blocked", "none"],
    [
      "takes the place of what cannot be read when it is known to be the newest",
      { head: { ...invalid, age: "newer" } },
      "ownTemp.rescue",
      "adopt"
    ],
    [
      "does not take the place of a newer version that cannot be read, even when asked",
      { head: { ...invalid, age: "older" }, isAsked: true },
      "ownTemp.older",
      "none"
    ],
    ["waits for somebody to ask when nothing says which is newer", { head: invalid }, "ownTemp.undecided", "none"],
    ["is what is left of a session when somebody asks", { head: invalid, isAsked: true }, "ownTemp.rescue", "adopt"],
    [
      "is left when it is no better than what is there",
      { head: invalid, content: "torn", isAsked: true },
      "ownTemp.blocked",
      "none"
    ]
  ], { what: "ownTemp" })
})

describe("another program's temp file", () => {
  const source = { ...present, adoption: "source" } as const
  const changed = { ...present, adoption: "changedSource" } as const
  claim([
    ["is adopted when it is alone", {}, "foreignTemp.orphan", "adopt"],
    ["is left when no adopter takes it", { isAdoptable: false }, "foreignTemp.refused", "none"],
    ["is adopted when it is newer than its finished file", { sibling: "newer" }, "foreignTemp.newer", "adopt"],
    ["is left when it is older", { sibling: "older" }, "foreignTemp.older", "none"],
    ["is left when it is the same", { sibling: "identical" }, "foreignTemp.identical", "none"],
    ["is kept beside its finished file", { sibling: "undecided" }, "foreignTemp.undecided", "none"],
    ["is kept beside one that no adopter takes", { sibling: "refused" }, "foreignTemp.refused", "none"],
    ["is adopted when its finished file is void", { sibling: "invalid" }, "foreignTemp.rescue", "adopt"],
    ["is left when it is torn", { content: "torn" }, "foreignTemp.torn", "none"],
    ["is left when it is empty", { content: "empty" }, "foreignTemp.empty", "none"],
    ["is left when it has NULs", { content: "nul" }, "foreignTemp.nul", "none"],
    ["is left when it is damaged", { content: "damaged" }, "foreignTemp.damaged", "none"],
    ["is left when it is one of our documents", { content: "whole" }, "foreignTemp.whole", "none"],
    ["is left when it is another session of ours", { content: "wrongId" }, "foreignTemp.wrongId", "none"],
    ["is left when it is of a newer format", { content: "newerFormat" }, "foreignTemp.newerFormat", "none"],
    ["is left while it is written", { isSteady: false }, "foreignTemp.growing", "none"],
    ["is known as a source", { head: source }, "foreignTemp.source", "none"],
    ["is a session of its own when a source was changed", { head: changed }, "foreignTemp.changed", "adopt"],
    ["is that once", { head: changed, isForked: true }, "foreignTemp.changed", "none"],
    ["is no session when nobody takes it", { head: changed, isAdoptable: false }, "foreignTemp.changed", "none"],
    ["stays removed", { head: { ...changed, isRemoved: true } }, "foreignTemp.removed", "none"],
    ["is left beside a session of ours", { head: { ...present, age: "newer" } }, "foreignTemp.newer", "none"],
    ["is left where a session of ours has entries", { hasLog: true }, "foreignTemp.hasEntries", "none"],
    ["is left where a session of ours was", { wasOurs: true }, "foreignTemp.replaced", "none"],
    ["is taken there when somebody asks", { wasOurs: true, isAsked: true }, "foreignTemp.orphan", "adopt"],
    [
      "is adopted over another program's file that is void",
      { head: { ...invalid, owner: "foreign" } },
      "foreignTemp.rescue",
      "adopt"
    ],
    ["is left beside a session of ours that is void", { head: invalid, isAsked: true }, "foreignTemp.blocked", "none"],
    [
      "waits for somebody to ask when nothing says whose file is void",
      { head: { ...invalid, owner: "unknown" } },
      "foreignTemp.undecided",
      "none"
    ],
    [
      "is adopted then",
      { head: { ...invalid, owner: "unknown" }, isAsked: true },
      "foreignTemp.rescue",
      "adopt"
    ],
    ["goes on when its adoption was cut short", { head: { _tag: "CutShort" } }, "foreignTemp.cutShort", "adopt"]
  ], { what: "foreignTemp", content: "json", isAdoptable: true })
})

describe("a file at a main name", () => {
  claim([
    ["is adopted in place", { head: { _tag: "Foreign" } }, "foreignFile.orphan", "adopt"],
    ["is adopted in a folder of a raw name", {}, "foreignFile.orphan", "adopt"],
    ["gives way to a newer temp file", { sibling: "older", head: { _tag: "Foreign" } }, "foreignFile.older", "none"],
    [
      "is a session of its own when it changed after its adoption",
      {
        head: { ...present, adoption: "changedSource" }
      },
      "foreignFile.changed",
      "adopt"
    ],
    ["is left when it was renamed over a session", { head: { _tag: "Blocked" } }, "foreignFile.blocked", "none"],
    ["is a finding when it is torn", { content: "torn", head: invalid }, "sessionFile.torn", "none"],
    ["is a finding when it has NULs", { content: "nul", head: invalid }, "sessionFile.nul", "none"],
    ["is a finding when it is empty", { content: "empty", head: invalid }, "sessionFile.empty", "none"],
    ["is a finding when it is damaged", { content: "damaged", head: invalid }, "sessionFile.damaged", "none"],
    [
      "is a finding when its format is newer",
      {
        content: "newerFormat",
        head: { _tag: "Blocked" }
      },
      "sessionFile.newerFormat",
      "none"
    ],
    [
      "is a finding when it names another session",
      {
        content: "wrongId",
        head: { _tag: "Blocked" }
      },
      "sessionFile.wrongId",
      "none"
    ],
    [
      "is a finding when it is a copy of another session",
      {
        content: "wrongId",
        isCopy: true,
        head: { _tag: "Blocked" }
      },
      "sessionFile.duplicate",
      "none"
    ]
  ], { what: "main", content: "json", isAdoptable: true })

  it("is nothing to speak of when its session can be read", () => {
    for (const content of contents.filter((each) => each !== "json" && each !== "wrongId")) {
      assert.isUndefined(decide(seen({ what: "main", content, head: present })))
    }
  })
})

describe("what is left of a session's other files", () => {
  for (const what of ["loneAlt", "orphanLog"] as const) {
    it(`is kept aside when its session is absent: ${what}`, () => {
      assert.strictEqual(decide(seen({ what, content: "torn" }))?.action, "quarantine")
    })
    it(`is left when its session is there, or cannot be read: ${what}`, () => {
      for (const head of heads.filter(({ _tag }) => _tag !== "Absent")) {
        assert.isUndefined(decide(seen({ what, content: "torn", head })))
      }
    })
  }

  it("is deleted when a probe made it", () => {
    assert.strictEqual(decide(seen({ what: "probe", content: "damaged" }))?.action, "delete")
  })
})
