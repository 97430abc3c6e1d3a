/**
 * Listing sessions by reading the folders: heads, and rows for what could not be read.
 *
 * Every file that may be a session is a head, a row, or known to be void (a tombstone, the source of an
 * adopted session). Nothing is left out because it is damaged or another program's. A session whose files are
 * what the catalog says is not opened; a folder that cannot be read is a row beside what the catalog knows of it.
 */
import {
  Corrupt,
  type Listed,
  type ListQuery,
  type Reason,
  type SessionKey,
  type Unreadable
} from "@holdfast/core/port"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Place, slotPath, storageError, type Target, targetOf } from "../commit/Place.ts"
import { readHeadUnlocked } from "../commit/readHead.ts"
import { storedHeadOf } from "../commit/readLog.ts"
import { readSession } from "../commit/readSession.ts"
import { checksum } from "../layout/checksum.ts"
import type { Document } from "../layout/envelope.ts"
import { slotFile } from "../layout/files.ts"
import { forkKeyOf } from "../layout/forkKey.ts"
import { keyAt } from "../layout/keyAt.ts"
import { emptyLog } from "../layout/logFold.ts"
import { decodeName } from "../layout/names.ts"
import { type Catalog, type FolderRows, noRows, readRows, rowOf } from "./Catalog.ts"
import { isUnchanged } from "./look.ts"
import { readPlainIn } from "./plain.ts"
import { headOf, type SessionRow } from "./row.ts"
import { makeShown, type Shown } from "./shown.ts"
import { type Folder, type Own, showStill } from "./still.ts"
import { type Guide, type Node, type Scanned, walk } from "./walk.ts"

// Enough to keep the disk busy, few enough not to run out of descriptors.
const readsAtOnce = 16

// What so many of them give is held until the first is there, to show it in its order.
const readsInOrder = 1024

/** A folder that was read. */
export type ScannedFolder = Extract<Scanned, { readonly _tag: "Folder" }>

/** A folder of which only the catalog tells. */
type KnownFolder = Extract<Scanned, { readonly _tag: "KnownFolder" }>

const unreadable = (place: string, key: Option.Option<SessionKey>, reason: Reason): Unreadable => ({
  _tag: "Unreadable",
  key,
  place,
  error: storageError("list", Option.getOrUndefined(key), reason)
})

/** A session to be listed: where an error says that it lies, and what the catalog says of it. */
interface Wanted {
  readonly path: string
  readonly target: Target
  readonly row: SessionRow | undefined
  /** The files of its folder, where none can be missing among them. */
  readonly names: Option.Option<ReadonlySet<string>>
}

const readRow = ({ marks }: Catalog, { path, target }: Wanted): Effect.Effect<ReadonlyArray<Listed>> =>
  readSession(target, "head").pipe(
    Effect.tap(() => Effect.sync(() => marks.session(target, Option.none()))),
    Effect.map((found) =>
      Option.toArray(Option.map(found, ({ document, log }): Listed => storedHeadOf(document, log.state)))
    ),
    Effect.catch((reason) => Effect.succeed([unreadable(path, Option.some(target.key), reason)]))
  )

const listSession = (catalog: Catalog, wanted: Wanted): Effect.Effect<ReadonlyArray<Listed>> => {
  const { names, row, target } = wanted
  if (row === undefined) return readRow(catalog, wanted)
  const ofRow = () => Option.toArray(Option.map(row.head, (head): Listed => headOf(head, target.key)))
  return Effect.flatMap(
    isUnchanged(catalog.look, target, { row, names }),
    (isSame) => isSame ? Effect.succeed(ofRow()) : readRow(catalog, wanted)
  )
}

/** Whether the session of a key was adopted from these very bytes. */
const wasAdoptedAs = (place: Place, key: SessionKey, bytes: Uint8Array): Effect.Effect<boolean> =>
  Effect.match(readHeadUnlocked(targetOf(place, key)), {
    onFailure: () => false,
    onSuccess: (head) => head._tag === "Current" && Option.contains(head.document.adoptedFrom, checksum(bytes))
  })

