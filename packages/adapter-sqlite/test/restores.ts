/** Sessions with all that they are, as restores carry them from one backend into another. */
import {
  makeKey,
  makeMemory,
  makeMemoryAdapter,
  type Restore,
  type SessionKey,
  type StoredEntry,
  type StoredSession,
  Version
} from "@holdfast/core"
import { append, json, put } from "@holdfast/core/testing"
import { Effect, Option, Stream } from "effect"
import { type Adapter, open } from "./stores.ts"
import { changeOf, place } from "./verbs.ts"

export const key = makeKey("session", ["account"])

/** A session with its entries. */
export interface Whole {
  readonly record: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

/** A session with its entries as the store gives them; fails for an entry that cannot be read. */
export const wholeOf = Effect.fnUntraced(function*(adapter: Adapter, of: SessionKey) {
  const record = Option.getOrThrow(yield* adapter.load(of))
  const rows = yield* Stream.runCollect(adapter.entries(of, {}))
  const entries = rows.map((row) => {
    if (row._tag === "UnreadableEntry") throw row.error
    return { ...row, writeId: row.writeId }
  })
  return { record, entries } satisfies Whole
})

export const restoreOf = ({ entries, record }: Whole, rest?: Partial<Restore>): Restore => ({
  _tag: "Restore",
  key: record.head.key,
  expect: "any",
  record,
  entries: Stream.fromIterable(entries),
  ...rest
})

/** A session with a long life in another backend: many writes, entries of several schema versions, ids of any kind. */
export const lived = Effect.gen(function*() {
  const memory = yield* makeMemoryAdapter(makeMemory())
  const summary = json({ title: "one" })
  yield* memory.commit({ writeId: "first \u0000 \ud800", operations: [put(key, 0), append(key, ["a", "b"])] })
  for (let count = 1; count <= 20; count++) {
    yield* memory.commit({ writeId: `append ${count}`, operations: [append(key, [count], { schemaVersion: 1 })] })
  }
  yield* memory.commit(
    changeOf(put(key, { last: true }, { schemaVersion: 2, summary }), append(key, [], { schemaVersion: 2 }))
  )
  return yield* wholeOf(memory, key)
})

/** The record at a version above all that a clock seeds, with so many entries. */
export const above = (whole: Whole, count: number): Whole => ({
  record: {
    ...whole.record,
    head: { ...whole.record.head, version: Version(Number.MAX_SAFE_INTEGER - 1), entryCount: count }
  },
  entries: Array.from({ length: count }, (_, index): StoredEntry => ({
    _tag: "StoredEntry",
    index,
    at: 1_000 + index,
    version: Version(1 + index),
    schemaVersion: 1,
    entry: json({ index, text: "restored ".repeat(10) }),
    writeId: `write ${index}`
  }))
})

/** A store with nothing in it. */
export const opened = Effect.gen(function*() {
  const { filename } = yield* place
  return { adapter: yield* open({ filename }), filename }
})
