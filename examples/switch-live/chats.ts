/**
 * The app's chats, and the two stores that they may lie in.
 */
import { FsAdapter } from "@holdfast/adapter-fs"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { Session, SessionStore, StorageSwitch } from "@holdfast/core"
import { Effect, Schema, Stream } from "effect"
import { join } from "node:path"

const Chat = Session.define("Chat", {
  state: Schema.Struct({ draft: Schema.String }),
  entry: Schema.Struct({ message: Schema.String })
})

export class Chats extends SessionStore.Service<Chats>()("switch-live/Chats", Chat) {}

/** The files alone, as an app would open them that was never told of the switch. */
export const filesAlone = (folder: string) => FsAdapter.layer({ directory: join(folder, "chats") })

/** The app's storage: files at first, and whatever it was switched to after that. */
export const storage = (folder: string) =>
  StorageSwitch.layer({
    backends: {
      files: filesAlone(folder),
      sqlite: SqliteAdapter.layer({ filename: join(folder, "chats.db") })
    },
    initial: "files"
  })

/** A chat as somebody found it. */
const Found = Schema.Struct({ draft: Schema.String, messages: Schema.Array(Schema.String) })

/** All chats by their ids, and how many rows of the listing or of a chat could not be read. */
export const FoundAll = Schema.Struct({ unreadableCount: Schema.Int, chats: Schema.Record(Schema.String, Found) })

/** Lists the chats and reads each one, with its messages. */
export const readAll = Effect.gen(function*() {
  const store = yield* Chats
  const chats: Record<string, typeof Found.Type> = {}
  let unreadableCount = 0
  for (const row of yield* Stream.runCollect(store.listAll({ order: "id" }))) {
    if (row._tag !== "Head") {
      unreadableCount++
      continue
    }
    const { state: { draft } } = yield* store.load(row.key)
    const entries = yield* Stream.runCollect(store.entries(row.key))
    const messages = entries.flatMap((entry) => entry._tag === "Entry" ? [entry.entry.message] : [])
    unreadableCount += entries.length - messages.length
    chats[row.key.id] = { draft, messages }
  }
  return { unreadableCount, chats }
})
