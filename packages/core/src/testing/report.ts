/**
 * Reports: tables of what came of the laws, as text.
 *
 * Columns are adapters or mutants, rows are laws. Here also is decided what a test of a law complains about, so
 * that every test runner complains about the same.
 */
import type { LawOutcome } from "./Law.ts"

/** What came of the laws for one adapter, or for one mutant. */
export interface Column {
  readonly name: string
  readonly outcomes: ReadonlyArray<LawOutcome>
}

/** The laws of all columns, each once, in the order in which they come up. */
const lawsOf = (columns: ReadonlyArray<Column>): ReadonlyArray<LawOutcome["law"]> => [
  ...new Map(columns.flatMap(({ outcomes }) => outcomes.map(({ law }) => [law.id, law] as const))).values()
]

const pad = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd())
}

const words: Record<LawOutcome["verdict"], string> = { holds: "holds", broken: "BROKEN", notApplicable: "-" }

/** What a test of this law has to fail with: it is broken, or listed as a known gap without being one. */
export const complaintOf = (outcome: LawOutcome, knownGaps: ReadonlyArray<string>): string | undefined => {
  const { detail, law, verdict } = outcome
  if (!knownGaps.includes(law.id)) return verdict === "broken" ? `${law.id} is broken: ${detail}` : undefined
  if (verdict === "broken") return undefined
  const why = verdict === "holds" ? "it holds" : detail
  return `${law.id} is listed as a known gap, but ${why}: delete the entry`
}

const wordOf = (column: Column, id: string, knownGaps: ReadonlyArray<string>): string => {
  const outcome = column.outcomes.find(({ law }) => law.id === id)
  if (outcome === undefined) return ""
  return outcome.verdict === "broken" && knownGaps.includes(id) ? "known gap" : words[outcome.verdict]
}

/** Which laws are not applicable, by adapter and reason. */
const notesOf = ({ name, outcomes }: Column): ReadonlyArray<string> => {
  const byReason = Map.groupBy(outcomes.filter(({ verdict }) => verdict === "notApplicable"), ({ detail }) => detail)
  return [...byReason].map(([reason, without]) =>
    `- ${name}, ${reason}: ${without.map(({ law }) => law.id).join(", ")}`
  )
}

/**
 * The table law x adapter, and below it why laws are not applicable (`-`). A known gap is a law that is listed as
 * not kept.
 */
export const renderLawsByAdapter = (
  columns: ReadonlyArray<Column>,
  options?: { readonly knownGaps?: ReadonlyArray<string> | undefined }
): string => {
  const rows = lawsOf(columns).map(({ family, id, title }) => [
    family,
    id,
    ...columns.map((column) => wordOf(column, id, options?.knownGaps ?? [])),
    title
  ])
  const table = pad([["family", "law", ...columns.map(({ name }) => name), "title"], ...rows])
  return [...table, ...columns.flatMap(notesOf)].join("\n")
}

/** One character per mutant: `x` where it breaks the law, `-` where the law is not applicable. */
const marks: Record<LawOutcome["verdict"], string> = { holds: ".", broken: "x", notApplicable: "-" }

const markOf = (column: Column, id: string): string => {
  const outcome = column.outcomes.find(({ law }) => law.id === id)
  return outcome === undefined ? " " : marks[outcome.verdict]
}

const isBroken = (column: Column, id: string): boolean => markOf(column, id) === marks.broken

/** The laws that no column breaks: nobody has seen them fail. */
export const unbrokenLaws = (columns: ReadonlyArray<Column>): ReadonlyArray<string> =>
  lawsOf(columns).map(({ id }) => id).filter((id) => !columns.some((column) => isBroken(column, id)))

/** The columns that break no law: flaws that nobody sees. */
export const unseenFlaws = (columns: ReadonlyArray<Column>): ReadonlyArray<string> =>
  columns.filter(({ outcomes }) => outcomes.every(({ verdict }) => verdict !== "broken")).map(({ name }) => name)

/** The table law x mutant, its columns numbered, with the number of mutants that break each law. */
export const renderLawsByMutant = (columns: ReadonlyArray<Column>): string => {
  const digits = String(columns.length).length
  const numbers = columns.map((_, index) => String(index + 1).padStart(digits, "0"))
  const heads = Array.from({ length: digits }, (_, digit) => ["", "", numbers.map((number) => number[digit]).join("")])
  const rows = lawsOf(columns).map(({ id }) => [
    id,
    String(columns.filter((column) => isBroken(column, id)).length),
    columns.map((column) => markOf(column, id)).join("")
  ])
  const legend = columns.map(({ name, outcomes }, index) => [
    numbers[index]!,
    name,
    `breaks ${outcomes.filter(({ verdict }) => verdict === "broken").length}`
  ])
  return [...pad([...heads, ...rows]), "", ...pad(legend)].join("\n")
}
