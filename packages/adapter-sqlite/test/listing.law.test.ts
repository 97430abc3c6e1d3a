import { assert, describe, it } from "@effect/vitest"
import { evaluateQuery, keyText, type ListPosition, type ListQuery, positionOf, type StoredHead } from "@holdfast/core"
import { append, put, remove } from "@holdfast/core/testing"
import { Arbitrary, Effect, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { keys, namespaces } from "./names.ts"
import { type Adapter, open } from "./stores.ts"
import { changeOf, place } from "./verbs.ts"

const options = { arbitrary: { runs: 20, size: 1000 } }

// Few times and kinds, so that most pairs of sessions tie in one of them.
const life = Arbitrary.schema(Schema.Struct({
  kind: Schema.Literals(["A", "B"]),
  createdAt: Schema.Literals([1, 2, 3]),
  updatedAt: Schema.Literals([3, 4]),
  end: Schema.Literals(["none", "appended", "removed"])
}))

const population = Arbitrary.map(
  Arbitrary.array(Arbitrary.all({ key: keys, life }), { minLength: 1, maxLength: 24 }),
  (all) => [...new Map(all.map((each) => [keyText(each.key), each])).values()]
)

const limits = [undefined, 0, 1, 2, 3, 7, 1.5, 2.9, 1e300, Infinity, Number.MAX_SAFE_INTEGER]

// A position is that of a session which is there, of one beside it, or none.
const asked = Arbitrary.all({
  namespace: namespaces,
  depth: Arbitrary.schema(Schema.Literals([0, 1, 2])),
  order: Arbitrary.schema(Schema.Literals(["updatedAt", "createdAt", "id"])),
  kind: Arbitrary.schema(Schema.Union([Schema.Undefined, Schema.Literals(["A", "B", "C"])])),
  limitAt: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: limits.length - 1 }))),
  after: Arbitrary.schema(Schema.Literals(["none", "session", "beside"])),
  stranger: keys,
  chosen: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 23 })))
})

type Generated<A> = A extends Arbitrary.Arbitrary<infer T> ? T : never
type Population = Generated<typeof population>
type Asked = Generated<typeof asked>

/** Lives the lives of a population, each at its times. */
const populate = Effect.fnUntraced(function*(adapter: Adapter, lives: Population) {
  for (const { key, life: { createdAt, end, kind, updatedAt } } of lives) {
    yield* TestClock.setTime(createdAt)
    yield* adapter.commit(changeOf(put(key, "first", { kind })))
    yield* TestClock.setTime(updatedAt)
    if (end === "appended") yield* adapter.commit(changeOf(append(key, ["more"], { kind })))
    if (end === "removed") yield* adapter.commit(changeOf(remove(key)))
  }
  const heads = yield* Effect.forEach(lives, ({ key }) => adapter.head(key))
  return heads.flatMap(Option.toArray)
})

const positionIn = (heads: ReadonlyArray<StoredHead>, { after, chosen, order, stranger }: Asked) => {
  const head = heads[chosen % heads.length]
  if (after === "none" || head === undefined) return undefined
  return positionOf(after === "session" ? head : { ...head, key: stranger }, order)
}

/** A query whose namespace is often that of a session, or above it. */
const queryOf = (heads: ReadonlyArray<StoredHead>, given: Asked): ListQuery => {
  const { chosen, depth, kind, limitAt, namespace, order } = given
  const near = heads[(chosen + 1) % heads.length]?.key.namespace.slice(0, depth) ?? []
  const after: ListPosition | undefined = positionIn(heads, given)
  return { namespace: depth === 2 ? namespace : near, order, kind, limit: limits[limitAt], after }
}

const shown = (rows: ReadonlyArray<StoredHead>) => rows.map(({ key, updatedAt }) => `${updatedAt} ${keyText(key)}`)

describe("a listing", () => {
  it.effect.prop(
    "is what evaluateQuery makes of all heads",
    { population, queries: Arbitrary.array(asked, { minLength: 40, maxLength: 40 }) },
    ({ population, queries }) =>
      Effect.gen(function*() {
        const adapter = yield* open({ filename: (yield* place).filename })
        const heads = yield* populate(adapter, population)
        for (const query of queries.map((given) => queryOf(heads, given))) {
          const rows = yield* Stream.runCollect(adapter.list(query))
          const listed = rows.flatMap((row) => row._tag === "StoredHead" ? [row] : [])
          assert.deepStrictEqual(shown(listed), shown(evaluateQuery(heads, query)), JSON.stringify(query))
          assert.deepStrictEqual(listed, evaluateQuery(heads, query))
        }
      }),
    options
  )
})
