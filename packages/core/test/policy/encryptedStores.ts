/** Encrypted memory for tests: keys, adapters over one content, and what lies below the encryption. */
import {
  checkChange,
  type EntryRange,
  type Expect,
  makeKey,
  makeMemory,
  makeMemoryAdapter,
  type Memory,
  type Operation,
  type SessionKey
} from "@holdfast/core"
import { Effect, Option, Redacted, Stream } from "effect"
import { Base64 } from "effect/encoding"
import { encrypted, type EncryptedOptions, type EncryptionKey, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import type { Adapter } from "../../src/policy/policies.ts"

export type { Adapter }

/** A key whose bytes are all the same. */
export const keyOf = (id: string, byte: number): EncryptionKey => ({
  id,
  key: Redacted.make(Base64.encode(new Uint8Array(32).fill(byte)))
})

export const k1 = keyOf("k1", 1)
export const k2 = keyOf("k2", 2)

/** Opens a content through the encryption with some keys, the first of them current. */
export const openEncrypted = Effect.fnUntraced(function*(
  content: Memory,
  keys: ReadonlyArray<EncryptionKey> = [k1],
  options?: Omit<EncryptedOptions, "keys">
) {
  return encrypted({ keys: yield* makeEncryptionKeys(keys), ...options })(yield* makeMemoryAdapter(content))
})

/** An encrypted adapter, and the plain one below it, over one content. */
export const openBoth = Effect.fnUntraced(function*(keys?: ReadonlyArray<EncryptionKey>) {
  const content = makeMemory()
  return { content, below: yield* makeMemoryAdapter(content), adapter: yield* openEncrypted(content, keys) }
})

/** An adapter that takes texts of so many bytes and no longer ones. */
export const withBodiesUpTo = (bodyBytesMax: number) => (adapter: Adapter): Adapter => {
  const capability = { ...adapter.capability, bodyBytesMax }
  return {
    ...adapter,
    capability,
    commit: (change) => Effect.andThen(checkChange(adapter.name, capability, change), adapter.commit(change))
  }
}

export const a = makeKey("a")
export const b = makeKey("b")

export const put = (key: SessionKey, text: string, expect: Expect = "any"): Operation => ({
  _tag: "Put",
  key,
  expect,
  kind: "chat",
  schemaVersion: 1,
  summary: JSON.stringify({ title: text }),
  body: JSON.stringify({ text })
})

export const append = (key: SessionKey, ...entries: ReadonlyArray<string>): Operation => ({
  _tag: "Append",
  key,
  expect: "any",
  kind: "chat",
  schemaVersion: 1,
  entries: entries.map((entry) => JSON.stringify(entry))
})

let writes = 0

/** Commits operations under a write id of their own. */
export const commit = (adapter: Adapter, ...operations: ReadonlyArray<Operation>) =>
  Effect.suspend(() => adapter.commit({ writeId: `write-${++writes}`, operations }))

type Cell = Parameters<Memory["cells"]["set"]>[1]

/** Changes what lies below the encryption of a key, as whoever can write to the storage may. */
export const tamper = (content: Memory, key: SessionKey, change: (cell: Cell) => Partial<Cell>) =>
  Effect.sync(() => {
    const cell = content.cells.get(key.id)
    if (cell === undefined) throw new Error(`${key.id} is not there`)
    content.cells.set(key.id, { ...cell, ...change(cell) })
  })

/** Puts other stored texts in the places of a session's entries. */
export const replaceEntries = (
  content: Memory,
  key: SessionKey,
  change: (texts: ReadonlyArray<string>) => ReadonlyArray<string>
) =>
  tamper(content, key, ({ entries }) => {
    const texts = change(entries.map(({ entry }) => entry))
    return { entries: entries.map((entry, index) => ({ ...entry, entry: texts[index] ?? entry.entry })) }
  })

export const rowsOf = (adapter: Adapter, limit?: number) =>
  Stream.runCollect(adapter.list({ namespace: [], order: "id", limit }))

export const entriesOf = (adapter: Adapter, key: SessionKey = a, range: EntryRange = {}) =>
  Stream.runCollect(adapter.entries(key, range))

/** Entries as tests compare them: the text, or the tag of the reason why there is none. */
export const entryTexts = (adapter: Adapter, key?: SessionKey, range?: EntryRange) =>
  Effect.map(
    entriesOf(adapter, key, range),
    (rows) =>
      rows.map((row) =>
        row._tag === "StoredEntry"
          ? JSON.parse(row.entry)
          : row.error._tag === "StorageError"
          ? row.error.reason._tag
          : row.error._tag
      )
  )

/** The reason with which a call failed. */
export const reasonOf = <A, E extends { readonly reason: { readonly _tag: string } }, R>(
  call: Effect.Effect<A, E, R>
) => Effect.map(Effect.flip(call), ({ reason }) => reason._tag)

/** Restores the session `a` of one adapter in another one. */
export const restore = Effect.fnUntraced(function*(
  source: Adapter,
  target: Adapter,
  as: { readonly writeId: string; readonly key?: SessionKey }
) {
  const record = Option.getOrThrow(yield* source.load(a))
  const entries = Stream.mapEffect(
    source.entries(a, {}),
    (row) => row._tag === "StoredEntry" ? Effect.succeed(row) : Effect.die(row.error)
  )
  return yield* target.commit({
    writeId: as.writeId,
    operations: [{ _tag: "Restore", key: as.key ?? a, expect: "any", record, entries }]
  })
})