/** Whether a session, or the fork of one, was adopted from these very bytes: then they say nothing beside it. */
const isAdopted = (place: Place, key: SessionKey, bytes: Uint8Array): Effect.Effect<boolean> =>
  Effect.flatMap(
    wasAdoptedAs(place, key, bytes),
    (isIt) => isIt ? Effect.succeed(true) : wasAdoptedAs(place, forkKeyOf(key, bytes), bytes)
  )

const listForeign = Effect.fnUntraced(function*(place: Place, path: string, key: Option.Option<SessionKey>) {
  const reason = new Corrupt({ at: path, problem: "was written by another program", outcome: "notApplied" })
  const bytes = yield* Effect.option(place.io.readFile(path))
  const isVoid = Option.isSome(bytes) && Option.isSome(key) && (yield* isAdopted(place, key.value, bytes.value))
  return isVoid ? [] : [unreadable(path, key, reason)]
})

interface Sorted {
  /** The sessions of ours by stem, with the name of one of their files. */
  readonly own: ReadonlyMap<string, string>
  readonly foreign: ReadonlyArray<readonly [stem: string, name: string]>
}

const sorted = (folder: ScannedFolder): Sorted => {
  const own = new Map<string, string>()
  const foreign: Array<readonly [stem: string, name: string]> = []
  for (const { name, role } of folder.files) {
    if (role._tag !== "Head" && role._tag !== "ForeignTemp") continue
    const isOurs = role._tag === "Head" && !folder.isForeign && Option.isSome(decodeName(role.stem))
    if (isOurs) own.set(role.stem, name)
    else foreign.push([role.stem, name])
  }
  return { own, foreign }
}

/** Marks what the catalog has and a folder has not, and the other way round. */
const markNames = ({ marks, place }: Catalog, folder: ScannedFolder, seen: {
  readonly own: Sorted["own"]
  readonly rows: FolderRows
}): void => {
  for (const stem of seen.rows.sessions.keys()) {
    const key = seen.own.has(stem) ? Option.none() : keyAt(folder.namespace, stem)
    if (Option.isSome(key)) marks.session(targetOf(place, key.value), Option.none())
  }
  const there = new Set(folder.folders)
  for (const name of new Set([...seen.rows.folders, ...there])) {
    if (!seen.rows.folders.has(name) || !there.has(name)) marks.folder(folder.namespace, name)
  }
}

/** Reads one after the other, some at a time, and shows what they give in their order. */
const showEach = <A>(
  shown: Shown,
  items: ReadonlyArray<A>,
  read: (item: A) => Effect.Effect<ReadonlyArray<Listed>>
): Effect.Effect<void> =>
  Effect.forEach(
    Arr.chunksOf(items, readsInOrder),
    (some) =>
      Effect.map(Effect.forEach(some, read, { concurrency: readsAtOnce }), (rows) => rows.flat().forEach(shown.add)),
    { discard: true }
  )

// Reading so many takes a few milliseconds; others may run between them.
const plainAtOnce = 64

/** Shows those sessions that are a head alone and can be read at once, and gives the others. */
const showPlain = Effect.fnUntraced(function*(
  catalog: Catalog,
  { names, namespace, path }: Folder,
  { sessions, show }: { readonly sessions: ReadonlyArray<Own>; readonly show: Shown["add"] }
): Effect.fn.Return<ReadonlyArray<Own>> {
  const { marks, place } = catalog
  const readPlain = readPlainIn(catalog)
  if (Option.isNone(readPlain)) return sessions
  const isAbsent = (file: string) => Option.exists(names, (known) => !known.has(place.path.basename(file)))
  const others: Array<Own> = []
  for (const [at, own] of sessions.entries()) {
    if (at % plainAtOnce === 0) {
      yield* Effect.yieldNow
      if (!(yield* place.io.isAtOnce(path))) return [...others, ...sessions.slice(at)]
    }
    const target = Option.map(keyAt(namespace, own[0]), (key) => targetOf(place, key))
    const document = Option.isSome(target) ? readPlain.value(target.value, isAbsent) : undefined
    // What is older than it was on the disk is damaged, or was written a moment ago.
    if (document === undefined || Option.isNone(target) || !(yield* isAcknowledged(target.value, document))) {
      others.push(own)
    } else {
      marks.session(target.value, Option.none())
      show(storedHeadOf(document, emptyLog(0, 0)))
    }
  }
  return others
})

