/** Listings of a store whose index by update does not have what the table has. */
import { assert, describe, it } from "@effect/vitest"
import { type ListQuery, makeKey, positionOf } from "@holdfast/core"
import { Effect, Stream } from "effect"
import { type IndexCounts, makeIndexCheck } from "../src/indexCheck.ts"
import { type Adapter, open } from "./stores.ts"
import { inProcess, place, save, visit } from "./verbs.ts"

const index = "sessions_by_update"

/** Runs statements while SQLite does not know of the index, which is not written then. */
const unseen = (filename: string, sql: string): void => {
  const reopen = `db.close(); db = new DatabaseSync(${JSON.stringify(filename)}, { defensive: false })`
  inProcess(
    filename,
    `{ let db; db = new DatabaseSync(${JSON.stringify(filename)}, { defensive: false })
      db.exec("PRAGMA writable_schema = ON; CREATE TABLE hold AS SELECT * FROM sqlite_schema WHERE name = '${index}'")
      db.exec("DELETE FROM sqlite_schema WHERE name = '${index}'"); ${reopen}
      db.exec(${JSON.stringify(sql)}); ${reopen}
      db.exec("PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hold; DROP TABLE hold") }`
  )
}

const ids = ["a", "b", "c", "d", "e"]

/** A closed store of these sessions. */
const filled = Effect.gen(function*() {
  const { filename } = yield* place
  yield* visit({ filename }, (adapter) => Effect.forEach(ids, (id) => save(adapter, id, 1)))
  return filename
})

/** The pages of a listing, each as its ids and the reasons of what cannot be read. */
const pages = Effect.fnUntraced(function*(adapter: Adapter, query: ListQuery) {
  const shown: Array<ReadonlyArray<string>> = []
  let after: ListQuery["after"]
  do {
    const rows = yield* Stream.runCollect(adapter.list({ ...query, after }))
    shown.push(rows.map((row) => row._tag === "StoredHead" ? row.key.id : row.error.reason._tag))
    const last = rows.findLast((row) => row._tag === "StoredHead")
    after = last === undefined ? undefined : positionOf(last, query.order)
  } while (after !== undefined)
  return shown
})

const byUpdate: ListQuery = { namespace: [], order: "updatedAt" }

describe("a store whose index has an old row again", () => {
  it.live("lists what the table has, and says so on every page", () =>
    Effect.gen(function*() {
      const filename = yield* filled
      unseen(filename, `DELETE FROM sessions WHERE id = x'63'`)
      const adapter = yield* open({ filename })
      const [all] = yield* pages(adapter, byUpdate)
      assert.sameMembers([...all!], ["Corrupt", "a", "b", "d", "e"])
      const walk = yield* pages(yield* open({ filename }), { ...byUpdate, limit: 2 })
      assert.deepStrictEqual(walk.map((page) => page[0]), ["Corrupt", "Corrupt", "Corrupt"])
      assert.sameMembers(walk.flatMap((page) => page.slice(1)), ["a", "b", "d", "e"])
    }))
})

describe("a store whose index has lost a row", () => {
  it.live("lists what the table has, and says so", () =>
    Effect.gen(function*() {
      const filename = yield* filled
      inProcess(
        filename,
        `db.exec("CREATE TABLE kept AS SELECT * FROM sessions WHERE id = x'63'")
        db.exec("DELETE FROM sessions WHERE id = x'63'")`
      )
      unseen(filename, "INSERT INTO sessions SELECT * FROM kept; DROP TABLE kept")
      const adapter = yield* open({ filename })
      const [page] = yield* pages(adapter, { ...byUpdate, limit: 3 })
      assert.lengthOf(page!, 4)
      assert.strictEqual(page![0], "Corrupt")
      const [all] = yield* pages(adapter, byUpdate)
      assert.sameMembers([...all!], ["Corrupt", ...ids])
      assert.strictEqual((yield* adapter.load(makeKey("c")))._tag, "Some")
    }))
})

/** A check of indexes that have these counts, with how often they were counted. */
const counted = (answer: () => IndexCounts) => {
  let times = 0
  const get = () => {
    times++
    return answer()
  }
  const statement = { get, all: () => [get()], run: () => undefined }
  return { check: makeIndexCheck({ counts: statement }), times: () => times }
}

const same: IndexCounts = { listed: 1000, known: 1000 }
const other: IndexCounts = { listed: 999, known: 1000 }

describe("the indexes of a store", () => {
  it("are counted by the first page of a connection, and once for as many rows as the store has", () => {
    const { check, times } = counted(() => same)
    for (let page = 0; page < 20; page++) {
      assert.isUndefined(check.differ("page"))
      check.note(100)
    }
    assert.strictEqual(times(), 2)
  })

  it("are counted by whatever reads the whole index", () => {
    const { check, times } = counted(() => same)
    for (let listing = 0; listing < 3; listing++) {
      check.differ("page")
      check.differ("all")
      check.note(1)
    }
    assert.strictEqual(times(), 4)
  })

  it("are counted for every page while they disagree, and until the next one after that", () => {
    let answer = other
    const { check, times } = counted(() => answer)
    for (let page = 0; page < 3; page++) {
      assert.deepStrictEqual(check.differ("page"), other)
      check.note(1)
    }
    answer = same
    assert.isUndefined(check.differ("page"))
    assert.isUndefined(check.differ("page"))
    assert.strictEqual(times(), 4)
  })
})
