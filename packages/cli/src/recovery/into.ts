/**
 * Recovering into another store: what one folder holds is brought back there, and the folder itself stays as it is.
 *
 * The recovery is done on a copy of the folder, and its sessions are copied from there, each read back. A target that is
 * there is backed up first, so that it can be made what it was; one that is not is made.
 */
import { keyText, StorageUrl, type StoredHead } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CliFailure } from "../output/CliFailure.ts"
import { type Copied, copyAll } from "../stores/copying.ts"
import { mapKey, type Rule } from "../stores/mapping.ts"
import { openStore } from "../stores/open.ts"
import { makePlainAdopter } from "./adopter.ts"
import { type Backup, defaultFolder, makeBackup, type Place } from "./backup.ts"
import { copyVerified, fileFailure, readTree } from "./files.ts"
import { checkQuiet, placeOf } from "./inPlace.ts"
import type { Looked } from "./looking.ts"
import { isRescue } from "./plan.ts"

/** From where to where, and what the source was seen to hold. */
export interface Into {
  readonly source: StorageUrl.Parsed
  readonly target: StorageUrl.Parsed
  readonly looked: Looked
  readonly map: ReadonlyArray<Rule>
}

/** What a recovery into another store did. */
export interface RecoveredInto {
  readonly copied: Copied
  /** The target as it was; none where it was not there. */
  readonly backup: Option.Option<Backup>
}

const isThere = Effect.fnUntraced(function*({ prefix, root }: Place) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* Effect.orElseSucceed(fileSystem.exists(path.join(root, prefix ?? "")), () => true)
})

/** The keys that sessions have in the target. */
const headsOf = Effect.fnUntraced(function*(target: StorageUrl.Parsed) {
  if (!(yield* isThere(yield* placeOf(target)))) return []
  const adapter = yield* openStore(target, { _tag: "Look" })
  const rows = yield* Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
  return rows.filter((row): row is StoredHead => row._tag === "StoredHead")
}, Effect.scoped)

/** How many sessions the source has or would have, and how many of them the target has by name. */
export const previewInto = Effect.fnUntraced(function*({ looked, map, target }: Into) {
  const there = new Set((yield* headsOf(target)).map(({ key }) => keyText(key)))
  const rescued = looked.findings.filter(isRescue).flatMap(({ key }) => Option.toArray(key))
  const keys = [...looked.heads.map(({ key }) => key), ...rescued]
  const names = new Set(keys.map((key) => keyText(mapKey(map, key))))
  return { sessions: names.size, alreadyThere: [...names].filter((name) => there.has(name)).length }
})

// The file by which a folder to work in is known as one; the copies lie beside it.
const workFile = "made-by-holdfast-recover"

const notOurs = (folder: string) =>
  new CliFailure({
    code: "WorkFolderExists",
    what: `${folder} is there already, and was not made by a recovery`,
    advice: "Give that folder another name: a recovery works on a copy there."
  })

/** Clears away what a recovery left that was ended in the middle; a folder of somebody else fails. */
const clearWork = Effect.fnUntraced(function*(folder: string, files: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (!(yield* fileSystem.exists(folder))) return
  // One that was ended between its first two steps has made the folder alone.
  const isEmpty = (yield* fileSystem.readDirectory(folder)).length === 0
  if (!isEmpty && !(yield* fileSystem.exists(path.join(folder, workFile)))) return yield* notOurs(folder)
  yield* checkQuiet(Result.getOrThrow(StorageUrl.make([{ scheme: "fs", path: files }])), [])
  yield* fileSystem.remove(folder, { recursive: true, force: true })
})

/**
 * Copies the files of a place to a folder that goes with the scope. A process that was killed leaves it, with copies of
 * sessions in it: so its name is always the same, and the next run takes it away.
 */
const scratchOf = Effect.fnUntraced(function*({ prefix, root }: Place, beside: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = `${beside}.recovering`
  const copies = path.join(folder, "files")
  const failure = fileFailure(`the copy to work on, ${folder}, cannot be made`)
  const copying = Effect.gen(function*() {
    yield* clearWork(folder, copies)
    const { files } = yield* readTree(root, prefix)
    yield* Effect.acquireRelease(
      Effect.andThen(
        fileSystem.makeDirectory(folder),
        fileSystem.writeFileString(path.join(folder, workFile), "A recovery was working here. It may be deleted.\n")
      ),
      () => Effect.ignore(fileSystem.remove(folder, { recursive: true, force: true }), { log: "Debug" })
    )
    yield* fileSystem.makeDirectory(copies)
    for (const facts of files) {
      yield* copyVerified({ from: path.join(root, facts.path), to: path.join(copies, facts.path), flag: "wx", facts })
    }
  })
  yield* Effect.catchTag(copying, "PlatformError", (error) => Effect.fail(failure(error)))
  return copies
})

/** The source as it would be after a recovery in place: a copy of it, recovered. */
const openRecovered = Effect.fnUntraced(function*({ looked, source }: Into, beside: string) {
  const path = yield* Path.Path
  const [store] = source.stores
  if (!looked.findings.some(isRescue) || store === undefined) return yield* openStore(source, { _tag: "Look" })
  const place = yield* placeOf(source)
  const folder = yield* scratchOf(place, beside)
  const copy = StorageUrl.make([{ scheme: store.scheme, path: path.join(folder, place.prefix ?? "") }])
  const adapter = yield* openStore(Result.getOrElse(copy, () => source), {
    _tag: "Change",
    adopt: makePlainAdopter(looked.adoption)
  })
  yield* Stream.runDrain(adapter.recover("apply"))
  return adapter
})

/** Brings back in the target what the source holds. */
export const recoverInto = Effect.fnUntraced(function*(into: Into, backupFolder: Option.Option<string>) {
  const path = yield* Path.Path
  yield* checkQuiet(into.source, into.looked.findings)
  yield* checkQuiet(into.target, [])
  const place = yield* placeOf(into.target)
  const beside = path.join(place.root, place.prefix ?? "")
  const folder = Option.isSome(backupFolder) ? path.resolve(backupFolder.value) : yield* defaultFolder(beside)
  const backup = (yield* isThere(place)) ? Option.some(yield* makeBackup(place, folder)) : Option.none()
  const source = yield* openRecovered(into, beside)
  const target = yield* openStore(into.target, { _tag: "Fill" })
  const copied = yield* copyAll(source, target, { map: into.map, verify: false })
  return { copied, backup } satisfies RecoveredInto
}, Effect.scoped)
