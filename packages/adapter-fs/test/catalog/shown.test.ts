/** However many heads a listing finds, it shows what its query selects of all of them. */
import { assert, describe, it } from "@effect/vitest"
import { Corrupt, evaluateQuery, type Listed, type ListQuery, type StoredHead, type Version } from "@holdfast/core"
import { Option } from "effect"
import { makeShown } from "../../src/catalog/shown.ts"
import { storageError } from "../../src/commit/Place.ts"

const head = (number: number): StoredHead => ({
  _tag: "StoredHead",
  key: { namespace: number % 3 === 0 ? ["acct"] : [], id: `s${number}` },
  kind: number % 2 === 0 ? "note" : "chat",
  schemaVersion: 1,
  version: number as Version,
  incarnation: "abc",
  createdAt: number * 7919 % 10_007,
  updatedAt: number * 104_729 % 5003,
  summary: "{}",
  entryCount: 0
})

const heads = Array.from({ length: 7000 }, (_, number) => head(number))

const queries: ReadonlyArray<ListQuery> = [
  { namespace: [], order: "updatedAt", limit: 20 },
  { namespace: ["acct"], order: "createdAt", limit: 1 },
  { namespace: [], order: "id", kind: "chat", limit: 300 },
  { namespace: [], order: "id", limit: 5, after: { value: "s500", key: { namespace: [], id: "s500" } } },
  { namespace: [], order: "updatedAt" }
]

describe("what a listing shows", () => {
  it("is what its query selects of all heads, behind all that could not be read", () => {
    const reason = new Corrupt({ at: "here", problem: "is cut off", outcome: "notApplied" })
    const unread: Listed = {
      _tag: "Unreadable",
      key: Option.none(),
      place: "here",
      error: storageError("list", undefined, reason)
    }
    for (const query of queries) {
      const shown = makeShown(query)
      for (const [at, one] of heads.entries()) {
        if (at % 3000 === 0) shown.add(unread)
        shown.add(one)
      }
      assert.deepStrictEqual(shown.rows(), [unread, unread, unread, ...evaluateQuery(heads, query)])
    }
  })
})
