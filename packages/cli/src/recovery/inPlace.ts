/**
 * Recovering a store where it lies: plan, backup, the adapter's own recovery, and a look at what came of it.
 *
 * Nothing is changed before the backup is verified, and nothing while an app has the store open. What the adapter did
 * is not believed either: the store is looked at again, and every session that was to be brought back is read and
 * compared with the file that it came from.
 */
import { type Finding, keyText, type StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { CliFailure } from "../output/CliFailure.ts"
import { parsed } from "../output/encode.ts"
import { usersOfStore } from "../stores/inUse.ts"
import { openStore } from "../stores/open.ts"
import { makePlainAdopter } from "./adopter.ts"
import { type Backup, defaultFolder, filesFolder, makeBackup, noteAfter, type Place } from "./backup.ts"
import { fileFailure } from "./files.ts"
import { type AdoptFlags, type Looked, lookThrough } from "./looking.ts"
import { isRescue, isToDo } from "./plan.ts"

/** What a recovery did, as a look at the store afterwards shows. */
export interface Recovered {
  readonly before: Looked
  readonly after: Looked
  readonly backup: Backup
  /** Keys of sessions that were to be brought back or mended, and that can be read. */
  readonly brought: ReadonlyArray<string>
  /** The others, each with what is wrong. */
  readonly missing: ReadonlyArray<{ readonly key: string; readonly why: string }>
}

/** The files of a store; fails for one that lies in no single place. */
export const placeOf = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed
): Effect.fn.Return<Place, CliFailure, Path.Path> {
  const path = yield* Path.Path
  const [store, ...others] = url.stores
  if (store !== undefined && others.length === 0 && store.scheme === "fs") return { root: path.resolve(store.path) }
  if (store !== undefined && others.length === 0 && store.scheme === "sqlite") {
    const file = path.resolve(store.path)
    return { root: path.dirname(file), prefix: path.basename(file) }
  }
  return yield* new CliFailure({
    code: "NotOnePlace",
    what: "a chain of stores is not recovered as one",
    advice: "Name one store after the other with --store."
  })
})

/** Fails while an app has the store open, or is writing to it. */
export const checkQuiet = Effect.fnUntraced(function*(url: StorageUrl.Parsed, findings: ReadonlyArray<Finding>) {
  const { inUse: who } = yield* usersOfStore(url)
  const growing = findings.find(({ kind }) => kind.endsWith(".growing"))
  if (who !== "somebody" && growing === undefined) return
  return yield* new CliFailure({
    code: "InUse",
    what: who === "somebody" ? "an app has this store open" : `somebody is writing ${growing?.place}`,
    advice: "Close the app, also in the notification area, wait a few seconds, then run the same command again."
  })
})

/** The state of a session that was made of a plain document, as its backup has the document. */
const sourceOf = Effect.fnUntraced(function*({ folder, manifest }: Backup, place: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const copy = path.join(folder, filesFolder, path.relative(manifest.root, place))
  return Option.map(yield* Effect.option(fileSystem.readFileString(copy)), (text) => JSON.stringify(parsed(text)))
})

type Checked = { readonly key: string; readonly why: string | undefined }

/** Reads what was to be brought back from the store as it is now. */
const checkRescues = Effect.fnUntraced(
  function*(url: StorageUrl.Parsed, backup: Backup, findings: ReadonlyArray<Finding>) {
    const adapter = yield* openStore(url, { _tag: "Look" })
    const checks: Array<Checked> = []
    for (const finding of findings.filter(isRescue)) {
      if (Option.isNone(finding.key) || finding.kind.endsWith(".changed")) continue
      const key = keyText(finding.key.value)
      const read = yield* Effect.result(adapter.load(finding.key.value))
      if (read._tag === "Failure") checks.push({ key, why: read.failure.reason.message })
      else if (Option.isNone(read.success)) checks.push({ key, why: "it is not there" })
      else {
        const isForeign = finding.kind.startsWith("foreign")
        const source = isForeign ? yield* sourceOf(backup, finding.place) : Option.none<string>()
        const own = JSON.stringify(parsed(read.success.value.body))
        checks.push({
          key,
          why: Option.exists(source, (text) => text !== own) ? "it differs from its file" : undefined
        })
      }
    }
    return checks
  },
  Effect.scoped
)

/** Applies the plan that was made by a look. */
export const recoverInPlace = Effect.fnUntraced(function*(
  { before, url }: { readonly before: Looked; readonly url: StorageUrl.Parsed },
  flags: AdoptFlags,
  backupFolder: Option.Option<string>
) {
  const path = yield* Path.Path
  const place = yield* placeOf(url)
  yield* checkQuiet(url, before.findings)
  const beside = path.join(place.root, place.prefix ?? "")
  const folder = Option.isSome(backupFolder) ? path.resolve(backupFolder.value) : yield* defaultFolder(beside)
  const backup = yield* makeBackup(place, folder)
  const adopt = makePlainAdopter(before.adoption)
  const applying = Effect.scoped(
    Effect.flatMap(openStore(url, { _tag: "Change", adopt }), (adapter) => Stream.runDrain(adapter.recover("apply")))
  )
  yield* Effect.mapError(applying, (error) => error._tag === "CliFailure" ? error : halfway(backup, error.message))
  const after = yield* lookThrough(url, flags)
  const checks = yield* checkRescues(url, backup, before.findings)
  yield* Effect.mapError(noteAfter(backup), fileFailure("the store cannot be read whole", halfwayChanged(backup)))
  return {
    before,
    after,
    backup,
    brought: checks.flatMap(({ key, why }) => why === undefined ? [key] : []),
    missing: checks.flatMap(({ key, why }) => why === undefined ? [] : [{ key, why }])
  } satisfies Recovered
})

const halfwayChanged = ({ folder }: Backup) => `some sessions may have been brought back; the backup is in ${folder}`

const halfway = (backup: Backup, why: string) =>
  new CliFailure({
    code: "RecoveryStopped",
    what: `the recovery came to no end: ${why}`,
    changed: halfwayChanged(backup),
    advice: "Run the same command again to go on, or `holdfast recover --undo` with the backup's folder to go back."
  })

/** Whether a look after a recovery leaves something that it could do. */
export const isFinished = ({ after, missing }: Recovered): boolean =>
  missing.length === 0 && !after.findings.some(isToDo)
