/** A session whose head cannot be read, and the claim that every call refuses it and changes nothing. */
import { assert } from "@effect/vitest"
import type { StorageError } from "@holdfast/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  commit,
  entriesOf,
  failureOf,
  type load,
  type OpenOptions,
  put,
  quickFolder,
  remove,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

export const key = { namespace: ["acct"], id: "local_1" }
export const names = { main: "acct/local_1.json", alt: "acct/local_1.alt.json" }

/** A session with two versions in slots: the older in main, the newer in alt. */
export const twoSlots = Effect.gen(function*() {
  const folder = yield* quickFolder
  const [first, second] = yield* visit(
    folder,
    (adapter) => Effect.all([commit(adapter, put(key, 1)), commit(adapter, put(key, 2))]),
    { commit: "slots" }
  )
  const paths = { main: path.join(folder, names.main), alt: path.join(folder, names.alt) }
  return { folder, paths, older: versionOf(first), newer: versionOf(second) }
})

/** Flips a bit of a byte; negative places count from the end. */
export const flip = (file: string, at: number) => {
  const bytes = fs.readFileSync(file)
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  fs.writeFileSync(file, bytes)
}

/** Cuts a file off. */
export const cut = (file: string, length: number) => fs.writeFileSync(file, fs.readFileSync(file).subarray(0, length))

/** Why the session cannot be loaded. */
export const reasonIn = (folder: string, options: OpenOptions): Effect.Effect<StorageError["reason"], unknown> =>
  visit(folder, (adapter) => Effect.map(Effect.flip(adapter.load(key)), (error) => error.reason), options)

/** Every call about a session, each of which fails with the read's error. */
const calls = (adapter: Parameters<typeof load>[0]) => ({
  load: adapter.load(key),
  head: adapter.head(key),
  entries: entriesOf(adapter, key),
  save: commit(adapter, put(key, "over")),
  create: commit(adapter, put(key, "over", { expect: "absent" })),
  append: commit(adapter, append(key, ["over"])),
  both: commit(adapter, put(key, "over"), append(key, ["over"])),
  remove: commit(adapter, remove(key))
})

/** Claims that every call fails in the same way and that nothing on the disk is different afterwards. */
export const refusesAll = Effect.fnUntraced(function*(folder: string, tag: string, options: OpenOptions = {}) {
  const before = sessionFiles(folder)
  yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      for (const [name, call] of Object.entries(calls(adapter))) {
        assert.deepStrictEqual(yield* failureOf(call), [tag, "notApplied"], name)
      }
    }), options)
  assert.deepStrictEqual(sessionFiles(folder), before)
})

/** Every way in which heads are published. */
export const protocols: ReadonlyArray<OpenOptions> = [{ commit: "rename" }, { commit: "slots" }, { commit: "auto" }]
