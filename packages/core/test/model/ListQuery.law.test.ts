import { assert, describe, it } from "@effect/vitest"
import {
  evaluateQuery,
  keyText,
  type ListOrder,
  type ListQuery,
  positionOf,
  type SessionKey,
  type StoredHead,
  Version
} from "@holdfast/core"
import { Arbitrary, Schema } from "effect"
import { keys, namespaces } from "./keys.ts"

const options = { arbitrary: { runs: 600, size: 1000 } }

// Few times and kinds, so that most pairs of heads tie in one of them.
const fields = Arbitrary.schema(Schema.Struct({
  kind: Schema.Literals(["A", "B"]),
  createdAt: Schema.Literals([0, 1, 2]),
  updatedAt: Schema.Literals([0, 1, 2, 1.5])
}))

const head = Arbitrary.map(Arbitrary.all([keys, fields]), ([key, { createdAt, kind, updatedAt }]): StoredHead => ({
  _tag: "StoredHead",
  key,
  kind,
  schemaVersion: 1,
  version: Version(1),
  incarnation: "i",
  createdAt,
  updatedAt,
  summary: "{}",
  entryCount: 0
}))

const heads = Arbitrary.map(
  Arbitrary.array(head, { maxLength: 24 }),
  (many): ReadonlyArray<StoredHead> => [...new Map(many.map((each) => [keyText(each.key), each])).values()]
)

const order = Arbitrary.schema(Schema.Literals(["updatedAt", "createdAt", "id"]))
const kind = Arbitrary.schema(Schema.Union([Schema.Undefined, Schema.Literals(["A", "B", "C"])]))
const limit = Arbitrary.schema(
  Schema.Union([Schema.Undefined, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))])
)

const units = (text: string) => [...Array(text.length).keys()].map((index) => text.charCodeAt(index))

/** Sortable by plain comparison of numbers: the columns of a sort, names ended by -1 and lists of names by -2. */
const keyColumns = (
  key: SessionKey
) => [...key.namespace.flatMap((name) => [...units(name), -1]), -2, ...units(key.id), -1]

const columns = (each: StoredHead, order: ListOrder): ReadonlyArray<number> =>
  order === "id" ? [...units(each.key.id), -1, ...keyColumns(each.key)] : [-each[order], ...keyColumns(each.key)]

const compareColumns = (self: ReadonlyArray<number>, that: ReadonlyArray<number>): number => {
  const place = self.findIndex((value, index) => value !== that[index])
  return place === -1 ? 0 : self[place]! - (that[place] ?? -Infinity)
}

const isBelow = (key: SessionKey, namespace: ReadonlyArray<string>) =>
  JSON.stringify(key.namespace.slice(0, namespace.length)) === JSON.stringify(namespace)

/** What the words of `ListQuery` say, the slow way. */
const naive = (all: ReadonlyArray<StoredHead>, query: Omit<ListQuery, "after">) =>
  all
    .filter((each) => isBelow(each.key, query.namespace) && [undefined, each.kind].includes(query.kind))
    .toSorted((self, that) => compareColumns(columns(self, query.order), columns(that, query.order)))
    .slice(0, query.limit)

const shown = (listed: ReadonlyArray<StoredHead>) => listed.map((each) => keyText(each.key))

/** All pages of a query, each after the last head of the one before. */
const paged = (all: ReadonlyArray<StoredHead>, query: ListQuery): ReadonlyArray<StoredHead> => {
  const page = evaluateQuery(all, query)
  const last = page.at(-1)
  return last === undefined ? [] : [...page, ...paged(all, { ...query, after: positionOf(last, query.order) })]
}

describe("evaluateQuery", () => {
  it.prop(
    "selects and sorts as filtering and sorting one by one does",
    { heads, namespace: namespaces, order, kind, limit },
    ({ heads, ...query }) => {
      assert.deepStrictEqual(shown(evaluateQuery(heads, query)), shown(naive(heads, query)))
    },
    options
  )

  it.prop(
    "serves in pages exactly what it serves at once",
    { heads, order, limit: Arbitrary.schema(Schema.Literals([1, 2, 3, 7])) },
    ({ heads, limit, order }) => {
      const whole = evaluateQuery(heads, { namespace: [], order })
      assert.deepStrictEqual(shown(paged(heads, { namespace: [], order, limit })), shown(whole))
    },
    options
  )

  it.prop(
    "keeps its place when the head at the end of a page is gone",
    { heads, order, limit: Arbitrary.schema(Schema.Literals([1, 2, 3])) },
    ({ heads, limit, order }) => {
      const last = evaluateQuery(heads, { namespace: [], order, limit }).at(-1)
      if (last === undefined) return
      const others = heads.filter((each) => each !== last)
      const query: ListQuery = { namespace: [], order, after: positionOf(last, order) }
      assert.deepStrictEqual(shown(evaluateQuery(others, query)), shown(evaluateQuery(heads, query)))
    },
    options
  )

  it.prop("depends on the set of heads only, not on how they come", { heads, order }, ({ heads, order }) => {
    const query: ListQuery = { namespace: [], order }
    assert.deepStrictEqual(evaluateQuery(new Set(heads.toReversed()), query), evaluateQuery(heads, query))
  }, options)

  it("leaves the list that it is given as it was", () => {
    const given = Object.freeze([])
    assert.deepStrictEqual(evaluateQuery(given, { namespace: [], order: "id" }), [])
  })
})
