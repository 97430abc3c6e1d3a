/**
 * `holdfast recover`: brings back sessions that an app left behind, or cannot read.
 *
 * Without `--apply` it tells what it would do and changes nothing. With it, it makes a verified backup first, never
 * deletes or overwrites a session that can be read, and checks what came of it; `--undo` takes it back.
 */
import { StorageUrl } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { Output } from "../output/Output.ts"
import { typed } from "../output/text.ts"
import { adoptFlags, adoptFlagsOf } from "../recovery/adoptFlags.ts"
import { type Place, readBackup } from "../recovery/backup.ts"
import { checkQuiet, isFinished, recoverInPlace } from "../recovery/inPlace.ts"
import { previewInto, recoverInto } from "../recovery/into.ts"
import { type AdoptFlags, lookThrough } from "../recovery/looking.ts"
import { isToDo } from "../recovery/plan.ts"
import { intoPlanShown, intoShown, planShown, recoveredShown, undoneShown } from "../recovery/show.ts"
import { undo } from "../recovery/undo.ts"
import { root, withOutput } from "../root.ts"
import { mapFlag, type Rule } from "../stores/mapping.ts"
import { invalidUrl, requireStore, storeOf } from "../stores/storeName.ts"

interface Wanted {
  readonly source: StorageUrl.Parsed
  readonly adopt: AdoptFlags
  readonly isApplied: boolean
  readonly backup: Option.Option<string>
}

/** What somebody types to have done what a plan says. */
const commandOf = (source: string, { kind, schemaVersion }: AdoptFlags, into: ReadonlyArray<string>): string =>
  [
    into.length === 0 ? `holdfast recover --store ${typed(source)}` : `holdfast recover --from ${typed(source)}`,
    ...into,
    ...Option.toArray(Option.map(kind, (name) => `--kind ${typed(name)}`)),
    ...Option.toArray(Option.map(schemaVersion, (version) => `--schema-version ${version}`)),
    "--apply"
  ].join(" ")

const recoverHere = Effect.fnUntraced(function*({ adopt, backup, isApplied, source: url }: Wanted) {
  const { endWith, show } = yield* Output
  const looked = yield* lookThrough(url, adopt)
  if (!looked.findings.some(isToDo) || !isApplied) {
    yield* show(planShown(looked, commandOf(looked.location, adopt, [])))
    if (looked.findings.some(isToDo)) yield* endWith(exitCodes.attention)
    return
  }
  const recovered = yield* recoverInPlace({ before: looked, url }, adopt, backup)
  yield* show(recoveredShown(recovered))
  if (!isFinished(recovered)) yield* endWith(exitCodes.attention)
})

const ruleText = ({ from, to }: Rule): string => `--map ${typed(`${from.join("/")}=${to.join("/")}`)}`

const recoverThere = Effect.fnUntraced(function*(
  { adopt, backup, isApplied, source }: Wanted,
  target: StorageUrl.Parsed,
  map: ReadonlyArray<Rule>
) {
  const { endWith, show } = yield* Output
  const looked = yield* lookThrough(source, adopt)
  const into = { source, target, looked, map }
  const preview = yield* previewInto(into)
  const isToBring = preview.sessions > preview.alreadyThere
  if (!isApplied || !isToBring) {
    const name = StorageUrl.print(target)
    const command = commandOf(looked.location, adopt, [`--to ${typed(name)}`, ...map.map(ruleText)])
    yield* show(intoPlanShown(looked, { name, ...preview }, command))
    return isToBring ? yield* endWith(exitCodes.attention) : undefined
  }
  const recovered = yield* recoverInto(into, backup)
  yield* show(intoShown(recovered))
  if (recovered.copied.left.length > 0) yield* endWith(exitCodes.attention)
})

const mapNeedsTarget = new CliFailure({
  code: "MapWithoutTarget",
  what: "--map moves sessions into another store, and none was named",
  advice: "Name it with --to.",
  exit: exitCodes.usage
})

const recoverGiven = Effect.fnUntraced(function*(
  named: { readonly from: Option.Option<string>; readonly to: Option.Option<string> },
  map: ReadonlyArray<Rule>,
  wanted: Omit<Wanted, "source">
) {
  const { store } = yield* root
  const source = yield* storeOf(yield* requireStore(Option.orElse(named.from, () => store)))
  const targetText = Option.orElse(named.to, () => Option.isSome(named.from) ? store : Option.none())
  const target = Option.isSome(targetText) ? Option.some(yield* storeOf(targetText.value)) : Option.none()
  const isElsewhere = Option.exists(target, (url) => StorageUrl.format(url) !== StorageUrl.format(source))
  if (Option.isSome(target) && isElsewhere) return yield* recoverThere({ source, ...wanted }, target.value, map)
  if (map.length > 0) return yield* mapNeedsTarget
  yield* recoverHere({ source, ...wanted })
})

/** The store that a backup is of: a folder, or one database in it. */
const urlOfPlace = Effect.fnUntraced(function*({ prefix, root: folder }: Place) {
  const store = prefix === undefined
    ? { scheme: "fs", path: folder }
    : { scheme: "sqlite", path: (yield* Path.Path).join(folder, prefix) }
  return yield* Effect.mapError(Effect.fromResult(StorageUrl.make([store])), invalidUrl)
})

const undoRecovery = Effect.fnUntraced(function*(folder: string, later: "refuse" | "give up") {
  const { show } = yield* Output
  const backup = yield* readBackup((yield* Path.Path).resolve(folder))
  yield* checkQuiet(yield* urlOfPlace(backup.manifest), [])
  yield* show(undoneShown(yield* undo(backup, later)))
})

export const recover = Command.make("recover", {
  apply: Flag.Boolean("apply").pipe(
    Flag.withDescription("Do what the plan says, after a verified backup"),
    Flag.withDefault(false)
  ),
  from: Flag.String("from").pipe(
    Flag.withMetavar("url"),
    Flag.withDescription("Bring back what this folder or store holds; it stays as it is when --to is another one"),
    Flag.optional
  ),
  to: Flag.String("to").pipe(
    Flag.withMetavar("url"),
    Flag.withDescription("The store to bring it back in; made when it is missing. The same place when left out"),
    Flag.optional
  ),
  map: mapFlag,
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
}, ({ apply, backup, force, from, map, to, undo: undone, ...adopt }) =>
  withOutput(Option.match(undone, {
    onSome: (folder) => undoRecovery(folder, force ? "give up" : "refuse"),
    onNone: () => recoverGiven({ from, to }, map, { adopt: adoptFlagsOf(adopt), isApplied: apply, backup })
  }))).pipe(
    Command.withDescription("Bring back sessions that an app left behind or cannot read."),
    Command.withExamples([
      { command: "holdfast recover --store ./sessions", description: "See what can be brought back; changes nothing" },
      { command: "holdfast recover --store ./sessions --apply", description: "Bring it back, after a backup" },
      {
        command: "holdfast recover --undo ./sessions.backup-20261120T120000",
        description: "Make the folder what it was, byte for byte"
      },
      {
        command: "holdfast recover --from ./sessions --to sqlite:./sessions.db --apply",
        description: "Bring it back in another store, and leave the folder alone"
      }
    ]),
    Command.annotate(ExitCodes, {
      0: "there is nothing to do, or all of it was done",
      1: "there is something to do, or something was left undone",
      3: "stopped in the middle; the message names the backup"
    })
  )
