/** The definition that the store's tests use, over memory, and ways to look at what reaches the adapter. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type PlainSchema,
  Session,
  type SessionDefinition,
  SessionStore,
  StorageAdapter,
  type StorageChange,
  type StoreOptions
} from "@holdfast/core"
import { Effect, Schema } from "effect"

export const Chat = Session.define("Chat", {
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean }),
  entry: Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String }),
  summary: ["title", "pinned"]
})

export type ChatEntry = typeof Chat.entry.Type

export const hello: ChatEntry = { role: "user", text: "hello" }
export const hi: ChatEntry = { role: "assistant", text: "hi" }

export const draft = { title: "Draft", pinned: false }

/** A store of a definition over an adapter. */
export const storeOver = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  adapter: StorageAdapter["Service"],
  definition: SessionDefinition<S, E, Summary>,
  options?: StoreOptions
) => Effect.provideService(SessionStore.make(definition, options), StorageAdapter, adapter)

/** A store of a definition over a memory of its own. */
export const openStore = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  definition: SessionDefinition<S, E, Summary>
) => Effect.flatMap(MemoryAdapter.make(), (adapter) => storeOver(adapter, definition))

/** A store of chats over a memory of its own. */
export const openChats = openStore(Chat)

/** A change as it reached the adapter. */
type Call = readonly [method: "head" | "load" | "commit" | "entries" | "list", about: unknown]

/** An adapter that notes every call before it passes it on. */
export const recording = (adapter: StorageAdapter["Service"]) => {
  const calls: Array<Call> = []
  const noted = <A>(call: Call, pass: () => A): A => {
    calls.push(call)
    return pass()
  }
  const recorder: StorageAdapter["Service"] = {
    ...adapter,
    head: (key) => noted(["head", key], () => adapter.head(key)),
    load: (key) => noted(["load", key], () => adapter.load(key)),
    commit: (change) => noted(["commit", change], () => adapter.commit(change)),
    entries: (key, range) => noted(["entries", key], () => adapter.entries(key, range)),
    list: (query) => noted(["list", query], () => adapter.list(query))
  }
  const changes = () => calls.flatMap(([method, about]) => method === "commit" ? [about as StorageChange] : [])
  return { recorder, calls, changes }
}

/** A store of a definition over a memory of its own, with what reaches the memory. */
export const openRecorded = Effect.fnUntraced(
  function*<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
    definition: SessionDefinition<S, E, Summary>,
    options?: StoreOptions
  ) {
    const adapter = yield* MemoryAdapter.make()
    const { calls, changes, recorder } = recording(adapter)
    return { adapter, calls, changes, store: yield* storeOver(recorder, definition, options) }
  }
)
