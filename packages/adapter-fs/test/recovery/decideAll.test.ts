/** What holds for every decision, whatever was seen. */
import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/recovery/decide.ts"
import type { Seen } from "../../src/recovery/seen.ts"
import { ages, contents, heads, seen } from "./seen.ts"

describe("every decision", { concurrent: false }, () => {
  const yesOrNo = [true, false]
  const siblings: ReadonlyArray<Seen["sibling"]> = ["none", "invalid", "refused", ...ages]
  const flags = yesOrNo.flatMap((isSteady) =>
    yesOrNo.flatMap((isAdoptable) =>
      yesOrNo.flatMap((hasLog) => yesOrNo.map((isAsked) => ({ isSteady, isAdoptable, hasLog, isAsked })))
    )
  )
  const all = (["ownTemp", "foreignTemp", "main", "loneAlt", "orphanLog", "probe"] as const).flatMap((what) =>
    contents.flatMap((content) =>
      heads.flatMap((head) =>
        siblings.flatMap((sibling) => flags.map((flag) => seen({ what, content, head, sibling, ...flag })))
      )
    )
  )
  const acting = (...actions: ReadonlyArray<string>) =>
    all.filter((some) => actions.includes(decide(some)?.action ?? "none"))

  it("deletes nothing but probes, empty files and what is no newer than its session", () => {
    for (const { content, head, what } of acting("delete").filter((some) => some.what !== "probe")) {
      const isOld = head._tag === "Present" && (head.age === "identical" || head.age === "older")
      assert.isTrue(content === "empty" || (what === "ownTemp" && isOld))
    }
  })

  it("brings nothing back that a removal has made void", () => {
    for (const { head } of acting("adopt")) assert.isFalse(head._tag === "Present" && head.isRemoved)
  })

  it("replaces no session that can be read, nor what it does not know", () => {
    for (const { head } of acting("adopt")) {
      assert.notStrictEqual(head._tag, "Blocked")
      if (head._tag === "Present") assert.strictEqual(head.adoption, "changedSource")
    }
  })

  it("touches no file of another program, and none that somebody writes", () => {
    for (const { isSteady, what } of acting("delete", "quarantine")) {
      assert.isFalse(what === "foreignTemp" || what === "main")
      if (what === "ownTemp") assert.isTrue(isSteady)
    }
    for (const { isSteady } of acting("adopt")) assert.isTrue(isSteady)
  })

  it("has a name of two words for its kind, and says in one line why, without a path", () => {
    for (const decision of all.map(decide)) {
      assert.match(decision?.kind ?? "a.b", /^[a-zA-Z]+\.[a-zA-Z]+$/)
      assert.match(decision?.detail ?? "ok", /^[a-z][a-z ,'A-Z]+$/)
    }
  })
})
