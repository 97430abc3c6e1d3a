/**
 * The plan of a recovery: what was found, what is done about it, and what is left as it is, by class and account.
 *
 * A plan is made by looking, and says for every finding what applying it would do. The words are for people who have
 * never heard of adopters and tombstones; the names of classes stay those of the findings.
 */
import { codeUnits, type Finding } from "@holdfast/core"
import * as Option from "effect/Option"
import { findingJson } from "../output/encode.ts"
import { withoutPlace } from "../output/places.ts"
import { counted, type Paper, table } from "../output/text.ts"

/** What a recovery would do. */
export interface Plan {
  readonly location: string
  /** How many sessions can be read before anything is done. */
  readonly readable: number
  readonly findings: ReadonlyArray<Finding>
}

const actions: { readonly [action in Finding["action"]]: string } = {
  adopt: "bring back",
  repair: "repair",
  quarantine: "move to lost-found",
  delete: "clear away",
  none: "leave"
}

/** Findings about which something is done. */
export const isToDo = ({ action }: Finding): boolean => action !== "none"

/** Findings that bring a session back, or mend one. */
export const isRescue = ({ action }: Finding): boolean => action === "adopt" || action === "repair"

/** The account of a session, or the folder that somebody else's file lies in. */
const accountOf = ({ key }: Finding): string =>
  Option.match(key, { onNone: () => "-", onSome: ({ namespace }) => namespace.join("/") || "-" })

const words: { readonly [kind: string]: string } = {
  "foreignTemp.orphan": "a save that never got its name; the only copy",
  "foreignTemp.newer": "a save that never got its name; newer than the file beside it",
  "foreignTemp.rescue": "a save that never got its name; the file beside it is void",
  "foreignTemp.older": "a save that never got its name; older than the session",
  "foreignTemp.identical": "a save that never got its name; the same as the session",
  "foreignTemp.undecided": "nothing says which of two copies is newer; both are kept",
  "foreignTemp.refused": "does not look like a session",
  "foreignTemp.torn": "cut off in the middle",
  "foreignTemp.empty": "empty",
  "foreignTemp.nul": "blocks that were never written",
  "foreignTemp.source": "brought back before",
  "foreignTemp.growing": "somebody is writing it",
  "foreignFile.orphan": "a session of another program",
  "foreignFile.older": "older than the save beside it that never got its name",
  "foreignFile.refused": "does not look like a session",
  "foreignFile.source": "brought back before",
  "foreignFile.growing": "somebody is writing it",
  "foreignFile.undecided": "nothing says which of two copies is newer; both are kept",
  "foreignName": "its name is none that a session can have",
  "sessionFile.damaged": "damaged, or no session",
  "sessionFile.torn": "cut off in the middle",
  "sessionFile.empty": "empty",
  "sessionFile.nul": "blocks that were never written"
}

/** What a finding is, in words. */
const describe = ({ detail, kind, place }: Finding): string => words[kind] ?? withoutPlace(detail, place)

interface Row {
  readonly account: string
  readonly what: string
  readonly action: string
  count: number
}

const ranks: ReadonlyArray<Finding["action"]> = ["adopt", "repair", "quarantine", "delete", "none"]

const rowsOf = (findings: ReadonlyArray<Finding>): ReadonlyArray<Row> => {
  const rows = new Map<string, Row>()
  const ordered = findings.toSorted((self, that) =>
    codeUnits(accountOf(self), accountOf(that)) || ranks.indexOf(self.action) - ranks.indexOf(that.action)
    || codeUnits(self.kind, that.kind)
  )
  for (const finding of ordered) {
    const row = { account: accountOf(finding), what: describe(finding), action: actions[finding.action], count: 0 }
    const name = JSON.stringify([row.account, row.what, row.action])
    const known = rows.get(name) ?? row
    rows.set(name, known)
    known.count += 1
  }
  return [...rows.values()]
}

/** The plan as a table. */
export const planLines = (paper: Paper, findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  table(
    paper,
    [{ title: "ACCOUNT" }, { title: "FILES", align: "right" }, { title: "PLAN" }, { title: "WHAT THEY ARE" }],
    rowsOf(findings).map(({ account, action, count, what }) => [account, String(count), action, what])
  )

/** What applying a plan comes to, in one sentence. */
export const planSummary = ({ findings, readable }: Plan): string => {
  const rescued = findings.filter(({ action }) => action === "adopt").length
  const repaired = findings.filter(({ action }) => action === "repair").length
  const other = findings.filter((finding) => isToDo(finding) && !isRescue(finding)).length
  const parts = [
    ...(rescued > 0 ? [`${counted(rescued, "session")} can be brought back`] : []),
    ...(repaired > 0 ? [`${counted(repaired, "file")} can be repaired`] : []),
    ...(other > 0 ? [`${counted(other, "leftover")} can be put in order`] : [])
  ]
  const now = `${counted(readable, "session")} can be read now`
  return parts.length === 0 ? `${now}, and there is nothing to do.` : `${now}; ${parts.join(", ")}.`
}

/** A plan as JSON. */
export const planJson = ({ findings, location, readable }: Plan) => ({
  location,
  readable,
  toDo: findings.filter(isToDo).length,
  findings: findings.map(findingJson).toSorted((self, that) => codeUnits(self.place, that.place))
})
