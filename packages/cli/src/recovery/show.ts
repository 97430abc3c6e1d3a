/**
 * What a recovery would do, and what it did, for people and as JSON.
 *
 * Before anything is done people are told what becomes of their files and which command does it; afterwards, what was
 * brought back, what was left and why, and the command that takes it back.
 */
import * as Option from "effect/Option"
import { copiedJson, copiedLines } from "../output/copied.ts"
import type { Shown } from "../output/Output.ts"
import { firstRows } from "../output/places.ts"
import { asTyped, counted, type Paper, typed, wrap } from "../output/text.ts"
import type { Recovered } from "./inPlace.ts"
import type { RecoveredInto } from "./into.ts"
import type { Looked } from "./looking.ts"
import { isToDo, type Plan, planJson, planLines, planSummary } from "./plan.ts"
import type { Undone } from "./undo.ts"

const planOf = ({ findings, heads, location }: Looked): Plan => ({ location, findings, readable: heads.length })

const adopts = ({ findings }: Looked): boolean =>
  findings.some(({ action, kind }) => action === "adopt" && kind.startsWith("foreign"))

/** What becomes of files of an app that does not use Holdfast: said before anything is done. */
const adoptionLines = (paper: Paper, looked: Looked): ReadonlyArray<string> => {
  if (!adopts(looked)) return []
  const { kind, schemaVersion } = looked.adoption
  return [
    "",
    ...wrap(
      paper,
      `Files of another program become sessions of Holdfast, of kind ${kind} and schema version ${schemaVersion} ` +
        "(--kind and --schema-version change that): an app that uses Holdfast reads them, another one does not. Each " +
        ".json.tmp stays where it is; a .json that becomes a session is copied to lost-found and replaced."
    )
  ]
}

/** What a recovery in place would do. */
export const planShown = (looked: Looked, command: string): Shown => ({
  json: () => ({ applied: false, ...planJson(planOf(looked)) }),
  text: (paper) => {
    const toDo = looked.findings.some(isToDo)
    return [
      planSummary(planOf(looked)),
      ...(looked.findings.length > 0 ? ["", ...planLines(paper, looked.findings)] : []),
      ...adoptionLines(paper, looked),
      ...(toDo
        ? ["", "Nothing was changed. To do it, after a backup that it makes itself:", `  ${asTyped(paper, command)}`]
        : [])
    ]
  }
})

const accountsOf = ({ heads }: Looked): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { key: { namespace } } of heads) {
    const account = namespace.join("/") || "-"
    counts.set(account, (counts.get(account) ?? 0) + 1)
  }
  return counts
}

const countsOf = ({ after, before }: Recovered) => {
  const [was, is] = [accountsOf(before), accountsOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().map((account) => ({
    account,
    before: was.get(account) ?? 0,
    after: is.get(account) ?? 0
  }))
}

/** What a recovery in place did. */
export const recoveredShown = (recovered: Recovered): Shown => ({
  json: () => ({
    applied: true,
    location: recovered.after.location,
    backup: recovered.backup.folder,
    before: recovered.before.heads.length,
    after: recovered.after.heads.length,
    accounts: countsOf(recovered),
    brought: [...recovered.brought],
    missing: recovered.missing.map(({ key, why }) => ({ key, why })),
    findings: planJson(planOf(recovered.before)).findings,
    left: planJson(planOf(recovered.after)).findings
  }),
  text: (paper) => {
    const { after, backup, before, brought, missing } = recovered
    return [
      `Backup of ${counted(backup.manifest.files.length, "file")}, verified: ${backup.folder}`,
      paper.paint(
        "good",
        brought.length === 0
          ? "What the plan says was done."
          : `${counted(brought.length, "session")} brought back or mended, each read back and compared with its file.`
      ),
      `${counted(before.heads.length, "session")} could be read before, ${after.heads.length} can be read now:`,
      "",
      ...firstRows(
        paper,
        [{ title: "ACCOUNT" }, { title: "BEFORE" }, { title: "NOW" }],
        countsOf(recovered).map((row) => [row.account, String(row.before), String(row.after)])
      ),
      ...(missing.length === 0 ? [] : [
        "",
        paper.paint("bad", `${counted(missing.length, "session")} could not be brought back:`),
        ...firstRows(paper, [{ title: "SESSION" }, { title: "WHY" }], missing.map(({ key, why }) => [key, why]))
      ]),
      ...(after.findings.length === 0 ? [] : ["", "Left as they are:", "", ...planLines(paper, after.findings)]),
      "",
      "To take it back:",
      `  ${asTyped(paper, `holdfast recover --undo ${typed(backup.folder)}`)}`
    ]
  }
})

/** What an undo did. */
export const undoneShown = ({ keptIn, removed, restored, root }: Undone): Shown => ({
  json: () => ({ root, restored: [...restored], removed: [...removed], keptIn: Option.getOrNull(keptIn) }),
  text: () =>
    Option.match(keptIn, {
      onNone: () =>
        restored.length === 0 ? [`${root} is what it was; there is nothing to undo.`] : [
          `${root} is what it was: ${counted(restored.length, "file")} put back.`
        ],
      onSome: (folder) => [
        `${root} is what it was: ${counted(restored.length, "file")} put back, ${
          counted(removed.length, "file")
        } taken out.`,
        `What they held is kept in ${folder}`
      ]
    })
})

/** What a recovery into another store would do. */
export const intoPlanShown = (
  looked: Looked,
  target: { readonly name: string; readonly sessions: number; readonly alreadyThere: number },
  command: string
): Shown => ({
  json: () => ({
    applied: false,
    target: target.name,
    sessions: target.sessions,
    alreadyThere: target.alreadyThere,
    ...planJson(planOf(looked))
  }),
  text: (paper) => [
    planSummary(planOf(looked)),
    ...(looked.findings.length > 0 ? ["", ...planLines(paper, looked.findings)] : []),
    "",
    ...wrap(
      paper,
      `${counted(target.sessions, "session")} of ${looked.location} would be in ${target.name}; ` +
        `${target.alreadyThere} of these names are there already, and are not overwritten. The folder they come from ` +
        "stays as it is."
    ),
    "",
    ...(target.sessions > target.alreadyThere
      ? ["Nothing was changed. To do it:", `  ${asTyped(paper, command)}`]
      : ["There is nothing to do."])
  ]
})

/** What a recovery into another store did. */
export const intoShown = ({ backup, copied }: RecoveredInto): Shown => ({
  json: () => ({
    applied: true,
    backup: Option.getOrNull(Option.map(backup, ({ folder }) => folder)),
    ...copiedJson(copied)
  }),
  text: (paper) => [
    ...Option.match(backup, {
      onNone: () => [],
      onSome: ({ folder, manifest: { files } }) => [`Backup of ${counted(files.length, "file")}, verified: ${folder}`]
    }),
    ...copiedLines(copied)(paper),
    ...Option.match(backup, {
      onNone: () => [],
      onSome: (
        { folder }
      ) => ["", "To take it back:", `  ${asTyped(paper, `holdfast recover --undo ${typed(folder)}`)}`]
    })
  ]
})
