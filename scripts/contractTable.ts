/**
 * Makes `docs/CONTRACT.md`: what an adapter has to do, as the port and the conformance kit say it.
 *
 * The methods with their terms come from the comments in `StorageAdapter.ts`, the laws with what they ask of a
 * capability from `laws`. Guarantees that a method that can fail states its terms, each under one of the fixed names
 * and in their order. With `--check` nothing is written, and a document that differs is a failure.
 */
import type { StorageAdapter } from "@holdfast/core"
import { type Family, type Law, laws } from "@holdfast/core/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { needsText } from "./reference/capabilityNeeds.ts"
import { declarationsOf, type Field } from "./reference/declarations.ts"
import { table, writeOrCheck } from "./reference/generatedFile.ts"
import { parseSource } from "./sourceFile.ts"
import { repositoryRoot } from "./steps.ts"

const portPath = "packages/core/src/port/StorageAdapter.ts"

const terms = ["Needs", "Ensures", "Fails with", "On interruption"]

/** What only some methods have; a method that can fail has all others. */
const optionalTerms = ["Needs"]

type Member = keyof StorageAdapter["Service"]

/** Which members of the port a family of laws is about; those that it only uses are left out. */
const subjects: { readonly [F in Family]: ReadonlyArray<Member> } = {
  "round trip": ["head", "load", "commit"],
  "keys": ["head", "load", "commit", "entries", "list"],
  "versions": ["commit"],
  "compare-and-set": ["commit"],
  "atomic commit": ["commit"],
  "append": ["commit", "entries"],
  "idempotence": ["commit"],
  "removal": ["commit"],
  "listing": ["list"],
  "isolation": ["head", "load", "commit", "entries", "list"],
  "instances": ["head", "load", "commit", "entries", "list"],
  "changes": ["changes"],
  "processes": ["commit", "changes"],
  "kills": ["commit"],
  "faults": ["head", "load", "commit", "entries", "list", "health"],
  "crash states": ["commit"],
  "bad input": ["capability", "head", "load", "commit", "entries", "list"],
  "closing": ["head", "load", "commit", "entries", "list"],
  "health": ["health"],
  "maintenance": ["probe", "recover"],
  "restore": ["load", "commit", "entries"],
  "role": ["role", "commit"]
}

const termsOf = (doc: string): ReadonlyArray<string> =>
  [...doc.matchAll(/^- ([^:\n]+):/gm)].map(([, name = ""]) => name)

const canFail = ({ type }: Field): boolean => /\b(Effect|Stream)\.\1</.test(type) && type.includes("StorageError")

const complaintAbout = (field: Field): string | undefined => {
  const found = termsOf(field.doc)
  const unknown = found.find((name) => !terms.includes(name))
  if (unknown !== undefined) return `has the term "${unknown}", which is none of ${terms.join(", ")}`
  const missing = canFail(field) ? terms.filter((name) => !optionalTerms.includes(name) && !found.includes(name)) : []
  if (missing.length > 0) return `does not state: ${missing.join(", ")}`
  const sorted = found.toSorted((left, right) => terms.indexOf(left) - terms.indexOf(right))
  return found.join() === sorted.join() ? undefined : `states its terms in another order than ${terms.join(", ")}`
}

/** The documented members of the port, from the text of its source. */
export const portMembers = (source: string): ReadonlyArray<Field> => {
  const port = declarationsOf(parseSource(portPath, source)).find(({ name }) => name === "StorageAdapter")
  if (port === undefined || port.fields.length === 0) throw new Error(`${portPath} declares no port`)
  for (const field of port.fields) {
    const complaint = complaintAbout(field)
    if (complaint !== undefined) throw new Error(`${portPath}: ${field.name} ${complaint}`)
  }
  return port.fields.filter(({ doc }) => doc !== "")
}

/** The members of the kit's families, in the kit's order. */
const byFamily = (allLaws: ReadonlyArray<Law>): ReadonlyArray<readonly [Family, ReadonlyArray<Law>]> => [
  ...Map.groupBy(allLaws, ({ family }) => family)
]

const memberText = ({ doc, name, type }: Field, allLaws: ReadonlyArray<Law>): string => {
  const links = byFamily(allLaws)
    .filter(([family]) => subjects[family].some((member) => member === name))
    .map(([family]) => `[${family}](#laws-${family.replaceAll(" ", "-")})`)
  const gap = /^- .*/m.test(doc) ? "\n" : "\n\n"
  return `### ${name}\n\n\`${name}: ${type}\`\n\n${doc}${
    links.length === 0 ? "" : `${gap}- Laws: ${links.join(", ")}.`
  }`
}

/** Which adapters have to keep a law, and what the harness has to play for it. */
const askedOf = ({ asks = [], needs }: Law): string =>
  [needsText(needs), ...asks.map((offer) => `with \`${offer}\``)].join(", ")

const familyText = ([family, members]: readonly [Family, ReadonlyArray<Law>]): string => {
  const rows = members.map((law) => [`\`${law.id}\``, law.title, askedOf(law)])
  return `### Laws: ${family}\n\n${table(["law", "what holds", "asked of"], rows)}`
}

/** The whole document. */
export const contractText = (members: ReadonlyArray<Field>, allLaws: ReadonlyArray<Law>): string =>
  [
    "# The contract of a storage adapter",
    "<!-- Made by `npm run generate` from the port and the conformance kit: change those, not this file. -->",
    "What an adapter does, method by method, and the laws that check it. The port is\n"
    + `[StorageAdapter.ts](../${portPath}); the laws are run by\n`
    + "`conformance(harness)` of `@holdfast/core/testing/vitest`, or one by one from `laws` of `@holdfast/core/testing`.",
    "A law is asked of every adapter whose capability claims what it is about; what an adapter does not claim it refuses\n"
    + "with `Unsupported` before any I/O. Where it says \"with\", the law runs where the harness offers that: an instance in another\n"
    + "process (`elsewhere`), faults of the storage (`faults`), or the states that a crash could leave (`crashes`).",
    "## The port",
    ...members.map((member) => memberText(member, allLaws)),
    "## The laws",
    ...byFamily(allLaws).map(familyText)
  ].join("\n\n")

if (import.meta.main) {
  const source = readFileSync(join(repositoryRoot, portPath), "utf8")
  writeOrCheck({ path: "docs/CONTRACT.md", text: contractText(portMembers(source), laws) })
}
