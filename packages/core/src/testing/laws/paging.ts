/**
 * The laws of paging: a position is a value and a key, never a place in a backend, so pages fit together
 * while others write.
 * A session that is itself saved between two pages may move, so only the others are followed.
 */
import * as Effect from "effect/Effect"
import { type ListOrder, type ListPosition, type ListQuery, positionOf } from "../../model/ListQuery.ts"
import { makeKey } from "../../model/SessionKey.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"
import { equal, holds } from "../claims.ts"
import { put, remove } from "../operations.ts"
import { type Client, family } from "../Trial.ts"

const orders: ReadonlyArray<ListOrder> = ["updatedAt", "createdAt", "id"]

const originals = Array.from({ length: 9 }, (_, index) => makeKey(`s${index}`, [`n${index % 2}`]))

const createOriginals = (client: Client) =>
  Effect.forEach(originals, (key) => client.commit(put(key, 1)), { discard: true })

/** All pages of a query, with something that happens after each. */
const readPages = Effect.fnUntraced(function*<E, R>(
  client: Client,
  query: Partial<ListQuery> & { readonly order: ListOrder; readonly limit: number },
  between: (page: ReadonlyArray<StoredHead>, number: number) => Effect.Effect<unknown, E, R>
) {
  const pages: Array<ReadonlyArray<StoredHead>> = []
  let after: ListPosition | undefined
  // Writes between pages may add rows, but never so many that an honest cursor would not come to its end.
  while (pages.length < 20) {
    const page = yield* client.list({ ...query, after })
    yield* holds(() => page.length <= query.limit, "a page has no more heads than its limit")
    pages.push(page)
    if (page.length < query.limit) break
    after = positionOf(page.at(-1)!, query.order)
    yield* between(page, pages.length)
  }
  return pages.flat()
})

const originalIds = (heads: ReadonlyArray<StoredHead>) =>
  heads.map((head) => head.key.id).filter((id) => originals.some((key) => key.id === id)).toSorted()

export const pagingLaws = family("listing", [
  {
    id: "page.limit",
    title: "a limit cuts the listing after its first heads",
    run: function*(trial) {
      const client = yield* trial.open
      yield* createOriginals(client)
      for (const order of orders) {
        const whole = yield* client.list({ order })
        for (const limit of [0, 1, 4, 9, 100]) {
          yield* equal(yield* client.list({ order, limit }), whole.slice(0, limit), `the first ${limit} by ${order}`)
        }
      }
    }
  },
  {
    id: "page.fitTogether",
    title: "the pages of a listing are the listing, whatever their size",
    run: function*(trial) {
      const client = yield* trial.open
      yield* createOriginals(client)
      for (const order of orders) {
        for (const namespace of [[], ["n0"]]) {
          const whole = yield* client.list({ order, namespace })
          for (const limit of [1, 2]) {
            const pages = yield* readPages(client, { order, namespace, limit }, () => Effect.void)
            yield* equal(pages, whole, `the pages of ${limit} by ${order}`)
          }
        }
      }
    }
  },
  {
    id: "page.tiesFitTogether",
    title: "pages fit together where many sessions have one time or one id",
    clock: "standing",
    run: function*(trial) {
      const client = yield* trial.open
      const keys = ["a", "b", "c"].flatMap((name) => [makeKey("same", [name]), makeKey("other", [name])])
      yield* Effect.forEach(keys, (key) => client.commit(put(key, 1)), { discard: true })
      for (const order of orders) {
        const pages = yield* readPages(client, { order, limit: 2 }, () => Effect.void)
        yield* equal(pages, yield* client.list({ order }), `the pages by ${order}`)
      }
    }
  },
  {
    id: "page.whileOthersSave",
    title: "saves between two pages make the listing neither miss nor repeat the other sessions",
    run: function*(trial) {
      const client = yield* trial.open
      yield* createOriginals(client)
      for (const order of orders) {
        const pages = yield* readPages(client, { order, limit: 2 }, (page, number) =>
          Effect.andThen(
            client.commit(put(makeKey(`new-${order}-${number}`, ["n0"]), 1)),
            client.commit(put(page[0]!.key, 2))
          ))
        yield* equal(originalIds(pages), originals.map((key) => key.id), `the sessions that were there, by ${order}`)
      }
    }
  },
  {
    id: "page.afterRemoved",
    title: "a page goes on behind a session that was removed since",
    run: function*(trial) {
      const client = yield* trial.open
      for (const order of orders) {
        yield* createOriginals(client)
        const pages = yield* readPages(client, { order, limit: 2 }, (page) => client.commit(remove(page.at(-1)!.key)))
        yield* equal(originalIds(pages), originals.map((key) => key.id), `the sessions that were there, by ${order}`)
      }
    }
  }
])
