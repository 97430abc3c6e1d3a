/**
 * Judging a store after a fault: every session against the ledger, the listing against both, the folder against litter.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { listed, written } from "./app.ts"
import type { Ledger } from "./ledger.ts"
import { type Answer, type Change, Notes, type Operation, perform } from "./notes.ts"

/** Whoever carries out operations: a process, or the store of this one. */
export type Ask = (operation: Operation) => Effect.Effect<Answer>

/** Asks for changes one after the other and notes the answers. */
export const change = (ask: Ask, ledger: Ledger, changes: ReadonlyArray<Change>) =>
  Effect.forEach(changes, (one) => Effect.tap(ask(one), (answer) => Effect.sync(() => ledger.note(one, answer))))

/** Asks for changes that must all succeed. */
export const changeAll = (ask: Ask, ledger: Ledger, changes: ReadonlyArray<Change>) =>
  Effect.map(change(ask, ledger, changes), (answers) => answers.map(written))

/** Every session is as the ledger says, and the listing names each of them and claims to be complete. */
export const judge = Effect.fnUntraced(function*(ledger: Ledger, ask: Ask) {
  for (const key of ledger.keys()) {
    const answer = yield* ask({ name: "load", key })
    if (answer._tag !== "Loaded") return assert.fail(`${key} cannot be loaded: ${JSON.stringify(answer)}`)
    ledger.check(key, answer.session)
  }
  const { complete, keys, unreadable } = listed(yield* ask({ name: "list" }))
  assert.deepStrictEqual({ complete, keys: keys.toSorted(), unreadable }, {
    complete: true,
    keys: ledger.present(),
    unreadable: []
  })
})

/** Opens a store in this process for one use. */
export const inStore = <A>(options: FsAdapter.FsOptions, use: (ask: Ask) => Effect.Effect<A>) => {
  // Without `fresh` a store that is open already would be taken for this one.
  const store = Layer.fresh(Notes.layer).pipe(
    Layer.provide(FsAdapter.layer(options)),
    Layer.provide(NodeServices.layer)
  )
  return Effect.provide(
    Notes.use((notes) => use((operation) => Effect.provideService(perform(operation), Notes, notes))),
    store
  )
}

const isKept = (path: string): boolean =>
  [".holdfast/store.json", ".holdfast/presence.db", ".holdfast/gate.db"].includes(path) ||
  path.startsWith("lost-found/")
  || /^[^.=][^.]*(\.alt)?\.json$/.test(path) || /^[^.=][^.]*\.entries(\.[1-9][0-9]*)?\.jsonl$/.test(path)

/** All files and folders below a folder. */
export const namesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()

/** The files of a store that are neither sessions, nor the store's own, nor kept because they are doubtful. */
export const litterIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !isKept(path))
