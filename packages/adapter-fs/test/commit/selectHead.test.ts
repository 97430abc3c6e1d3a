import { assert, describe, it } from "@effect/vitest"
import { Version } from "@holdfast/core"
import { Option } from "effect"
import { type Candidate, type HeadState, selectHead } from "../../src/commit/readHead.ts"
import { checksum } from "../../src/layout/checksum.ts"
import { type Document, encodeDocument, parseDocument } from "../../src/layout/envelope.ts"
import { document } from "../layout/documents.ts"

const candidateOf = (bytes: Uint8Array) => ({ ...parseDocument(bytes), bytes })
const versionBytes = (version: number) => encodeDocument({ ...document, version: Version(version) })

const damagedBytes = versionBytes(9)
damagedBytes[40]! ^= 1

const candidates = {
  missing: { _tag: "Missing" },
  older: candidateOf(versionBytes(4)),
  newer: candidateOf(versionBytes(5)),
  torn: candidateOf(versionBytes(6).subarray(0, -9)),
  damaged: candidateOf(damagedBytes),
  foreign: candidateOf(Buffer.from("{\"title\":\"x\"}")),
  format: candidateOf(Buffer.from("{\"holdfast\":7,"))
} satisfies Record<string, Candidate>

type Name = keyof typeof candidates

/** A state in a few words: what it is, where, and what it says of the other name. */
const describeState = (state: HeadState): string => {
  switch (state._tag) {
    case "Absent":
      return `absent, main ${state.isTaken.main ? "taken" : "free"}, alt ${state.isTaken.alt ? "taken" : "free"}`
    case "Current":
      return `${state.document.version} in ${state.slot} beside ${state.other}`
    case "Unreadable": {
      const { reason } = state
      const what = reason._tag === "Corrupt"
        ? `Corrupt ${reason.at} ${reason.problem}${reason.older === undefined ? "" : `, older ${reason.older}`}`
        : reason._tag === "NewerFormat"
        ? `NewerFormat ${reason.at} ${reason.format}`
        : reason._tag
      const flags = [state.mayBeInFlight ? "may be in flight" : "", Option.isSome(state.foreign) ? "adoptable" : ""]
      return [what, ...flags.filter((flag) => flag !== "")].join("; ")
    }
  }
}

const cutOff = "Corrupt main is cut off; may be in flight"
const damagedAt = (slot: string) => `Corrupt ${slot} has a wrong checksum; may be in flight`
const damagedOver = (slot: string, older: number) =>
  `Corrupt ${slot} has a wrong checksum, older ${older}; may be in flight`
const foreignAt = (slot: string) => `Corrupt ${slot} was written by another program`
const formatAt = (slot: string) => `NewerFormat ${slot} 7`

// Every pair, by main name, then by second name.
const table: { readonly [main in Name]: { readonly [alt in Name]: string } } = {
  missing: {
    missing: "absent, main free, alt free",
    older: "4 in alt beside Missing",
    newer: "5 in alt beside Missing",
    torn: "absent, main free, alt taken",
    damaged: damagedAt("alt"),
    foreign: foreignAt("alt"),
    format: formatAt("alt")
  },
  older: {
    missing: "4 in main beside Missing",
    older: "4 in main beside Document",
    newer: "5 in alt beside Document",
    torn: "4 in main beside Torn",
    damaged: damagedOver("alt", 4),
    foreign: `${foreignAt("alt")}, older 4`,
    format: formatAt("alt")
  },
  newer: {
    missing: "5 in main beside Missing",
    older: "5 in main beside Document",
    newer: "5 in main beside Document",
    torn: "5 in main beside Torn",
    damaged: damagedOver("alt", 5),
    foreign: `${foreignAt("alt")}, older 5`,
    format: formatAt("alt")
  },
  torn: {
    missing: cutOff,
    older: "4 in alt beside Torn",
    newer: "5 in alt beside Torn",
    torn: cutOff,
    damaged: damagedAt("alt"),
    foreign: foreignAt("alt"),
    format: formatAt("alt")
  },
  damaged: {
    missing: damagedAt("main"),
    older: damagedOver("main", 4),
    newer: damagedOver("main", 5),
    torn: damagedAt("main"),
    damaged: damagedAt("main"),
    foreign: damagedAt("main"),
    format: damagedAt("main")
  },
  foreign: {
    missing: `${foreignAt("main")}; adoptable`,
    older: `${foreignAt("main")}, older 4`,
    newer: `${foreignAt("main")}, older 5`,
    torn: `${foreignAt("main")}; adoptable`,
    damaged: foreignAt("main"),
    foreign: foreignAt("main"),
    format: foreignAt("main")
  },
  format: {
    missing: formatAt("main"),
    older: formatAt("main"),
    newer: formatAt("main"),
    torn: formatAt("main"),
    damaged: formatAt("main"),
    foreign: formatAt("main"),
    format: formatAt("main")
  }
}

describe("selectHead", () => {
  for (const [main, row] of Object.entries(table) as ReadonlyArray<[Name, Record<Name, string>]>) {
    for (const [alt, expected] of Object.entries(row) as ReadonlyArray<[Name, string]>) {
      it(`finds with ${main} in main and ${alt} in alt: ${expected}`, () => {
        assert.strictEqual(describeState(selectHead(candidates[main], candidates[alt], (slot) => slot)), expected)
      })
    }
  }

  it("takes a foreign main name for void beside the session that was adopted from it, and only then", () => {
    const { foreign } = candidates
    const source = Option.some(checksum(foreign.bytes))
    const adopted = { ...document, version: Version(4), writes: [], adoptedFrom: source }
    const stateOf = (one: Document) =>
      describeState(selectHead(foreign, candidateOf(encodeDocument(one)), (slot) => slot))
    assert.strictEqual(stateOf(adopted), "4 in alt beside Foreign")
    assert.strictEqual(
      stateOf({ ...adopted, adoptedFrom: Option.some(checksum("else")) }),
      `${foreignAt("main")}, older 4`
    )
    assert.strictEqual(stateOf({ ...adopted, writes: document.writes }), `${foreignAt("main")}, older 4`)
  })

  it("says of every failure that nothing was changed", () => {
    for (const main of Object.values(candidates)) {
      for (const alt of Object.values(candidates)) {
        const state = selectHead(main, alt, (slot) => slot)
        if (state._tag === "Unreadable") assert.strictEqual(state.reason.outcome, "notApplied")
      }
    }
  })

  it("gives the bytes of the version that it chose", () => {
    const state = selectHead(candidates.older, candidates.newer, (slot) => slot)
    assert.isTrue(state._tag === "Current" && Buffer.compare(state.bytes, versionBytes(5)) === 0)
  })
})
