/**
 * Judging a store after a fault: every session against the ledger, the listing against both.
 *
 * Operations are asked of a process or of a store of this one, in the same words.
 */
import { assert } from "@effect/vitest"
import type { StorageAdapter, StorageError } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readdirSync } from "node:fs"
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

/** Opens a store over a storage, in this process and for one use. */
export const inStorage = <A>(
  storage: Layer.Layer<StorageAdapter, StorageError>,
  use: (ask: Ask) => Effect.Effect<A>
) =>
  Effect.provide(
    Notes.use((notes) => use((operation) => Effect.provideService(perform(operation), Notes, notes))),
    // Without `fresh` a store that is open already would be taken for this one.
    Layer.fresh(Notes.layer).pipe(Layer.provide(storage))
  )

/** All files and folders below a folder. */
export const namesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()
