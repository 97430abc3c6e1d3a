/**
 * The app's drafts, and each of the tiers that hold them.
 */
import { FsAdapter } from "@holdfast/adapter-fs"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { Session, SessionStore } from "@holdfast/core"
import { Effect, Schema, Stream } from "effect"
import { join } from "node:path"

const Draft = Session.define("Draft", {
  state: Schema.Struct({ edition: Schema.Int }),
  entry: Schema.Struct({ note: Schema.String })
})

export class Drafts extends SessionStore.Service<Drafts>()("fallback-chain/Drafts", Draft) {}

/** What the chain is made of. Each tier is a store that also works alone. */
export const tiers = {
  files: (disk: string) => FsAdapter.layer({ directory: join(disk, "drafts") }),
  sqlite: (disk: string) => SqliteAdapter.layer({ filename: join(disk, "drafts.db") }),
  memory: MemoryAdapter.layer
}

/** A draft as somebody found it. */
export const Found = Schema.Struct({ edition: Schema.Int, notes: Schema.Array(Schema.String) })

/** All drafts by their ids, and whether that is all there is. */
export const FoundAll = Schema.Struct({ complete: Schema.Boolean, drafts: Schema.Record(Schema.String, Found) })

/** Lists the drafts and reads each one, with its notes. */
export const readAll = Effect.gen(function*() {
  const store = yield* Drafts
  const { complete, sessions } = yield* store.list({ order: "id" })
  const drafts: Record<string, typeof Found.Type> = {}
  for (const { key } of sessions) {
    const { state } = yield* store.load(key)
    const rows = yield* Stream.runCollect(store.entries(key))
    const notes = rows.map((row) => row._tag === "Entry" ? row.entry.note : "UNREADABLE")
    drafts[key.id] = { edition: state.edition, notes }
  }
  return { complete, drafts }
})
