/**
 * What a doctor says: the verdict first, then what is wrong and what to do, then the facts it rests on.
 *
 * People read the first lines; who supports them reads the rest, or the same as JSON. Nothing here decides what a fact
 * means.
 */
import { codeUnits, type ProbeCheck } from "@holdfast/core"
import * as Option from "effect/Option"
import { findingJson, instant, unreadableJson } from "../output/encode.ts"
import type { Shown } from "../output/Output.ts"
import { unreadableLines } from "../output/places.ts"
import { asTyped, counted, moment, type Paper, size, span, wrap } from "../output/text.ts"
import { planLines } from "../recovery/plan.ts"
import type { Examined } from "./examine.ts"
import type { Judgement, Verdict } from "./judge.ts"

const verdicts: { readonly [verdict in Verdict]: string } = {
  healthy: "This store is healthy.",
  attention: "This store needs attention.",
  unreadable: "This store cannot be read. That does not mean that its sessions are gone."
}

const bullet = (paper: Paper, text: string): ReadonlyArray<string> =>
  wrap(paper, text, "    ").map((line, index) => index === 0 ? `  - ${line.trimStart()}` : line)

const section = (paper: Paper, title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", paper.paint("head", title), ...lines]

const checkOf = ({ probe: { checks } }: Examined, name: string): ProbeCheck | undefined =>
  checks.find((check) => check.name === name)

const isAdvice = ({ name }: ProbeCheck): boolean => name.startsWith("advice.")
const facts = new Set(["platform", "container", "ladder", "durability"])

/** What was tried, on two lines. */
const triedLines = (paper: Paper, { probe: { checks } }: Examined): ReadonlyArray<string> => {
  const tried = checks.filter((check) => !isAdvice(check) && !facts.has(check.name) && !check.name.startsWith("hint."))
  const named = (outcome: ProbeCheck["outcome"]) => tried.filter((check) => check.outcome === outcome)
  const works = named("works").map(({ name }) => name)
  const fails = named("fails").map(({ detail, name }) => `${name} (${detail})`)
  return [
    ...(works.length === 0 ? [] : wrap(paper, `works: ${works.join(", ")}`, "  ")),
    ...(fails.length === 0 ? [] : wrap(paper, `fails: ${fails.join(", ")}`, "  "))
  ]
}

const ageOf = (time: Option.Option<number>, now: number): string =>
  Option.match(time, {
    onNone: () => "none",
    onSome: (millis) => `${moment(millis)}, ${span(Math.max(0, now - millis))} ago`
  })

const usersText = ({ holders, inUse }: Examined): string => {
  if (inUse === "unknown") return "nobody can tell"
  if (inUse === "nobody") return "nobody"
  return holders.length === 0 ? "somebody" : holders.map(({ pid, program }) => `${program} (process ${pid})`).join(", ")
}

const factLines = (examined: Examined, now: number): ReadonlyArray<string> => {
  const { adapter, location, looked, newestLeftover, newestSave, node, platform, room } = examined
  const realPath = checkOf(examined, "realPath")
  const actual = realPath?.outcome === "works" ? realPath.detail : ""
  const container = checkOf(examined, "container")?.detail ?? "none"
  const ladder = checkOf(examined, "ladder")?.detail
  const durability = checkOf(examined, "durability")?.detail
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["store", `${location} (${adapter})`],
    ...(actual !== "" && actual !== location ? [["really at", actual] as const] : []),
    ["system", `${platform}, Node ${node}`],
    ...(container === "none" ? [] : [["redirected by", container] as const]),
    [
      "disk",
      Option.match(room, {
        onNone: () => "nobody can tell how much is free",
        onSome: ({ freeBytes, totalBytes }) => `${size(freeBytes)} of ${size(totalBytes)} free`
      })
    ],
    ["open in", usersText(examined)],
    ...(Option.isSome(looked.problem) ? [["sessions", "nobody can tell"] as const] : [
      ["sessions", `${looked.heads.length} can be read, ${looked.unreadable.length} files or folders cannot`] as const,
      ["newest save", ageOf(newestSave, now)] as const
    ]),
    ...(looked.findings.length > 0 ? [["newest leftover", ageOf(newestLeftover, now)] as const] : []),
    ...(ladder === undefined ? [] : [["saves by", ladder] as const]),
    ...(durability === undefined ? [] : [["durability", durability] as const])
  ]
  return rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`)
}

const nextLines = (paper: Paper, { next }: Judgement): ReadonlyArray<string> =>
  next.flatMap(({ command, why }) => [...wrap(paper, why, "  "), `    ${asTyped(paper, command)}`])

const hintLines = (paper: Paper, { probe: { checks } }: Examined): ReadonlyArray<string> =>
  checks.filter(({ name }) => name.startsWith("hint.")).flatMap(({ detail }) => bullet(paper, detail))

/** A diagnosis in both forms. */
export const diagnosisShown = (examined: Examined, judgement: Judgement, now: number): Shown => ({
  json: () => ({
    verdict: judgement.verdict,
    problems: [...judgement.problems],
    notes: [...judgement.notes],
    next: judgement.next.map(({ command, why }) => ({ command, why })),
    store: { given: examined.given, adapter: examined.adapter, location: examined.location },
    system: { platform: examined.platform, node: examined.node },
    disk: Option.getOrNull(Option.map(examined.room, ({ freeBytes, totalBytes }) => ({ freeBytes, totalBytes }))),
    inUse: examined.inUse,
    holders: examined.holders.map(({ pid, program }) => ({ pid, program })),
    sessions: examined.looked.heads.length,
    unreadable: examined.looked.unreadable.map(unreadableJson),
    newestSave: Option.getOrNull(Option.map(examined.newestSave, instant)),
    newestLeftover: Option.getOrNull(Option.map(examined.newestLeftover, instant)),
    duplicates: examined.duplicates.map(({ id, keys }) => ({ id, keys: [...keys] })),
    findings: examined.looked.findings.map(findingJson)
      .toSorted((self, that) => codeUnits(self.place, that.place)),
    checks: examined.probe.checks.map(({ detail, name, outcome, place }) => ({ name, outcome, place, detail }))
  }),
  text: (paper) => {
    const { findings, unreadable } = examined.looked
    const places = new Set(findings.map(({ place }) => place))
    const others = unreadable.filter(({ place }) => !places.has(place))
    return [
      paper.paint(judgement.verdict === "healthy" ? "good" : "bad", verdicts[judgement.verdict]),
      ...section(paper, "What is wrong", judgement.problems.flatMap((text) => bullet(paper, text))),
      ...section(paper, "What to do next", nextLines(paper, judgement)),
      ...section(paper, "Worth knowing", judgement.notes.flatMap((text) => bullet(paper, text))),
      ...section(paper, "What is here", factLines(examined, now)),
      ...section(paper, "What surrounds it", hintLines(paper, examined)),
      ...section(paper, "What was tried", triedLines(paper, examined)),
      ...section(
        paper,
        `${counted(findings.length, "leftover")} of crashes or other programs`,
        planLines(paper, findings)
      ),
      ...(others.length === 0 ? [] : ["", ...unreadableLines(paper, examined.location, others)])
    ]
  }
})
