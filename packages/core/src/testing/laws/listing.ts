/**
 * The laws of listing: what a query selects, in which order.
 *
 * Every session that was acknowledged is listed, none twice, and none that was removed. Pages have a file of
 * their own.
 */
import * as Effect from "effect/Effect"
import type { ListOrder } from "../../model/ListQuery.ts"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import { equal } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family } from "../Trial.ts"

const places: ReadonlyArray<SessionKey> = [
  makeKey("root"),
  makeKey("a"),
  makeKey("1", ["a"]),
  makeKey("2", ["a", "b"]),
  makeKey("3", ["ab"]),
  makeKey("4", ["A"]),
  makeKey("5", ["a", "bc"]),
  makeKey("6", ["b", "a"]),
  makeKey("7", ["a", "b", "c"]),
  makeKey("8", ["a.b"]),
  makeKey("9", ["%"])
]

/** A namespace, and the ids of the places that it selects. */
const selections: ReadonlyArray<readonly [namespace: ReadonlyArray<string>, ids: ReadonlyArray<string>]> = [
  [[], ["1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "root"]],
  [["a"], ["1", "2", "5", "7"]],
  [["a", "b"], ["2", "7"]],
  [["a", "b", "c"], ["7"]],
  [["ab"], ["3"]],
  [["A"], ["4"]],
  [["b"], ["6"]],
  [["a.b"], ["8"]],
  [["%"], ["9"]],
  [["missing"], []],
  [["a", "missing"], []],
  [["root"], []]
]

/** Keys in their order: namespaces name by name, then ids, both by code units. */
const inKeyOrder: ReadonlyArray<SessionKey> = [
  makeKey("z"),
  makeKey("x", ["B"]),
  makeKey("A", ["a"]),
  makeKey("a", ["a"]),
  makeKey("b", ["a"]),
  makeKey("a", ["a", "a"]),
  makeKey("a", ["a-b"]),
  makeKey("a", ["\u00e9"]),
  makeKey("a", ["\u{1F600}"]),
  makeKey("a", ["\uff5e"])
]

const createAll = (client: Client, keys: ReadonlyArray<SessionKey>) =>
  Effect.forEach(keys, (key) => client.commit(put(key, 1)))

/** Claims that sessions are listed by the times that the receipts of their writes told. */
const isInTimeOrder = Effect.fnUntraced(function*(client: Client, order: Exclude<ListOrder, "id">) {
  const ids = ["c", "a", "d", "b", "e"]
  const created = yield* createAll(client, ids.map((id) => makeKey(id)))
  const written = [yield* client.commit(put(makeKey("d"), 2)), yield* client.commit(append(makeKey("c"), [1]))]
  const times = new Map([...created, ...written].map((row) => [row.key.id, row[order]]))
  const expected = ids.toSorted().toSorted((self, that) => times.get(that)! - times.get(self)!)
  yield* equal((yield* client.list({ order })).map((head) => head.key.id), expected, `the ids by ${order}`)
})

export const listingLaws = family("listing", [
  {
    id: "list.namespace",
    title: "a namespace selects itself and what lies below it, and no namespace whose name begins like its own",
    run: function*(trial) {
      const client = yield* trial.open
      yield* createAll(client, places)
      for (const [namespace, ids] of selections) {
        const heads = yield* client.list({ namespace })
        yield* equal(heads.map((head) => head.key.id), ids, `the ids that ${json(namespace)} selects`)
      }
    }
  },
  {
    id: "list.byId",
    title: "the order by id goes by code units, whatever the namespace",
    run: function*(trial) {
      const client = yield* trial.open
      const ids = ["-", "0", "10", "9", "A", "Z", "_", "a", "b", "z", "\u00e9", "\u{1F600}", "\uff5e"]
      yield* createAll(client, ids.toReversed().map((id, index) => makeKey(id, [`n${index % 3}`])))
      const heads = yield* client.list({ order: "id" })
      yield* equal(heads.map((head) => head.key.id), ids, "the ids in their order")
    }
  },
  {
    id: "list.byCreation",
    title: "the order by creation lists the newest session first, whenever it was written last",
    run: function*(trial) {
      yield* isInTimeOrder(yield* trial.open, "createdAt")
    }
  },
  {
    id: "list.byUpdate",
    title: "the order by update lists the session that was written last first, appends counted",
    run: function*(trial) {
      yield* isInTimeOrder(yield* trial.open, "updatedAt")
    }
  },
  {
    id: "list.tiesByKey",
    title: "what an order leaves undecided goes by namespace, then by id",
    clock: "standing",
    run: function*(trial) {
      const client = yield* trial.open
      yield* createAll(client, inKeyOrder.toReversed())
      for (const order of ["updatedAt", "createdAt"] as const) {
        const heads = yield* client.list({ order })
        const areTied = heads.every((head) => head[order] === heads[0]?.[order])
        if (areTied) yield* equal(heads.map((head) => head.key), inKeyOrder, `the keys by ${order}`)
      }
      yield* createAll(client, ["c", "a", "b"].map((name) => makeKey("same", [name])))
      const same = (yield* client.list({ order: "id" })).filter((head) => head.key.id === "same")
      yield* equal(same.map((head) => head.key.namespace), [["a"], ["b"], ["c"]], "the namespaces of one id")
    }
  },
  {
    id: "list.kind",
    title: "a listing of one kind leaves out the others, and a listing of no kind none",
    run: function*(trial) {
      const client = yield* trial.open
      const kinds = { a: "note", b: "draft", c: "note", d: "Note" }
      for (const [id, kind] of Object.entries(kinds)) yield* client.commit(put(makeKey(id), 1, { kind }))
      const idsOf = (kind?: string) => Effect.map(client.list({ kind }), (heads) => heads.map((head) => head.key.id))
      yield* equal(yield* idsOf("note"), ["a", "c"], "the ids of kind note")
      yield* equal(yield* idsOf("draft"), ["b"], "the ids of kind draft")
      yield* equal(yield* idsOf("other"), [], "the ids of a kind that nothing has")
      yield* equal(yield* idsOf(), ["a", "b", "c", "d"], "the ids of all kinds")
    }
  },
  {
    id: "list.followsWrites",
    title: "a listing shows what was acknowledged before it, and nothing that was removed",
    run: function*(trial) {
      const client = yield* trial.open
      yield* equal(yield* client.list(), [], "the listing of an empty store")
      const keys = ["a", "b", "c", "d"].map((id) => makeKey(id, ["n"]))
      for (const key of keys) {
        yield* client.commit(put(key, 1))
        yield* equal((yield* client.list()).at(-1), (yield* client.read(key)).head, "the head that was created last")
      }
      for (const key of keys) {
        yield* client.commit(put(key, 2, { summary: json({ n: 2 }) }), append(key, [1]))
        const listed = (yield* client.list()).find((head) => head.key.id === key.id)
        yield* equal(listed, (yield* client.read(key)).head, "the head that was written last")
      }
      yield* client.commit(remove(keys[1]!))
      yield* client.commit(remove(keys[2]!))
      yield* client.commit(put(keys[2]!, 3))
      yield* equal((yield* client.list()).map((head) => head.key.id), ["a", "c", "d"], "the ids after the removals")
    }
  }
])
