import { assert, describe, it } from "@effect/vitest"
import { type ListOrder, makeKey, makeMemory, makeMemoryAdapter, positionOf } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, storeOver } from "../store/chats.ts"
import { type Adapter, commit, k1, k2, openEncrypted, put, rowsOf } from "./encryptedStores.ts"

const keys = Array.from({ length: 8 }, (_, index) => makeKey(`s${index}`))

/** Eight sessions, of which the even ones are of a key that the listing adapter does not know. */
const mixed = Effect.gen(function*() {
  const content = makeMemory()
  const ours = yield* openEncrypted(content, [k1])
  const theirs = yield* openEncrypted(content, [k2])
  for (const [index, key] of keys.entries()) {
    yield* TestClock.adjust("1 seconds")
    yield* commit(index % 2 === 0 ? theirs : ours, put(key, key.id))
  }
  return ours
})

const page = (adapter: Adapter, order: ListOrder, limit: number) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace: [], order, limit })),
    (rows) => rows.map((row) => row._tag === "StoredHead" ? row.key.id : `(${Option.getOrThrow(row.key).id})`)
  )

describe("a listing with sessions that do not decrypt", () => {
  it.effect("shows them first and the others in the order that was asked for", () =>
    Effect.gen(function*() {
      const adapter = yield* mixed
      const ids = (yield* rowsOf(adapter)).map((row) =>
        row._tag === "StoredHead" ? row.key.id : `(${Option.getOrThrow(row.key).id})`
      )
      assert.deepStrictEqual(ids, ["(s0)", "(s2)", "(s4)", "(s6)", "s1", "s3", "s5", "s7"])
    }))

  it.effect("counts towards a limit those that decrypt only", () =>
    Effect.gen(function*() {
      const adapter = yield* mixed
      assert.deepStrictEqual(yield* page(adapter, "id", 2), ["(s0)", "(s2)", "s1", "s3"])
      assert.deepStrictEqual(yield* page(adapter, "updatedAt", 2), ["(s6)", "s7", "s5"])
      assert.deepStrictEqual(yield* page(adapter, "createdAt", 100), [
        "(s6)",
        "(s4)",
        "(s2)",
        "(s0)",
        "s7",
        "s5",
        "s3",
        "s1"
      ])
    }))

  it.effect("pages through all that decrypt, each of them once", () =>
    Effect.gen(function*() {
      const adapter = yield* mixed
      const seen: Array<string> = []
      let after: ReturnType<typeof positionOf> | undefined
      do {
        const rows = yield* Stream.runCollect(adapter.list({ namespace: [], order: "updatedAt", limit: 1, after }))
        const head = rows.find((row) => row._tag === "StoredHead")
        after = head === undefined ? undefined : positionOf(head, "updatedAt")
        if (head !== undefined) seen.push(head.key.id)
      } while (after !== undefined)
      assert.deepStrictEqual(seen, ["s7", "s5", "s3", "s1"])
    }))
})

describe("a listing that is filtered over encryption", () => {
  it.effect("is judged by what decrypts, and counts towards a page what it selects", () =>
    Effect.gen(function*() {
      const content = makeMemory()
      const chats = yield* storeOver(yield* openEncrypted(content, [k1]), Chat)
      const theirs = yield* storeOver(yield* openEncrypted(content, [k2]), Chat)
      for (let n = 0; n < 10; n++) yield* chats.create({ title: `${n}`, pinned: n % 2 === 0 }, { id: `s${n}` })
      yield* theirs.create({ title: "theirs", pinned: true }, { id: "theirs" })
      const page = { where: { pinned: true }, order: "id", limit: 3 } as const
      const first = yield* chats.list(page)
      const second = yield* chats.list({ ...page, after: first.next })
      assert.deepStrictEqual([first, second].map(({ sessions }) => sessions.map(({ key }) => key.id)), [
        ["s0", "s2", "s4"],
        ["s6", "s8"]
      ])
      assert.deepStrictEqual(first.unreadable.map(({ key }) => Option.getOrThrow(key).id), ["theirs"])
      const below = yield* storeOver(yield* makeMemoryAdapter(content), Chat)
      assert.deepStrictEqual((yield* below.list(page)).sessions, [])
    }))
})
