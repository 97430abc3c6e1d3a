// The laws of the error document: every error is in it under a heading of its own, with what its code prints and what
// the adapters' tables make of native codes.
import { NoSpace, SessionInvalid } from "@holdfast/core"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { errnoTable } from "../../packages/adapter-fs/src/io/errno.ts"
import { resultCodeTable } from "../../packages/adapter-sqlite/src/resultCode.ts"
import { errorsText } from "../errorsTable.ts"
import { declarationsOf, fieldsOf } from "../reference/declarations.ts"
import { messageShape, reasonSamples, sessionErrorSamples } from "../reference/errorSamples.ts"
import { nativeTables } from "../reference/nativeCodes.ts"
import { parseSource } from "../sourceFile.ts"

const text = errorsText()
const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading)

const reasonsPath = join(import.meta.dirname, "../../packages/core/src/errors/reasons.ts")

describe("the document", () => {
  test("has a heading for every reason and every error of a session, once", () => {
    const names = ["StorageError", ...Object.keys(reasonSamples), ...Object.keys(sessionErrorSamples)]
    for (const name of names) expect(headings.filter((heading) => heading === name)).toHaveLength(1)
  })

  test("has no link that leads nowhere", () => {
    const targets = headings.map((heading) => heading.toLowerCase().replaceAll(" ", "-"))
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target = ""]) => target)
    expect(links.length).toBeGreaterThan(Object.keys(reasonSamples).length)
    expect(targets).toEqual(expect.arrayContaining(links))
  })

  test("says of a reason what its source and its code say", () => {
    expect(text).toContain(
      "### Busy\n\nSomebody else holds the file, the lock or the key at the moment.\n\n"
        + "Message: `<path> is in use (<code>)`. Remedy: `retry`.\n\n"
        + "- `path`: `string`. The file or folder that the failing call named.\n"
    )
  })

  test("says of an outcome how the message ends", () => {
    expect(text).toMatch(/\| `unknown` \| .+ \| `; whether the change was applied is unknown` \|/)
  })

  test("has every code of the file adapter's table, with what it means to a call and to a listing", () => {
    for (const code of Object.keys(errnoTable)) expect(text).toContain(`| \`${code}\` |`)
    expect(text).toContain("| `ENOSPC` | [NoSpace](#nospace) | [DirectoryUnreadable](#directoryunreadable) |")
    expect(text).toContain(
      "| `EMFILE` | [TooManyOpenFiles](#toomanyopenfiles) | [TooManyOpenFiles](#toomanyopenfiles) |"
    )
  })

  test("has every result code of the SQLite adapter's table, with its name", () => {
    for (const [code, { name }] of Object.entries(resultCodeTable)) expect(text).toContain(`| \`${name}\` (${code})`)
    expect(text).toMatch(/\| `SQLITE_FULL` \(13\) +\| \[NoSpace\]\(#nospace\)/)
  })

  test("shows no code of a table as unclassified", () => {
    const meanings = nativeTables.flatMap(({ rows }) => rows.flatMap(([, ...reasons]) => reasons))
    expect(meanings.filter(({ _tag }) => _tag === "Unclassified")).toEqual([])
  })
})

describe("the shape of a message", () => {
  test("has the names of the fields where the message has their values", () => {
    expect(messageShape(new NoSpace({ outcome: "unknown", path: "/secret", code: "ENOSPC" })))
      .toBe("no space left for <path> (<code>)")
    expect(messageShape(reasonSamples.DurabilityNotMet)).toBe(
      "the write is <receipt.durability>, <required> is required"
    )
    expect(messageShape(reasonSamples.Conflict)).toBe("expected <expected>, found <actual>")
  })

  test("has the name of the field where the message has another error's", () => {
    expect(sessionErrorSamples["SessionInvalid"]).toBeInstanceOf(SessionInvalid)
    expect(messageShape(sessionErrorSamples["SessionInvalid"] as SessionInvalid))
      .toBe("session \"<key>\" <reason>; nothing was changed")
  })
})

describe("a declaration", () => {
  const declarations = declarationsOf(
    parseSource("packages/core/src/errors/reasons.ts", readFileSync(reasonsPath, "utf8"))
  )

  test("is found for every reason, and for no reason that there is no sample of", () => {
    const names = declarations.map(({ name }) => name).filter((name) => name !== "Failure" && name !== "At")
    expect(names).toEqual(Object.keys(reasonSamples))
  })

  test("has the fields of the interfaces that it is made of before its own", () => {
    const source = "interface Top { /** A. */ readonly a: string }\ninterface Mid extends Top { b?: { c: number } }\n"
      + "/** Doc. */\nexport class E extends Data.TaggedError(\"E\")<Mid & { /** D. */ d: Array<\n  string> }> {}"
    const found = declarationsOf(parseSource("packages/x/src/e.ts", source))
    expect(fieldsOf(found, found[2]!)).toEqual([
      { name: "a", type: "string", isOptional: false, doc: "A." },
      { name: "b", type: "{ c: number }", isOptional: true, doc: "" },
      { name: "d", type: "Array< string>", isOptional: false, doc: "D." }
    ])
    expect(found.map(({ doc }) => doc)).toEqual(["", "", "Doc."])
  })
})
