/**
 * Recovery of a damaged database: what can be read is saved, what cannot is said to be lost, and the damaged
 * file is kept whole under another name.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Finding, makeKey, type Operation } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { type Adapter, open, quickFolder } from "./stores.ts"

const keyOf = (number: number) => makeKey(`session-${number}`, ["account"])
const bodyOf = (number: number) => JSON.stringify({ number, text: "x".repeat(600) })
const sessionCount = 60
const numbers = Array.from({ length: sessionCount }, (_, number) => number)

const operations = (number: number): ReadonlyArray<Operation> => {
  const place = { key: keyOf(number), expect: "any", kind: "note", schemaVersion: 1 } as const
  return [
    { _tag: "Put", ...place, summary: "{}", body: bodyOf(number) },
    { _tag: "Append", ...place, entries: [0, 1, 2].map((index) => JSON.stringify(`${number}/${index}`)) }
  ]
}

const fill = (adapter: Adapter) =>
  Effect.forEach(numbers, (number) => adapter.commit({ writeId: `w${number}`, operations: operations(number) }))

/** Overwrites the table's leaf page that holds a body, as a bad sector does. */
const damagePageOf = (file: string, number: number): void => {
  const bytes = fs.readFileSync(file)
  const at = bytes.indexOf(bodyOf(number))
  assert.isAbove(at, 0, "the body is in the main file")
  bytes.fill(0x2a, at - (at % 4096), at - (at % 4096) + 4096)
  fs.writeFileSync(file, bytes)
}

const recover = (adapter: Adapter, mode: "inspect" | "apply"): Effect.Effect<ReadonlyArray<Finding>, unknown> =>
  Stream.runCollect(adapter.recover(mode))

const damaged = Effect.gen(function*() {
  const folder = yield* quickFolder
  const filename = join(folder, "sessions.db")
  yield* Effect.scoped(Effect.flatMap(open({ filename }), fill))
  damagePageOf(filename, 20)
  return { folder, filename }
})

const read = (adapter: Adapter, number: number) => adapter.load(keyOf(number))

describe("recovery", () => {
  it.live("of a sound database finds nothing and leaves its folder as it is", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open({ filename: join(folder, "sessions.db") })
      yield* fill(adapter)
      const before = fs.readdirSync(folder)
      assert.deepStrictEqual(yield* recover(adapter, "inspect"), [])
      assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
      assert.deepStrictEqual(fs.readdirSync(folder), before)
    }))

  it.live("saves what can be read, and a second one finds nothing to do", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* damaged
      const damagedBytes = fs.readFileSync(filename)
      const adapter = yield* open({ filename })
      const seen = yield* recover(adapter, "inspect")
      assert.isTrue(seen.some(({ action, applied, kind }) => kind === "damaged" && action === "repair" && !applied))

      const done = yield* recover(adapter, "apply")
      assert.isTrue(done.some(({ applied, kind }) => kind === "damaged" && applied))
      assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
      const aside = fs.readdirSync(folder).filter((name) => name.includes("-damaged-"))
      assert.deepStrictEqual(aside.map((name) => name.replace(/-damaged-[0-9a-f]{20}/, "")), [
        "sessions.db",
        "sessions.db-shm",
        "sessions.db-wal"
      ])
      assert.isTrue(fs.readFileSync(join(folder, aside[0]!)).equals(damagedBytes), "the damaged file is kept whole")

      const lost = done.flatMap((each) => each.kind === "lostSession" ? Option.toArray(each.key) : [])
      const lostIds = new Set(lost.map(({ id }) => id))
      assert.isTrue(lostIds.has("session-20") && lostIds.size < 15, `lost: ${[...lostIds].join()}`)
      for (const number of numbers) {
        if (lostIds.has(keyOf(number).id)) continue
        const session = Option.getOrThrow(yield* read(adapter, number))
        assert.strictEqual(session.body, bodyOf(number))
        const entries = yield* Stream.runCollect(adapter.entries(keyOf(number), {}))
        assert.deepStrictEqual(
          entries.map((entry) => entry._tag === "StoredEntry" ? entry.entry : entry.error.message),
          [0, 1, 2].map((index) => JSON.stringify(`${number}/${index}`))
        )
      }
    }))

  it.live("shows a lost session as unreadable until it is removed", () =>
    Effect.gen(function*() {
      const { filename } = yield* damaged
      const adapter = yield* open({ filename })
      yield* recover(adapter, "apply")
      const key = keyOf(20)
      const refusals = yield* Effect.all([
        Effect.flip(adapter.head(key)),
        Effect.flip(adapter.load(key)),
        Effect.flip(Stream.runCollect(adapter.entries(key, {}))),
        Effect.flip(adapter.commit({ writeId: "over", operations: operations(20) }))
      ])
      for (const { outcome, reason } of refusals) {
        assert.deepStrictEqual([reason._tag, outcome], ["Corrupt", "notApplied"])
      }
      const rowsOf = Effect.map(
        Stream.runCollect(adapter.list({ namespace: ["account"], order: "id" })),
        (rows) => rows.filter((row) => row._tag === "Unreadable" && Option.getOrNull(row.key)?.id === key.id).length
      )
      assert.strictEqual(yield* rowsOf, 1)

      yield* adapter.commit({ writeId: "gone", operations: [{ _tag: "Remove", key, expect: "present" }] })
      assert.strictEqual(yield* rowsOf, 0)
      assert.isTrue(Option.isNone(yield* adapter.load(key)))
      yield* adapter.commit({ writeId: "again", operations: operations(20) })
      assert.strictEqual(Option.getOrThrow(yield* adapter.load(key)).body, bodyOf(20))
    }))
})
