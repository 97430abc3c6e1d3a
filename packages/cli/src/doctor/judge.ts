/**
 * What was found out about a store means: a verdict, what is wrong in plain words, and the command to type next.
 *
 * It is a pure function of the facts. A problem is something that keeps sessions from being saved or found; a note says
 * how the store works around something, and makes nobody act.
 */
import { type Finding, keyText } from "@holdfast/core"
import * as Option from "effect/Option"
import { withoutPlace } from "../output/places.ts"
import { counted, size, typed } from "../output/text.ts"
import { isRescue, isToDo } from "../recovery/plan.ts"
import type { Examined } from "./examine.ts"

/** The state of a store. */
export type Verdict = "healthy" | "attention" | "unreadable"

/** What the facts mean. */
export interface Judgement {
  readonly verdict: Verdict
  readonly problems: ReadonlyArray<string>
  readonly notes: ReadonlyArray<string>
  /** Commands to type next, each with what it does. */
  readonly next: ReadonlyArray<{ readonly command: string; readonly why: string }>
}

// Less room than this is gone with the next large session.
const roomMin = 50 * 1024 * 1024

const leftoverProblems = ({ looked: { findings, unreadable } }: Examined): ReadonlyArray<string> => {
  const rescued = findings.filter(({ action }) => action === "adopt").length
  const repaired = findings.filter(({ action }) => action === "repair").length
  const other = findings.filter((finding) => isToDo(finding) && !isRescue(finding)).length
  const places = new Set(findings.map(({ place }) => place))
  const lost = unreadable.filter(({ place }) => !places.has(place)).length
  const undecided = findings.filter(({ kind }) => kind.endsWith(".undecided")).length
  return [
    ...(rescued > 0 ?
      [
        `${counted(rescued, "session is", "sessions are")} not gone: the files are here, and ` +
        "can be brought back."
      ] :
      []),
    ...(repaired > 0 ?
      [
        `${counted(repaired, "session is", "sessions are")} damaged, and can be repaired as far as ` +
        "something is left."
      ] :
      []),
    ...(other > 0 ? [`${counted(other, "leftover")} of saves that did not finish can be put in order.`] : []),
    ...(lost > 0 ? [`${counted(lost, "session or folder", "sessions or folders")} cannot be read.`] : []),
    ...(undecided > 0 ?
      [
        `${counted(undecided, "file")} may be newer than the session beside it; nothing says which ` +
        "one is, so both are kept."
      ] :
      [])
  ]
}

const adviceOf = ({ probe: { checks } }: Examined, outcome: "fails" | "works"): ReadonlyArray<string> =>
  checks.filter((check) => check.name.startsWith("advice.") && check.outcome === outcome).map(({ detail }) => detail)

const roomProblems = ({ room }: Examined): ReadonlyArray<string> =>
  Option.match(Option.filter(room, ({ freeBytes }) => freeBytes < roomMin), {
    onNone: () => [],
    onSome: ({ freeBytes }) => [`Only ${size(freeBytes)} are free on the disk: saves are about to fail.`]
  })

const lossNotes = ({ duplicates, looked: { findings } }: Examined): ReadonlyArray<string> => {
  const rescued = new Set(findings.filter(isRescue).flatMap(({ key }) => Option.toArray(Option.map(key, keyText))))
  const isVoid = ({ key, kind }: Finding) =>
    /\.(empty|nul|torn)$/.test(kind) && !Option.exists(key, (own) => rescued.has(keyText(own)))
  const voidCount = findings.filter((finding) => !isToDo(finding) && isVoid(finding)).length
  return [
    ...(voidCount > 0 ?
      [
        `${counted(voidCount, "file holds", "files hold")} no whole session (empty, cut off, or never ` +
        "written): nothing can be made of them. They stay where they are."
      ] :
      []),
    ...(duplicates.length > 0 ?
      [
        `${counted(duplicates.length, "id is", "ids are")} used by several sessions, such as ` +
        `${duplicates[0]!.keys.join(" and ")}: an app that moved accounts leaves that. None of them is touched.`
      ] :
      [])
  ]
}

const copyCommand = (from: string, to: string, platform: string): string =>
  platform === "win32" ? `robocopy ${from} ${to} /E /COPY:DAT` : `cp -a ${from} ${to}`

const nextOf = (examined: Examined, isUnreadable: boolean): Judgement["next"] => {
  const { location, looked: { findings } } = examined
  const { platform } = examined
  if (isUnreadable) {
    return [{
      command: copyCommand(typed(location, platform), typed(`${location}.copy`, platform), platform),
      why: "Keep a copy before anything else is tried."
    }]
  }
  return findings.some(isToDo)
    ? [{
      command: `holdfast recover --store ${typed(location, platform)}`,
      why: "See what can be brought back. It changes nothing."
    }]
    : []
}

/** Judges what was found out. */
export const judge = (examined: Examined): Judgement => {
  const { location, looked: { problem } } = examined
  const problems = [
    ...Option.toArray(
      Option.map(
        problem,
        ({ reason }) => `It cannot be looked through: ${withoutPlace(reason.message, location, "of the store")}.`
      )
    ),
    ...leftoverProblems(examined),
    ...roomProblems(examined),
    ...adviceOf(examined, "fails")
  ]
  const isUnreadable = Option.isSome(problem)
  return {
    verdict: isUnreadable ? "unreadable" : problems.length > 0 ? "attention" : "healthy",
    problems,
    notes: [...lossNotes(examined), ...adviceOf(examined, "works")],
    next: nextOf(examined, isUnreadable)
  }
}
