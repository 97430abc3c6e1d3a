/**
 * What a report says of a store: everything that support asks for, and nothing that somebody wrote or is called.
 *
 * Contents, summaries and titles are not read into it. Names of accounts, sessions and folders are left out: places are
 * told by what kind of file they are, and paths by how deep they are. Texts that others made are reduced to their codes.
 */
import { type Finding, keyText, type Unreadable } from "@holdfast/core"
import * as Option from "effect/Option"
import type { Json } from "effect/Schema"
import type { Examined } from "../doctor/examine.ts"
import type { Judgement } from "../doctor/judge.ts"
import { instant } from "../output/encode.ts"

/** How often each name comes up, by name. */
const countsOf = (names: ReadonlyArray<string>): { readonly [name: string]: number } => {
  const counts: { [name: string]: number } = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

// Error codes are all that may be said of a text that holds paths.
const codesIn = (text: string): ReadonlyArray<string> => [...new Set(text.match(/\bE[A-Z]{2,}\d*\b/g) ?? [])]

const codeOf = ({ error }: Unreadable): string => error.reason._tag

// An ending may be somebody's word; these are what stores and their leftovers are made of.
const knownEnds = [".json.tmp", ".json", ".jsonl", ".log", ".tmp", ".db", ".db-wal", ".sqlite"]

const endOf = (place: string): string => knownEnds.find((end) => place.endsWith(end)) ?? "another ending"

const sizesOf = (counts: ReadonlyArray<number>): Json => {
  if (counts.length === 0) return null
  const sorted = counts.toSorted((self, that) => self - that)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
  return { least: sorted[0]!, median: at(0.5), p99: at(0.99), most: sorted.at(-1)! }
}

/** The findings as what they are and what would be done, with how many there are. */
const findingCounts = (findings: ReadonlyArray<Finding>): Json =>
  countsOf(findings.map(({ action, kind }) => `${kind}: ${action}`))

const checksOf = ({ probe: { checks } }: Examined): Json =>
  checks.filter(({ name }) => !/^(advice|hint)\./.test(name)).map(({ detail, name, outcome }) => ({
    name,
    outcome,
    codes: [...codesIn(detail)]
  }))

/** Names of what surrounds the store; their texts hold paths. */
const namesOf = ({ probe: { checks } }: Examined, prefix: string): Json =>
  checks.filter(({ name }) => name.startsWith(prefix)).map(({ name, outcome }) => `${name}: ${outcome}`)

const wordOf = ({ probe: { checks } }: Examined, name: string): Json =>
  checks.find((check) => check.name === name)?.detail.match(/^[\w-]+/)?.[0] ?? null

/** The facts of a store that could be opened. */
export const factsOf = (examined: Examined, { verdict }: Judgement): Json => {
  const { adapter, duplicates, holders, inUse, location, looked, newestLeftover, newestSave, room } = examined
  const { findings, heads, problem, unreadable } = looked
  return {
    verdict,
    adapter,
    pathDepth: location.split(/[/\\]/).length - 1,
    pathIsRealPath: examined.probe.checks.some(({ detail, name }) => name === "realPath" && detail === location),
    isRedirected: wordOf(examined, "container") !== "none",
    savesBy: wordOf(examined, "ladder"),
    durability: wordOf(examined, "durability"),
    disk: Option.getOrNull(Option.map(room, ({ freeBytes, totalBytes }) => ({ freeBytes, totalBytes }))),
    inUse,
    holders: holders.length,
    problem: Option.getOrNull(Option.map(problem, ({ reason }) => reason._tag)),
    sessions: heads.length,
    namespaces: new Set(heads.map(({ key }) => keyText({ ...key, id: "-" }))).size,
    namespaceDepths: countsOf(heads.map(({ key }) => String(key.namespace.length))),
    schemaVersions: countsOf(heads.map(({ schemaVersion }) => String(schemaVersion))),
    entriesBySession: sizesOf(heads.map(({ entryCount }) => entryCount)),
    newestSave: Option.getOrNull(Option.map(newestSave, instant)),
    newestLeftover: Option.getOrNull(Option.map(newestLeftover, instant)),
    unreadable: countsOf(unreadable.map((row) => `${codeOf(row)}: ${endOf(row.place)}`)),
    findings: findingCounts(findings),
    duplicates: duplicates.length,
    advice: namesOf(examined, "advice."),
    hints: namesOf(examined, "hint."),
    checks: checksOf(examined)
  }
}
