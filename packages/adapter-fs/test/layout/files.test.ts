import { assert, describe, it } from "@effect/vitest"
import { randomId } from "@holdfast/core"
import {
  type FileRole,
  otherSlot,
  probePrefix,
  roleOf,
  segmentFile,
  slotFile,
  tempFile
} from "../../src/layout/files.ts"
import { encodeName } from "../../src/layout/names.ts"

const stem = "local_1"

describe("roleOf", () => {
  const rows: ReadonlyArray<readonly [name: string, role: FileRole]> = [
    [slotFile(stem, "main"), { _tag: "Head", stem, slot: "main" }],
    [slotFile(stem, "alt"), { _tag: "Head", stem, slot: "alt" }],
    [segmentFile(stem, 0), { _tag: "Segment", stem, segment: 0 }],
    [segmentFile(stem, 1), { _tag: "Segment", stem, segment: 1 }],
    [segmentFile(stem, 12), { _tag: "Segment", stem, segment: 12 }],
    [tempFile(stem, randomId()), { _tag: "Temp", stem }],
    [`${stem}.json.tmp`, { _tag: "ForeignTemp", stem }],
    [`${probePrefix}${randomId()}.a`, { _tag: "Probe" }],
    // What another program, or a copying person, calls its files.
    ["Upper Case.json", { _tag: "Head", stem: "Upper Case", slot: "main" }],
    ["a.b.json", { _tag: "Head", stem: "a.b", slot: "main" }],
    [`${stem}.json.0123.tmp`, { _tag: "Other" }],
    [`${stem}.json.${"g".repeat(20)}.tmp`, { _tag: "Other" }],
    [`${stem}.entries.0.jsonl`, { _tag: "Other" }],
    [`${stem}.entries.01.jsonl`, { _tag: "Other" }],
    [`${stem}.tmp`, { _tag: "Other" }],
    [`${stem}.JSON`, { _tag: "Other" }],
    [".json", { _tag: "Other" }],
    [stem, { _tag: "Other" }],
    ["", { _tag: "Other" }]
  ]
  for (const [name, role] of rows) {
    it(`tells from ${JSON.stringify(name)} that it is ${role._tag}`, () => {
      assert.deepStrictEqual(roleOf(name), role)
    })
  }

  it("tells an alternate name from the main name of a session whose id ends in alt", () => {
    // A dot is escaped in file names, so an id never looks like a suffix.
    const ids = ["x.alt", "x.entries", "x.json", "alt"]
    for (const id of ids) {
      const stem = encodeName(id)
      assert.deepStrictEqual(roleOf(slotFile(stem, "main")), { _tag: "Head", stem, slot: "main" })
    }
  })
})

describe("the names of a session's files", () => {
  const suffixes = [
    slotFile("", "main"),
    slotFile("", "alt"),
    segmentFile("", 0),
    segmentFile("", 999_999),
    tempFile("", randomId())
  ]

  it("have suffixes of at most 45 characters", () => {
    for (const suffix of suffixes) assert.isAtMost(suffix.length, 45)
  })

  it("stay within the 255 bytes of a file name for the longest id", () => {
    const longest = encodeName("A".repeat(128))
    for (const suffix of suffixes) assert.isAtMost(Buffer.byteLength(longest + suffix), 255)
  })

  it("differ from each other", () => {
    assert.strictEqual(new Set(suffixes).size, suffixes.length)
  })

  it("have two slots that are each other's other one", () => {
    assert.strictEqual(otherSlot("main"), "alt")
    assert.strictEqual(otherSlot("alt"), "main")
  })
})
