/**
 * `holdfast recover`: brings back sessions that an app left behind, or cannot read.
 *
 * Without `--apply` it tells what it would do and changes nothing. With it, it makes a verified backup first, never
 * deletes or overwrites a session that can be read, and checks what came of it; `--undo` takes it back.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { Output, type Shown } from "../output/Output.ts"
import { firstRows } from "../output/places.ts"
import { counted, type Paper, typed, wrap } from "../output/text.ts"
import { adoptFlags, adoptFlagsOf } from "../recovery/adoptFlags.ts"
import { readBackup } from "../recovery/backup.ts"
import { checkQuiet, isFinished, type Recovered, recoverInPlace } from "../recovery/inPlace.ts"
import { type AdoptFlags, type Looked, lookThrough } from "../recovery/looking.ts"
import { isToDo, type Plan, planJson, planLines, planSummary } from "../recovery/plan.ts"
import { undo, type Undone } from "../recovery/undo.ts"
import { givenStore, withOutput } from "../root.ts"
import { storeOf } from "../stores/storeName.ts"

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

const planShown = (looked: Looked, command: string): Shown => ({
  json: () => ({ applied: false, ...planJson(planOf(looked)) }),
  text: (paper) => {
    const toDo = looked.findings.some(isToDo)
    return [
      planSummary(planOf(looked)),
      ...(looked.findings.length > 0 ? ["", ...planLines(paper, looked.findings)] : []),
      ...adoptionLines(paper, looked),
      ...(toDo ? ["", "Nothing was changed. To do it, after a backup that it makes itself:", `  ${command}`] : [])
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

const recoveredShown = (recovered: Recovered): Shown => ({
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
        `${counted(brought.length, "session")} brought back or mended, each read back and compared with its file.`
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
      `  holdfast recover --undo ${typed(backup.folder)}`
    ]
  }
})

interface Wanted {
  readonly adopt: AdoptFlags
  readonly isApplied: boolean
  readonly backup: Option.Option<string>
}

/** The command that does what a plan says, as somebody can type it. */
const applyCommand = (location: string, { kind, schemaVersion }: AdoptFlags): string =>
  [
    `holdfast recover --store ${typed(location)}`,
    ...Option.toArray(Option.map(kind, (name) => `--kind ${typed(name)}`)),
    ...Option.toArray(Option.map(schemaVersion, (version) => `--schema-version ${version}`)),
    "--apply"
  ].join(" ")

const recoverStore = Effect.fnUntraced(function*({ adopt, backup, isApplied }: Wanted) {
  const { endWith, show } = yield* Output
  const url = yield* givenStore
  // Closed before anything is applied: whoever looks has the store open, too.
  const looked = yield* lookThrough(url, adopt)
  if (!looked.findings.some(isToDo) || !isApplied) {
    yield* show(planShown(looked, applyCommand(looked.location, adopt)))
    if (looked.findings.some(isToDo)) yield* endWith(exitCodes.attention)
    return
  }
  const recovered = yield* recoverInPlace({ before: looked, url }, adopt, backup)
  yield* show(recoveredShown(recovered))
  if (!isFinished(recovered)) yield* endWith(exitCodes.attention)
})

const undoneShown = ({ keptIn, removed, restored, root }: Undone): Shown => ({
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

const undoRecovery = Effect.fnUntraced(function*(folder: string, later: "refuse" | "give up") {
  const { show } = yield* Output
  const backup = yield* readBackup((yield* Path.Path).resolve(folder))
  yield* checkQuiet(yield* storeOf(`fs:${encodeURIComponent(backup.manifest.root)}`), [])
  yield* show(undoneShown(yield* undo(backup, later)))
})

export const recover = Command.make("recover", {
  apply: Flag.Boolean("apply").pipe(
    Flag.withDescription("Do what the plan says, after a verified backup"),
    Flag.withDefault(false)
  ),
  backup: Flag.String("backup").pipe(
    Flag.withMetavar("folder"),
    Flag.withDescription("Where the backup is made; beside the store when left out"),
    Flag.optional
  ),
  undo: Flag.String("undo").pipe(
    Flag.withMetavar("backup"),
    Flag.withDescription("Take a recovery back: make the store what this backup says it was"),
    Flag.optional
  ),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("With --undo: also where the store was written to since; what was written is kept aside"),
    Flag.withDefault(false)
  ),
  ...adoptFlags
}, (flags) =>
  withOutput(Option.match(flags.undo, {
    onSome: (folder) => undoRecovery(folder, flags.force ? "give up" : "refuse"),
    onNone: () => recoverStore({ adopt: adoptFlagsOf(flags), isApplied: flags.apply, backup: flags.backup })
  }))).pipe(
    Command.withDescription("Bring back sessions that an app left behind or cannot read."),
    Command.withExamples([
      { command: "holdfast recover --store ./sessions", description: "See what can be brought back; changes nothing" },
      { command: "holdfast recover --store ./sessions --apply", description: "Bring it back, after a backup" },
      {
        command: "holdfast recover --undo ./sessions.backup-20261120T120000",
        description: "Make the folder what it was, byte for byte"
      }
    ]),
    Command.annotate(ExitCodes, {
      0: "there is nothing to do, or all of it was done",
      1: "there is something to do, or something was left undone",
      3: "stopped in the middle; the message names the backup"
    })
  )
