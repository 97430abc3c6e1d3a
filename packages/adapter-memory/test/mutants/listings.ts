/** Flaws in what a listing selects, in its order and in its pages. */
import { evaluateQuery, keyText, type Listed, type ListQuery, makeKey, type StoredHead } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import type { Adapter } from "../harness.ts"
import { type Flaw, type Mutant, mutant } from "./mutant.ts"

/** A mutant that evaluates queries in its own way, over all heads. */
const evaluating = (
  flaw: Flaw,
  evaluate: (heads: ReadonlyArray<StoredHead>, query: ListQuery) => ReadonlyArray<Listed>
): Mutant =>
  mutant(flaw, () => (adapter) => ({
    list: (query) =>
      Stream.unwrap(Effect.map(
        Effect.andThen(Stream.runDrain(adapter.list({ ...query, limit: 0 })), allHeads(adapter)),
        (heads) => Stream.fromIterable(evaluate(heads, query))
      ))
  }))

const allHeads = (adapter: Adapter) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace: [], order: "id" })),
    (rows) => rows.flatMap((row) => row._tag === "StoredHead" ? [row] : [])
  )

const indexOf = (heads: ReadonlyArray<StoredHead>, after: NonNullable<ListQuery["after"]>) =>
  heads.findIndex(({ key }) => keyText(key) === keyText(after.key))

const withoutPage = ({ kind, namespace, order }: ListQuery): ListQuery => ({ kind, namespace, order })

const limited = (heads: ReadonlyArray<StoredHead>, { limit }: ListQuery) =>
  limit === undefined ? heads : heads.slice(0, limit)

const codePoints = ({ key }: StoredHead): string =>
  Array.from(key.id, (character) => character.codePointAt(0)!.toString(16).padStart(6, "0")).join()

