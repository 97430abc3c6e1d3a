// The laws of the contract document: it quotes the port, it refuses a method without its terms, and what it says that
// a law asks of a capability is what the law's function says.
import type { Capability } from "@holdfast/core"
import { type Law, laws } from "@holdfast/core/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { contractText, portMembers } from "../contractTable.ts"
import { needsText } from "../reference/capabilityNeeds.ts"

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, "fixtures", "port", name), "utf8")

describe("the members of the port", () => {
  test("are quoted with their types and documentation, and what is not documented is left out", () => {
    expect(portMembers(fixture("sound.ts"))).toEqual([
      { name: "name", type: "string", isOptional: false, doc: "How errors name it." },
      {
        name: "commit",
        type: "( change: StorageChange ) => Effect.Effect<void, StorageError>",
        isOptional: false,
        doc: "Applies a change.\n\n- Needs: `atomicity`, which says\n  how much.\n- Ensures: it is applied.\n"
          + "- Fails with: what it met.\n- On interruption: nothing was changed."
      },
      { name: "health", type: "Stream.Stream<Health>", isOptional: false, doc: "The health." }
    ])
  })

  test.each([
    ["missing.ts", "load does not state: On interruption"],
    ["unknown.ts", "load has the term \"Promises\""],
    ["order.ts", "load states its terms in another order"],
    ["absent.ts", "declares no port"]
  ])("are refused in %s: %s", (name, complaint) => {
    expect(() => portMembers(fixture(name))).toThrow(complaint)
  })
})

const needs: ReadonlyArray<readonly [text: string, needs: (capability: Capability) => boolean]> = [
  ["every adapter", () => true],
  [
    "every adapter",
    ({ durability, append }) => durability === "volatile" || append !== "native" || append === "native"
  ],
  ["`atomicity` `manyKeys`", ({ atomicity }) => atomicity === "manyKeys"],
  ["`compareAndSet` other than `none`", ({ compareAndSet }) => compareAndSet !== "none"],
  [
    "`durability` `flushed` or `replicated`",
    ({ durability }) => durability.endsWith("ed") && durability !== "buffered"
  ],
  ["`keyBytesMax` at least 129", ({ keyBytesMax }) => keyBytesMax > 128],
  ["`bodyBytesMax` at most 1000", ({ bodyBytesMax }) => bodyBytesMax <= 1000],
  ["`bodyBytesMax` from 7 to 1000", ({ bodyBytesMax }) => bodyBytesMax >= 7 && bodyBytesMax <= 1000],
  [
    "`append` `native` and `watch` other than `none` and `keyBytesMax` at least 9",
    ({ append, keyBytesMax, watch }) => append === "native" && watch !== "none" && keyBytesMax >= 9
  ],
  [
    "`atomicity` `oneKey` and `append` `native`; or `atomicity` `manyKeys` and `append` `rewrite`",
    ({ append, atomicity }) => (atomicity === "oneKey") === (append === "native")
  ],
  [
    "`atomicity` `oneKey` and `keyBytesMax` at most 99; or `atomicity` `manyKeys` and `keyBytesMax` at least 100",
    ({ atomicity, keyBytesMax }) => (atomicity === "manyKeys") === (keyBytesMax >= 100)
  ]
]

describe("what a law asks of a capability", () => {
  test.each(needs)("is said as: %s", (text, needed) => {
    expect(needsText(needed)).toBe(text)
  })

  test("is never nothing that any adapter has", () => {
    expect(() => needsText(() => false)).toThrow("no capability asks for the law")
  })
})

describe("the document", () => {
  const text = contractText(portMembers(fixture("sound.ts")), laws)

  test("names every law once, and every link leads to a heading of it", () => {
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
    )
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target = ""]) => target)
    expect(links.length).toBeGreaterThan(9)
    expect(headings).toEqual(expect.arrayContaining(links))
    for (const { id } of laws) expect(text.split(`| \`${id}\` |`)).toHaveLength(2)
  })

  test("keeps a bar in a title inside its cell", () => {
    const law: Law = { id: "a.law", title: "a | b", family: "keys", needs: () => true, run: () => Effect.void }
    expect(contractText([], [law])).toContain("| `a.law` | a \\| b | every adapter |")
  })
})
