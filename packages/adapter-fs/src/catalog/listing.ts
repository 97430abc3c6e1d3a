/**
 * Listing sessions by reading the folders: heads, and rows for what could not be read.
 *
 * Every file that may be a session is a head, a row, or known to be void (a tombstone, the source of an
 * adopted session). Nothing is left out because it is damaged or another program's. A session whose files are
 * what the catalog says is not opened; a folder that cannot be read is a row beside what the catalog knows of it.
 */
import {
  Corrupt,
  evaluateQuery,
  keyProblem,
  type Listed,
  type ListQuery,
  makeKey,
  type Reason,
  type SessionKey,
  type StoredHead,
  type Unreadable
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Place, slotPath, storageError, type Target, targetOf } from "../commit/Place.ts"
import { readHeadUnlocked } from "../commit/readHead.ts"
import { storedHeadOf } from "../commit/readLog.ts"
import { readSession } from "../commit/readSession.ts"
import { checksum } from "../layout/checksum.ts"
import { slotFile } from "../layout/files.ts"
import { forkKeyOf } from "../layout/forkKey.ts"
import { decodeName } from "../layout/names.ts"
import { type Catalog, noRows, readRows } from "./Catalog.ts"
import { isUnchanged } from "./look.ts"
import { headOf, type SessionRow } from "./row.ts"
import { type Known, stillStems } from "./still.ts"
import { type Guide, type Node, type Scanned, walk } from "./walk.ts"

// Enough to keep the disk busy, few enough not to run out of descriptors.
const readsAtOnce = 16

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

/** The key that a file's place names; none when no key can have that place. */
export const keyAt = (namespace: ReadonlyArray<string>, stem: string): Option.Option<SessionKey> =>
  Option.filter(
    Option.some(makeKey(Option.getOrElse(decodeName(stem), () => stem), namespace)),
    (key) => Option.isNone(keyProblem(key))
  )

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
  readonly rows: { readonly sessions: ReadonlyMap<string, SessionRow>; readonly folders: ReadonlySet<string> }
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

const together = (reads: ReadonlyArray<Effect.Effect<ReadonlyArray<Listed>>>) =>
  Effect.map(Effect.all(reads, { concurrency: readsAtOnce }), (rows) => rows.flat())

const listFolder = Effect.fnUntraced(function*(catalog: Catalog, folder: ScannedFolder) {
  const { place } = catalog
  const { foreign, own } = sorted(folder)
  const rows = folder.isForeign ? noRows() : yield* readRows(catalog, folder.namespace)
  if (!folder.isForeign) markNames(catalog, folder, { own, rows })
  const names = folder.isCalm ? Option.some(new Set(folder.files.map(({ name }) => name))) : Option.none()
  const pathOf = (name: string) => place.path.join(folder.path, name)
  // A listing of a folder may miss a name that is being renamed over: what was known before is looked for.
  const missing = [...rows.sessions].flatMap(([stem, { head }]) =>
    own.has(stem) || (folder.isCalm && Option.isNone(head)) ? [] : [[stem, slotFile(stem, "main")] as const]
  )
  const known = [...own.keys()].flatMap((stem): ReadonlyArray<Known> => {
    const row = rows.sessions.get(stem)
    const key = row === undefined ? Option.none() : keyAt(folder.namespace, stem)
    return row !== undefined && Option.isSome(key) ? [{ stem, key: key.value, row }] : []
  })
  const still = yield* stillStems(catalog, { path: folder.path, names }, known)
  const unread = [...own, ...missing].filter(([stem]) => !still.has(stem))
  const stillRows = known.flatMap(({ key, row, stem }): ReadonlyArray<Listed> =>
    still.has(stem) && Option.isSome(row.head) ? [headOf(row.head.value, key)] : []
  )
  const others = yield* together([
    ...unread.map(([stem, name]) =>
      Option.match(keyAt(folder.namespace, stem), {
        onNone: () => listForeign(place, pathOf(name), Option.none()),
        onSome: (key) =>
          listSession(catalog, {
            path: pathOf(name),
            target: targetOf(place, key),
            row: rows.sessions.get(stem),
            names
          })
      })
    ),
    ...foreign.map(([stem, name]) => listForeign(place, pathOf(name), keyAt(folder.namespace, stem)))
  ])
  return [...stillRows, ...others]
})

/** Lists what is known of a folder that cannot be read, and says why there may be more. */
const listKnown = Effect.fnUntraced(function*(catalog: Catalog, { known, namespace, path, reason }: KnownFolder) {
  const { place } = catalog
  const { sessions } = yield* readRows(catalog, namespace)
  const listed = yield* together(
    known.stems.flatMap((stem) =>
      Option.toArray(Option.map(keyAt(namespace, stem), (key) => {
        const target = targetOf(place, key)
        return listSession(catalog, {
          path: slotPath(target, "main"),
          target,
          row: sessions.get(stem),
          names: Option.none()
        })
      }))
    )
  )
  return [unreadable(path, Option.none(), reason), ...listed]
})

/** What the catalog knows of a folder, with what this process has published in it. */
const namesIn = (catalog: Catalog) => ({ namespace, path }: Node) =>
  Effect.map(readRows(catalog, namespace), ({ folders, sessions }) => {
    const published = catalog.place.memory.stems.get(path) ?? []
    return sessions.size + folders.size === 0
      ? Option.none()
      : Option.some({ stems: [...new Set([...sessions.keys(), ...published])], folders: [...folders] })
  })

const listScanned = (catalog: Catalog, scan: Scanned): Effect.Effect<ReadonlyArray<Listed>> => {
  if (scan._tag === "Folder") return listFolder(catalog, scan)
  if (scan._tag === "KnownFolder") return listKnown(catalog, scan)
  return Effect.succeed([unreadable(scan.path, Option.none(), scan.reason)])
}

/** Lists what a query selects: first what could not be read, then the heads in the query's order. */
export const listSessions = Effect.fnUntraced(function*(
  catalog: Catalog,
  query: ListQuery
): Effect.fn.Return<ReadonlyArray<Listed>, Reason> {
  const guide: Guide = { look: catalog.look, namesIn: namesIn(catalog) }
  const scanned = yield* walk(catalog.place, query.namespace, Option.some(guide))
  const rows = yield* Effect.forEach(scanned, (scan) => listScanned(catalog, scan))
  const listed = rows.flat()
  return [
    ...listed.filter((row): row is Unreadable => row._tag === "Unreadable"),
    ...evaluateQuery(listed.filter((row): row is StoredHead => row._tag === "StoredHead"), query)
  ]
})
