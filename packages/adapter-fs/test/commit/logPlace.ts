/** Keys as the parts of the adapter that read and repair logs see them, with heads and segments put there by hand. */
import * as NodePath from "@effect/platform-node/NodePath"
import { makeKey, Version } from "@holdfast/core"
import { Effect, Option, Path } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { acquireFolderMemory } from "../../src/commit/folderMemory.ts"
import { type Place, segmentPath, type Target, targetOf } from "../../src/commit/Place.ts"
import { uncontained } from "../../src/io/errno.ts"
import { makeIo } from "../../src/io/Io.ts"
import { type Document, encodeDocument } from "../../src/layout/envelope.ts"
import { quickFolder, realFileSystem } from "../kit.ts"
import { incarnation } from "../layout/logs.ts"

/** A place of its own, without the locks and records of a store that is open: nobody else is there. */
export const logPlace = Effect.gen(function*() {
  const root = yield* quickFolder
  const place: Partial<Place> = {
    io: makeIo(realFileSystem, "refused"),
    path: yield* Path.Path,
    environment: uncontained("linux"),
    root,
    marker: Option.none(),
    // An adapter that is opened here knows nothing of this one, as in another process.
    memory: yield* acquireFolderMemory(path.join(root, "apart")),
    protocol: { first: "rename", isFixed: true },
    durability: "flushed"
  }
  return place as Place
}).pipe(Effect.provide(NodePath.layer))

/** A head whose log is this one. */
export const headWith = (id: string, log: Document["log"], rest: Partial<Document> = {}): Document => ({
  key: makeKey(id, []),
  kind: "note",
  schemaVersion: 1,
  version: Version(1),
  incarnation,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  writes: [],
  log,
  commitId: Option.none(),
  adoptedFrom: Option.none(),
  isRemoved: false,
  summary: "{}",
  body: "{\"title\":\"t\"}",
  ...rest
})

/** Writes a head and its segments, by number, and says where the key lies. */
export const storeLog = (
  place: Place,
  document: Document,
  segments: ReadonlyArray<readonly [number, Uint8Array]>
): Target => {
  const target = targetOf(place, document.key)
  fs.mkdirSync(target.folder, { recursive: true })
  fs.writeFileSync(path.join(target.folder, `${target.stem}.json`), encodeDocument(document))
  for (const [segment, bytes] of segments) fs.writeFileSync(segmentPath(target, segment), bytes)
  return target
}
