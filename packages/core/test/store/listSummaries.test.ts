/** Listings of sessions whose summaries do not decode, or are not JSON by themselves. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session } from "@holdfast/core"
import { DateTime, Effect, Option, Schema } from "effect"
import { openStore, storeOver } from "./chats.ts"

const idsOf = (heads: ReadonlyArray<{ readonly key: { readonly id: string } }>) =>
  heads.map(({ key }) => key.id).join("")

describe("a page", () => {
  const First = Session.define("Doc", { state: Schema.Struct({ title: Schema.Json }), summary: ["title"] })
  const Second = Session.define("Doc", {
    version: 2,
    state: Schema.Struct({ title: Schema.String }),
    summary: ["title"],
    migrations: { 1: (old) => old }
  })

  it.effect("leads on to the sessions behind those that cannot be read", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const first = yield* storeOver(adapter, First)
      yield* Effect.forEach([5, 5, "c", "d", "e"], (title, index) => first.create({ title }, { id: "abcde"[index] }))
      const second = yield* storeOver(adapter, Second)
      const seen: Array<string> = []
      let next = Option.none<string>()
      do {
        const page = yield* second.list({ order: "id", limit: 2, after: next })
        seen.push(idsOf(page.sessions))
        next = page.next
      } while (Option.isSome(next))
      assert.strictEqual(seen.join(""), "cde")
    }))
})

describe("a page of an older version", () => {
  const First = Session.define("Doc", { state: Schema.String, summary: { schema: Schema.Struct({}), of: () => ({}) } })
  const Second = Session.define("Doc", { version: 2, state: Schema.String, migrations: { 1: (old) => old } })

  it.effect("leads on to the others when one of its sessions is removed while it is listed", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const first = yield* storeOver(adapter, First)
      yield* Effect.forEach(Array.from("abcd"), (id) => first.create(id, { id }))
      const load: typeof adapter.load = (key) => key.id === "a" ? Effect.succeedNone : adapter.load(key)
      const second = yield* storeOver({ ...adapter, load }, Second)
      const page = yield* second.list({ order: "id", limit: 2 })
      assert.isTrue(idsOf(page.sessions) === "bcd" || Option.isSome(page.next))
    }))
})

describe("where", () => {
  it.effect("selects by the JSON of a value that JSON does not know", () =>
    Effect.gen(function*() {
      const Task = Session.define("Task", {
        state: Schema.Struct({ due: Schema.DateTimeUtc, cost: Schema.BigInt }),
        summary: ["due", "cost"]
      })
      const tasks = yield* openStore(Task)
      yield* tasks.create({ due: DateTime.makeUnsafe(0), cost: 5n }, { id: "a" })
      const byDue = yield* tasks.list({ where: { due: "1970-01-01T00:00:00.000Z" } })
      const byCost = yield* tasks.list({ where: { cost: "5" } })
      assert.deepStrictEqual([idsOf(byDue.sessions), idsOf(byCost.sessions)], ["a", "a"])
    }))
})
