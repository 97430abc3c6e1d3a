/** What the tests of forking share: a chat with entries of several writes, and ways to look at a session whole. */
import { assert } from "@effect/vitest"
import { type KeyInput, makeKey, type SessionKey, type StorageAdapter } from "@holdfast/core"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, type ChatEntry, openRecorded } from "./chats.ts"

export type Adapter = StorageAdapter["Service"]

export const source = makeKey("a", ["acct", "org"])

export const said = (text: string): ChatEntry => ({ role: "user", text })

/** A chat whose four entries come from three writes at 1, 2 and 5 seconds, at 9 seconds, with what reaches its memory. */
export const openTalk = Effect.gen(function*() {
  const opened = yield* openRecorded(Chat)
  const { store: chats } = opened
  yield* TestClock.setTime(1_000)
  yield* chats.create({ title: "Talk", pinned: true }, { ...source, entries: [said("0")] })
  yield* TestClock.setTime(2_000)
  yield* chats.append(source, [said("1"), said("2")], { operationId: "op" })
  yield* TestClock.setTime(5_000)
  yield* chats.commit(source, { state: { title: "Talked", pinned: true }, entries: [said("3")] })
  yield* TestClock.setTime(9_000)
  return { ...opened, chats }
})

export type Chats = Effect.Success<typeof openTalk>["chats"]

/** The entries that the chat has. */
export const rows = [1_000, 2_000, 2_000, 5_000].map((millis, index) => ({
  _tag: "Entry" as const,
  index,
  at: DateTime.makeUnsafe(millis),
  entry: said(`${index}`)
}))

/** A session with its entries, or none. */
export const contentOf = Effect.fnUntraced(function*(chats: Chats, key: KeyInput) {
  const session = yield* chats.find(key)
  const entries = Option.isSome(session) ? yield* Stream.runCollect(chats.entries(key)) : []
  return { session, entries }
})

/** The stored entries of a session: index, text, time and schema version. */
export const storedEntries = Effect.fnUntraced(function*(adapter: Adapter, key: SessionKey) {
  const rows = yield* Stream.runCollect(adapter.entries(key, {}))
  return yield* Effect.forEach(rows, (row) =>
    row._tag === "StoredEntry"
      ? Effect.succeed([row.index, row.entry, row.at, row.schemaVersion] as const)
      : Effect.fail(row.error))
})

/** The error of a call that is refused; every session of the memory is as it was before. */
export const refused = Effect.fnUntraced(function*<A, E>(adapter: Adapter, call: Effect.Effect<A, E>) {
  const all = Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
  const before = yield* all
  const error = yield* Effect.flip(call)
  assert.deepStrictEqual(yield* all, before)
  return error
})