export const listingMutants: ReadonlyArray<Mutant> = [
  evaluating(
    { id: "listsFlat", flaw: "a namespace does not select what lies below it", breaks: ["list.namespace"] },
    (heads, query) => {
      const isHere = ({ key }: StoredHead) =>
        query.namespace.length === 0 || key.namespace.length === query.namespace.length
      return evaluateQuery(heads.filter(isHere), query)
    }
  ),
  evaluating(
    { id: "listsByPrefix", flaw: "a namespace selects all whose name begins like it", breaks: ["list.namespace"] },
    (heads, query) =>
      evaluateQuery(heads.filter(({ key }) => keyText(key).startsWith(query.namespace.join("/"))), {
        ...query,
        namespace: []
      })
  ),
  evaluating(
    { id: "dropsNamespace", flaw: "a listing of everything leaves out one namespace", breaks: ["list.namespace"] },
    (heads, query) => evaluateQuery(heads.filter(({ key }) => key.namespace[0] !== "b"), query)
  ),
  evaluating(
    { id: "ordersByCodePoint", flaw: "ids are ordered by code points", breaks: ["list.byId"] },
    (heads, query) => {
      const found = evaluateQuery(heads, query)
      return query.order === "id"
        ? found.toSorted((self, that) =>
          codePoints(self) < codePoints(that) ? -1 : codePoints(self) > codePoints(that) ? 1 : 0
        )
        : found
    }
  ),
  evaluating(
    { id: "ordersByLocale", flaw: "ids are ordered like words", breaks: ["list.byId"] },
    (heads, query) =>
      query.order === "id"
        ? evaluateQuery(heads, query).toSorted((self, that) => self.key.id.localeCompare(that.key.id, "en"))
        : evaluateQuery(heads, query)
  ),
  evaluating(
    { id: "oldestFirst", flaw: "the order by creation begins with the oldest", breaks: ["list.byCreation"] },
    (heads, query) =>
      query.order === "createdAt" ? evaluateQuery(heads, query).toReversed() : evaluateQuery(heads, query)
  ),
  evaluating(
    { id: "ordersByCreation", flaw: "the order by update is that by creation", breaks: ["list.byUpdate"] },
    (heads, query) => evaluateQuery(heads, query.order === "updatedAt" ? { ...query, order: "createdAt" } : query)
  ),
  evaluating(
    { id: "tiesById", flaw: "ties go by id before namespace", breaks: ["list.tiesByKey"] },
    (heads, query) => {
      const { order } = query
      if (order === "id") return evaluateQuery(heads, query)
      return evaluateQuery(heads, query).toSorted((self, that) =>
        that[order] - self[order] || (self.key.id < that.key.id ? -1 : self.key.id > that.key.id ? 1 : 0)
      )
    }
  ),
  evaluating(
    { id: "ignoresKindInLists", flaw: "a listing of one kind lists all", breaks: ["list.kind"] },
    (heads, query) => evaluateQuery(heads, { ...query, kind: undefined })
  ),
  mutant(
    {
      id: "listsLate",
      flaw: "a listing shows what the listing before it should have shown",
      breaks: ["list.followsWrites"]
    },
    () => {
      let known: ReadonlyArray<StoredHead> = []
      return (adapter) => ({
        list: (query) =>
          Stream.unwrap(Effect.map(allHeads(adapter), (heads) => {
            const shown = evaluateQuery(known, query)
            known = heads
            return Stream.fromIterable(shown)
          }))
      })
    }
  ),
  evaluating(
    { id: "oneTooMany", flaw: "a limit lets one more through", breaks: ["page.limit"] },
    (heads, query) => evaluateQuery(heads, { ...query, limit: query.limit === undefined ? undefined : query.limit + 1 })
  ),
  evaluating(
    {
      id: "repeatsLast",
      flaw: "a page begins with the head that the one before ended with",
      breaks: ["page.fitTogether"]
    },
    (heads, query) => {
      const all = evaluateQuery(heads, withoutPage(query))
      const start = query.after === undefined ? 0 : Math.max(0, indexOf(all, query.after))
      return limited(all.slice(start), query)
    }
  ),
  evaluating(
    {
      id: "skipsTies",
      flaw: "a page begins behind all heads of the same time or id",
      breaks: ["page.tiesFitTogether"]
    },
    (heads, query) => {
      const { after, order } = query
      const isBehind = (head: StoredHead) =>
        after === undefined || (order === "id" ? head.key.id > String(after.value) : head[order] < Number(after.value))
      return limited(evaluateQuery(heads, withoutPage(query)).filter(isBehind), query)
    }
  ),
  mutant(
    { id: "countsOffset", flaw: "a position is a number of rows", breaks: ["page.whileOthersSave"] },
    () => {
      let passed = 0
      return (adapter) => ({
        list: (query) =>
          Stream.unwrap(Effect.map(allHeads(adapter), (heads) => {
            passed = query.after === undefined ? 0 : passed
            const page = limited(evaluateQuery(heads, withoutPage(query)).slice(passed), query)
            passed += page.length
            return Stream.fromIterable(page)
          }))
      })
    }
  ),
  evaluating(
    { id: "losesPosition", flaw: "a position whose session is gone ends the listing", breaks: ["page.afterRemoved"] },
    (heads, query) => {
      const all = evaluateQuery(heads, withoutPage(query))
      if (query.after === undefined) return limited(all, query)
      const index = indexOf(all, query.after)
      return index < 0 ? [] : limited(all.slice(index + 1), query)
    }
  ),
  mutant(
    {
      id: "cannotRead",
      flaw: "a listing has an unreadable row for what it can read",
      breaks: ["list.followsWrites", "head.isLoads"]
    },
    () => (adapter) => ({
      list: (query) =>
        Stream.unwrap(
          Effect.map(Effect.flip(Effect.andThen(adapter.head(makeKey("")), Effect.never)), (error) =>
            Stream.map(adapter.list(query), (row): Listed =>
              row._tag === "StoredHead"
                ? { _tag: "Unreadable", key: Option.some(row.key), place: "memory", error }
                : row))
        )
    })
  ),
  mutant(
    {
      id: "listsBadNamespaces",
      flaw: "a namespace outside the limits is listed as empty",
      breaks: ["badKey.isNotListed"]
    },
    () => (adapter) => ({
      list: (query) =>
        Stream.catchIf(adapter.list(query), (error) => error.reason._tag === "InvalidKey", () => Stream.empty)
    })
  )
]
