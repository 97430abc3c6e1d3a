/** A session that was saved, and what its writers may have left of it. */
import { randomId, Version } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeDocument } from "../../src/layout/envelope.ts"
import { tempFile } from "../../src/layout/files.ts"
import { commit, contentOf, load, type OpenOptions, put, quickFolder, visit } from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"

export const key = { namespace: ["acct"], id: "local_1" }
export const main = "acct/local_1.json"
export const alt = "acct/local_1.alt.json"
export const temp = `acct/${tempFile("local_1", randomId())}`
export const some = (state: unknown, entries: ReadonlyArray<unknown> = []) => Option.some({ state, entries })

/** A saved session, its file's bytes, and a maker of temp files of later or earlier versions of the same life. */
export const saved = Effect.fnUntraced(function*(options: OpenOptions = {}) {
  const folder = yield* quickFolder
  const head = yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, "first"))
      yield* commit(adapter, put(key, "saved"))
      return (yield* load(adapter, key)).head
    }), options)
  const bytes = fs.readFileSync(path.join(folder, main))
  const tempOf = (by: number, state: unknown) =>
    encodeDocument({
      ...smallDocument,
      adoptedFrom: Option.none(),
      key,
      kind: "note",
      incarnation: head.incarnation,
      version: Version(head.version + by),
      body: JSON.stringify(state)
    })
  return { folder, bytes, tempOf, version: head.version }
})

export const content = (folder: string, options?: OpenOptions) =>
  visit(folder, (adapter) => contentOf(adapter, key), options)
export const failureOf = (folder: string) =>
  visit(folder, (adapter) => Effect.map(Effect.flip(adapter.load(key)), ({ reason }) => reason._tag))

export const spoilt = (bytes: Uint8Array) => ({
  torn: bytes.subarray(0, bytes.length - 40),
  nul: Buffer.concat([bytes.subarray(0, bytes.length - 40), Buffer.alloc(40)]),
  damaged: Buffer.from(bytes).fill("x", bytes.length - 60, bytes.length - 59),
  empty: new Uint8Array(),
  allNul: Buffer.alloc(bytes.length)
})