const isAcknowledged = (target: Target, { version }: Document): Effect.Effect<boolean> =>
  Effect.map(target.place.acknowledged(target), (known) => version >= known.version)

const listFolder = Effect.fnUntraced(function*(catalog: Catalog, folder: ScannedFolder, shown: Shown) {
  const { place } = catalog
  const { namespace, path } = folder
  const { foreign, own } = sorted(folder)
  const rows = folder.isForeign ? noRows() : yield* readRows(catalog, namespace)
  if (!folder.isForeign) markNames(catalog, folder, { own, rows })
  const names = folder.isCalm ? Option.some(new Set(folder.files.map(({ name }) => name))) : Option.none()
  const pathOf = (name: string) => place.path.join(path, name)
  const known: Folder = { path, namespace, names, rows }
  const unread = yield* showStill(catalog, known, { sessions: [...own], show: shown.add })
  const others = [...yield* showPlain(catalog, known, { sessions: unread, show: shown.add })]
  // A listing of a folder may miss a name that is being renamed over: what was known before is looked for.
  for (const [stem, { hasHead }] of rows.sessions) {
    if (!own.has(stem) && (hasHead || !folder.isCalm)) others.push([stem, slotFile(stem, "main")])
  }
  yield* showEach(shown, others, ([stem, name]) =>
    Option.match(keyAt(namespace, stem), {
      onNone: () => listForeign(place, pathOf(name), Option.none()),
      onSome: (key) =>
        listSession(catalog, { path: pathOf(name), target: targetOf(place, key), row: rowOf(rows, stem), names })
    }))
  yield* showEach(shown, foreign, ([stem, name]) => listForeign(place, pathOf(name), keyAt(namespace, stem)))
})

/** Lists what is known of a folder that cannot be read, and says why there may be more. */
const listKnown = Effect.fnUntraced(
  function*(catalog: Catalog, { known, namespace, path, reason }: KnownFolder, shown: Shown) {
    const { place } = catalog
    const rows = yield* readRows(catalog, namespace)
    shown.add(unreadable(path, Option.none(), reason))
    const keys = known.stems.flatMap((stem) => Option.toArray(keyAt(namespace, stem)))
    yield* showEach(shown, keys, (key) => {
      const target = targetOf(place, key)
      const row = rowOf(rows, target.stem)
      return listSession(catalog, { path: slotPath(target, "main"), target, row, names: Option.none() })
    })
  }
)

/** What the catalog knows of a folder, with what this process has published in it. */
const namesIn = (catalog: Catalog) => ({ namespace, path }: Node) =>
  Effect.map(readRows(catalog, namespace), ({ folders, sessions }) => {
    const published = catalog.place.memory.stems.get(path) ?? []
    return sessions.size + folders.size === 0
      ? Option.none()
      : Option.some({ stems: [...new Set([...sessions.keys(), ...published])], folders: [...folders] })
  })

const listScanned = (catalog: Catalog, scan: Scanned, shown: Shown): Effect.Effect<void> => {
  if (scan._tag === "Folder") return listFolder(catalog, scan, shown)
  if (scan._tag === "KnownFolder") return listKnown(catalog, scan, shown)
  return Effect.sync(() => shown.add(unreadable(scan.path, Option.none(), scan.reason)))
}

/** Lists what a query selects: first what could not be read, then the heads in the query's order. */
export const listSessions = Effect.fnUntraced(function*(
  catalog: Catalog,
  query: ListQuery
): Effect.fn.Return<ReadonlyArray<Listed>, Reason> {
  const guide: Guide = { look: catalog.look, namesIn: namesIn(catalog) }
  const scanned = yield* walk(catalog.place, query.namespace, Option.some(guide))
  const shown = makeShown(query)
  yield* Effect.forEach(scanned, (scan) => listScanned(catalog, scan, shown), { discard: true })
  return shown.rows()
})
