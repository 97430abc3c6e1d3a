import { assert, describe, it } from "@effect/vitest"
import type { Parsed } from "../../src/layout/envelope.ts"
import { decide, type HeadSeen, type Seen } from "../../src/recovery/decide.ts"

const absent: HeadSeen = { _tag: "Absent" }
const unreadable: HeadSeen = { _tag: "Unreadable" }
const foreign: HeadSeen = { _tag: "Foreign" }
const present: HeadSeen = { _tag: "Present", version: 5, isRemoved: false, isSource: false }
const removed: HeadSeen = { ...present, isRemoved: true }
const source: HeadSeen = { ...present, isSource: true }
const removedSource: HeadSeen = { ...removed, isSource: true }

const heads = { absent, unreadable, foreign, present, removed, source, removedSource }
const contents: ReadonlyArray<Parsed["_tag"]> = ["Document", "Torn", "Damaged", "Foreign", "NewerFormat"]

const seen = (some: Partial<Seen>): Seen => ({
  what: "ownTemp",
  content: "Document",
  isEmpty: false,
  version: 0,
  head: absent,
  isAdoptable: false,
  hasLog: false,
  ...some
})

const actionOf = (some: Partial<Seen>): string => decide(seen(some))?.action ?? "nothing to say"
const unwhole = contents.filter((content) => content !== "Document")
const other = contents.filter((content) => content !== "Foreign")

describe("our own temp file", () => {
  const rows: ReadonlyArray<readonly [what: string, some: Partial<Seen>, action: string]> = [
    ["is adopted when it is whole and alone", { version: 5 }, "adopt"],
    ["is deleted when it is as old as its session", { version: 5, head: present }, "delete"],
    ["is deleted when it is older than its session", { version: 4, head: present }, "delete"],
    ["is kept aside when it is newer than its session", { version: 6, head: present }, "quarantine"],
    ["is deleted when its session was removed later", { version: 5, head: removed }, "delete"],
    ["is kept aside, and never loaded, when it is newer than a removal", { version: 6, head: removed }, "quarantine"],
    ["is left when its session cannot be read", { version: 6, head: unreadable }, "none"],
    ["is left when another program's file has its session's name", { version: 6, head: foreign }, "none"],
    ["is deleted when it is empty and alone", { content: "Torn", isEmpty: true }, "delete"],
    ["is deleted when it is empty beside its session", { content: "Torn", isEmpty: true, head: present }, "delete"],
    [
      "is left when it is empty and its session cannot be read",
      { content: "Torn", isEmpty: true, head: unreadable },
      "none"
    ]
  ]
  for (const [law, some, action] of rows) it(`${law}: ${action}`, () => assert.strictEqual(actionOf(some), action))

  for (const content of unwhole) {
    for (const [name, head] of Object.entries({ absent, present, removed })) {
      it(`is kept aside when it is ${content} and its session is ${name}`, () => {
        assert.strictEqual(actionOf({ content, head }), "quarantine")
      })
    }
  }
})

describe("another program's temp file", () => {
  const what = "foreignTemp"
  for (const [name, head] of Object.entries(heads)) {
    const action = name === "absent" ? "adopt" : "none"
    it(`gets ${action} when an adopter takes it and its session is ${name}`, () => {
      assert.strictEqual(actionOf({ what, content: "Foreign", isAdoptable: true, head }), action)
    })
    for (const content of contents) {
      it(`is left when it is ${content}, no adopter takes it and its session is ${name}`, () => {
        assert.strictEqual(actionOf({ what, content, head }), "none")
      })
    }
  }
})

describe("a file at a main name", () => {
  const what = "main"
  for (const [name, head] of Object.entries(heads)) {
    const action = name === "absent" || name === "foreign" ? "adopt" : "none"
    it(`gets ${action} when an adopter takes it and its session is ${name}`, () => {
      assert.strictEqual(actionOf({ what, content: "Foreign", isAdoptable: true, head }), action)
    })
    it(`is left when no adopter takes it and its session is ${name}`, () => {
      assert.strictEqual(actionOf({ what, content: "Foreign", head }), "none")
    })
  }
  for (const content of other.filter((content) => content !== "Torn")) {
    it(`is nothing to speak of when it is ${content}: a listing says what is wrong with it`, () => {
      assert.strictEqual(actionOf({ what, content, head: present }), "nothing to say")
    })
  }
})

describe("another program's file that has entries beside it", () => {
  for (const what of ["main", "foreignTemp"] as const) {
    for (const [name, head] of Object.entries(heads)) {
      it(`is left, since a session of ours was there: ${what}, its session ${name}`, () => {
        assert.strictEqual(actionOf({ what, content: "Foreign", isAdoptable: true, hasLog: true, head }), "none")
      })
    }
  }
})

describe("what is left of a session's other files", () => {
  for (const what of ["loneAlt", "orphanLog"] as const) {
    it(`is kept aside when its session is absent: ${what}`, () => {
      assert.strictEqual(actionOf({ what, content: "Torn" }), "quarantine")
    })
    for (const [name, head] of Object.entries({ unreadable, foreign, present, removed })) {
      it(`is left when its session is ${name}: ${what}`, () => {
        assert.strictEqual(actionOf({ what, content: "Torn", head }), "nothing to say")
      })
    }
  }

  it("is deleted when a probe made it", () => {
    assert.strictEqual(actionOf({ what: "probe", content: "Damaged" }), "delete")
  })
})

describe("every decision", () => {
  const all = (["ownTemp", "foreignTemp", "main", "loneAlt", "orphanLog", "probe"] as const).flatMap((what) =>
    contents.flatMap((content) =>
      Object.values(heads).flatMap((head) =>
        [0, 4, 5, 6].flatMap((version) =>
          [true, false].map((isAdoptable) => seen({ what, content, head, version, isAdoptable }))
        )
      )
    )
  )

  it("deletes nothing but probes, empty files and what is no newer than its session", () => {
    for (const some of all) {
      if (decide(some)?.action !== "delete" || some.what === "probe") continue
      assert.isTrue(some.what === "ownTemp" && some.head._tag === "Present" && some.version <= some.head.version)
    }
  })

  it("brings nothing back that a removal has made void", () => {
    for (const some of all) {
      if (some.head._tag === "Present") assert.notStrictEqual(decide(some)?.action, "adopt")
    }
  })

  it("touches no file of another program", () => {
    for (const some of all) {
      if (some.what === "foreignTemp" || some.what === "main") {
        assert.notInclude(["delete", "quarantine"], decide(some)?.action)
      }
    }
  })

  it("says in one line why, without a path", () => {
    for (const some of all) assert.match(decide(some)?.detail ?? "ok", /^[a-z][a-z ,']+$/)
  })
})
