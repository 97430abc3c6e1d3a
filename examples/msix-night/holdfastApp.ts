/**
 * The same app on Holdfast: it saves, lists and loads through one service.
 *
 * Nothing here knows where the sessions lie: that is the layer's business.
 */
import { Effect } from "effect"
import { CodeSessions, samples } from "./sessions.ts"

/** Saves every session. Answers the receipts, as `protocol, durability`, with how many saves had each. */
export const save = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const receipts: Record<string, number> = {}
  for (const { cwd, id, namespace, title } of samples) {
    const { receipt } = yield* sessions.create({ title, cwd }, { id, namespace })
    const row = `${receipt.protocol}, ${receipt.durability}`
    receipts[row] = (receipts[row] ?? 0) + 1
  }
  return receipts
})

/** What it does on start: list. A store that cannot be listed says so. */
export const list = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const { complete, sessions: listed } = yield* sessions.list()
  return { listed: listed.length, complete, error: "" }
}).pipe(
  Effect.catchReason(
    "StorageError",
    "DirectoryUnreadable",
    (reason, error) => Effect.succeed({ listed: -1, complete: false, error: `${reason._tag}: ${error.message}` })
  )
)

/** Loads every session by its id. Answers how many came back as they were saved. */
export const loadAll = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  let intact = 0
  for (const { cwd, id, namespace, title } of samples) {
    const { state } = yield* sessions.load({ id, namespace })
    if (state.title === title && state.cwd === cwd) intact++
  }
  return intact
})
