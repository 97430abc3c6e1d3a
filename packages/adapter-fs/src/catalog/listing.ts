/**
 * Listing sessions by reading the folders: heads, and rows for what could not be read.
 *
 * Every file that may be a session is a head, a row, or known to be void (a tombstone, the source of an
 * adopted session). Nothing is left out because it is damaged or another program's.
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
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Place, storageError, type Target, targetOf } from "../commit/Place.ts"
import { readHeadUnlocked } from "../commit/readHead.ts"
import { storedHeadOf } from "../commit/readLog.ts"
import { readSession } from "../commit/readSession.ts"
import { checksum } from "../layout/checksum.ts"
import { decodeName } from "../layout/names.ts"
import { type Scanned, walk } from "./walk.ts"

// Enough to keep the disk busy, few enough not to run out of descriptors.
const readsAtOnce = 16

/** A folder that was read. */
export type ScannedFolder = Extract<Scanned, { readonly _tag: "Folder" }>

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

const listSession = (path: string, target: Target): Effect.Effect<ReadonlyArray<Listed>> =>
  readSession(target, "tail").pipe(
    Effect.map((found) =>
      Option.toArray(Option.map(found, ({ document, log }): Listed => storedHeadOf(document, log.state)))
    ),
    Effect.catch((reason) => Effect.succeed([unreadable(path, Option.some(target.key), reason)]))
  )

/** Whether a session was adopted from these very bytes: then they say nothing beside it. */
const isAdopted = (place: Place, key: SessionKey, bytes: Uint8Array): Effect.Effect<boolean> =>
  Effect.match(readHeadUnlocked(targetOf(place, key)), {
    onFailure: () => false,
    onSuccess: (head) => head._tag === "Current" && Option.contains(head.document.adoptedFrom, checksum(bytes))
  })

const listForeign = Effect.fnUntraced(function*(place: Place, path: string, key: Option.Option<SessionKey>) {
  const reason = new Corrupt({ at: path, problem: "was written by another program", outcome: "notApplied" })
  const bytes = yield* Effect.option(place.io.readFile(path))
  const isVoid = Option.isSome(bytes) && Option.isSome(key) && (yield* isAdopted(place, key.value, bytes.value))
  return isVoid ? [] : [unreadable(path, key, reason)]
})

const listFolder = (place: Place, folder: ScannedFolder): Effect.Effect<ReadonlyArray<Listed>> => {
  const own = new Map<string, string>()
  const foreign: Array<readonly [stem: string, name: string]> = []
  for (const { name, role } of folder.files) {
    if (role._tag !== "Head" && role._tag !== "ForeignTemp") continue
    const isOurs = role._tag === "Head" && !folder.isForeign && Option.isSome(decodeName(role.stem))
    if (isOurs) own.set(role.stem, name)
    else foreign.push([role.stem, name])
  }
  const pathOf = (name: string) => place.path.join(folder.path, name)
  const reads = [
    ...[...own].map(([stem, name]) =>
      Option.match(keyAt(folder.namespace, stem), {
        onNone: () => listForeign(place, pathOf(name), Option.none()),
        onSome: (key) => listSession(pathOf(name), targetOf(place, key))
      })
    ),
    ...foreign.map(([stem, name]) => listForeign(place, pathOf(name), keyAt(folder.namespace, stem)))
  ]
  return Effect.map(Effect.all(reads, { concurrency: readsAtOnce }), (rows) => rows.flat())
}

/** Lists what a query selects: first what could not be read, then the heads in the query's order. */
export const listSessions = Effect.fnUntraced(function*(
  place: Place,
  query: ListQuery
): Effect.fn.Return<ReadonlyArray<Listed>, Reason> {
  const scanned = yield* walk(place, query.namespace)
  const rows = yield* Effect.forEach(scanned, (scan) =>
    scan._tag === "Folder"
      ? listFolder(place, scan)
      : Effect.succeed([unreadable(scan.path, Option.none(), scan.reason)]))
  const listed = rows.flat()
  return [
    ...listed.filter((row): row is Unreadable => row._tag === "Unreadable"),
    ...evaluateQuery(listed.filter((row): row is StoredHead => row._tag === "StoredHead"), query)
  ]
})
