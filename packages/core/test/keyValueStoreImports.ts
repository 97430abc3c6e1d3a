/** Imports of chats from stores of another app into a memory, and what became of each key. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, type SessionKey, StorageAdapter } from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Chat, hello, storeOver } from "./store/chats.ts"

type Adapter = StorageAdapter["Service"]
export type Source = KeyValueStore.KeyValueStore
export type Options = HoldfastKeyValueStore.ImportOptions<
  typeof Chat.state,
  typeof Chat.entry,
  typeof Chat.summary.schema
>

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ title: Schema.String })))

export const keyOf = (from: string): SessionKey => makeKey(from.replace("chat/", ""), ["chats"])

/** What the old app stored as `{ title }` under `chat/<id>`. */
export const decode: Options["decode"] = (from, value) =>
  from.startsWith("chat/")
    ? Option.map(parse(value), ({ title }) => ({ key: keyOf(from), state: { title, pinned: false }, entries: [hello] }))
    : Option.none()

export const openSource = Effect.fnUntraced(function*(content: Record<string, string | Uint8Array>) {
  const source = Context.get(yield* Layer.build(Layer.fresh(KeyValueStore.layerMemory)), KeyValueStore.KeyValueStore)
  for (const [key, value] of Object.entries(content)) yield* source.set(key, value)
  return source
})

export const chat = (title: string) => JSON.stringify({ title })

export const open = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  return { adapter, chats: yield* storeOver(adapter, Chat) }
})

export const importInto = (adapter: Adapter, source: Source, options: Partial<Options> = {}) =>
  HoldfastKeyValueStore.importFrom(source, { definition: Chat, decode, ...options }).pipe(
    Stream.runCollect,
    Effect.provideService(StorageAdapter, adapter)
  )

/** Rows as the key and what became of it. */
export const fates = (rows: ReadonlyArray<HoldfastKeyValueStore.ImportRow>) =>
  rows.map((row) => [row.from, row._tag === "Refused" ? row.why : row._tag])
