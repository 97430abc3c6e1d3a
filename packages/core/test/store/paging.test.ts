import { assert, describe, it } from "@effect/vitest"
import { type ListOrder, makeKey, type SessionKey } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { TestClock } from "effect/testing"
import { decodeCursor, encodeCursor } from "../../src/store/cursor.ts"
import { keys } from "../model/keys.ts"
import { draft, openChats } from "./chats.ts"

type Chats = Effect.Success<typeof openChats>

const orders: ReadonlyArray<ListOrder> = ["updatedAt", "createdAt", "id"]

const text = (key: SessionKey) => [...key.namespace, key.id].join("/")

/** 250 chats in 3 namespaces with 7 of one time each; every third is saved again later, so that the orders differ. */
const open250 = Effect.gen(function*() {
  const chats = yield* openChats
  for (let index = 0; index < 250; index++) {
    yield* TestClock.setTime(Math.floor(index / 7) * 1_000)
    yield* chats.create(draft, { id: `${(index * 89) % 250}`, namespace: [["a"], ["a", "b"], []][index % 3] })
  }
  for (let index = 0; index < 250; index += 3) {
    yield* TestClock.setTime(1_000_000 + Math.floor(index / 20) * 1_000)
    yield* chats.save(makeKey(`${(index * 89) % 250}`, ["a"]), draft)
  }
  return chats
})

/** All pages of a listing; `after` is passed as the option that a page gives, or as its text. */
const pages = (chats: Chats, order: ListOrder, form: "option" | "text") =>
  Effect.gen(function*() {
    const sizes: Array<number> = []
    const listed: Array<string> = []
    let next = Option.none<string>()
    do {
      const after = form === "option" ? next : Option.getOrUndefined(next)
      const page = yield* chats.list({ order, limit: 60, after })
      sizes.push(page.sessions.length)
      listed.push(...page.sessions.map(({ key }) => text(key)))
      next = page.next
    } while (Option.isSome(next))
    return { sizes, listed }
  })

describe("paging", () => {
  it.effect.each(orders.map((order) => [order] as const))(
    "shows each of 250 sessions once in the order %s",
    ([order]) =>
      Effect.gen(function*() {
        const chats = yield* open250
        const whole = (yield* chats.list({ order, limit: 1_000 })).sessions.map(({ key }) => text(key))
        assert.strictEqual(new Set(whole).size, 250)
        for (const form of ["option", "text"] as const) {
          assert.deepStrictEqual(yield* pages(chats, order, form), { sizes: [60, 60, 60, 60, 10], listed: whole })
        }
      })
  )

  it.effect("orders ties by namespace, then by id, in code units", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const created = ["b", "B", "\uFFFF", "😀", "a"]
      yield* Effect.forEach(created, (id) => chats.create(draft, { id }))
      yield* chats.create(draft, { id: "A", namespace: ["n"] })
      const { sessions } = yield* chats.list()
      assert.deepStrictEqual(sessions.map(({ key }) => key.id), ["B", "a", "b", "😀", "\uFFFF", "A"])
    }))

  it.effect("misses nothing when the session at the end of a page is removed", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* Effect.forEach(Array.from("abcd"), (id) => chats.create(draft, { id }))
      const first = yield* chats.list({ order: "id", limit: 2 })
      yield* chats.remove("b")
      const second = yield* chats.list({ order: "id", limit: 2, after: first.next })
      assert.deepStrictEqual(second.sessions.map(({ key }) => key.id), ["c", "d"])
    }))

  it.effect("has no next page when the last one is full", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* Effect.forEach(Array.from("ab"), (id) => chats.create(draft, { id }))
      assert.deepStrictEqual((yield* chats.list({ limit: 2 })).next, Option.none())
    }))

  it.effect("starts at the beginning after none", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      for (const after of [Option.none(), undefined]) {
        assert.strictEqual((yield* chats.list({ after })).sessions.length, 1)
      }
    }))
})

const forged = (cursor: object) => Base64Url.encode(JSON.stringify(cursor))
const cursor = { order: "updatedAt", value: 5, namespace: ["a"], id: "b" }

const garbage: ReadonlyArray<readonly [what: string, after: string]> = [
  ["the empty text", ""],
  ["words", "not a cursor"],
  ["base64 of no JSON", Base64Url.encode("{")],
  ["base64 of bytes that are no text", Base64Url.encode(new Uint8Array([0xff, 0xfe]))],
  ["JSON without base64", JSON.stringify(cursor)],
  ["a cursor without a key", forged({ order: "updatedAt", value: 5 })],
  ["a cursor of an unknown order", forged({ ...cursor, order: "size" })],
  ["a cursor of an invalid key", forged({ ...cursor, id: "a/b" })],
  ["a cursor of an invalid namespace", forged({ ...cursor, namespace: [".."] })],
  ["a cursor whose time is a text", forged({ ...cursor, value: "yesterday" })],
  ["a number", 5 as never],
  ["null", null as never]
]

describe("a cursor", () => {
  it.effect.each(garbage)("is refused when it is %s", ([_, after]) =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(chats.list({ after }))
      assert.strictEqual(error._tag, "InvalidCursor")
    }))

  it.effect("is refused in a listing of another order", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* Effect.forEach(Array.from("ab"), (id) => chats.create(draft, { id }))
      for (const order of orders) {
        const { next } = yield* chats.list({ order, limit: 1 })
        for (const other of orders.filter((each) => each !== order)) {
          const error = yield* Effect.flip(chats.list({ order: other, after: next }))
          assert.strictEqual(error.message, `invalid cursor: it belongs to a listing by ${order}`)
        }
      }
    }))

  it.effect("is refused before the adapter is asked", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(chats.list({ after: "garbage", namespace: [""] }))
      assert.strictEqual(error._tag, "InvalidCursor")
    }))

  it.effect.prop(
    "gives back every position",
    { key: keys, time: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4e12 })) },
    ({ key, time }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decodeCursor("createdAt", encodeCursor("createdAt", { value: time, key })), {
          value: time,
          key
        })
        assert.deepStrictEqual(yield* decodeCursor("id", encodeCursor("id", { value: key.id, key })), {
          value: key.id,
          key
        })
      }),
    { arbitrary: { runs: 300, size: 1000 } }
  )

  it.effect("by id is refused when its place is a time", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decodeCursor("id", forged({ ...cursor, order: "id" })))
      assert.strictEqual(error._tag, "InvalidCursor")
    }))

  it("is safe in a URL", () => {
    assert.match(encodeCursor("id", { value: "?/+ü", key: makeKey("?/+ü") }), /^[A-Za-z0-9_-]+$/)
  })
})
