/**
 * Queries: which heads a listing shows, and in which order.
 *
 * Evaluation is a pure function that every adapter uses or pushes down with the same meaning. A
 * position in a listing is (order value, key), never a place in a backend, so a page neither misses
 * nor repeats a session because another one was saved in between.
 */
import * as Order from "effect/Order"
import { codeUnits, isWithin, keyOrder, type SessionKey } from "./SessionKey.ts"
import type { StoredHead } from "./StoredRecord.ts"

/** `updatedAt` and `createdAt` list the newest first, `id` goes by code units; ties go by key. */
export type ListOrder = "updatedAt" | "createdAt" | "id"

/** Where a page ended: the order's value there, and the key. */
export interface ListPosition {
  readonly value: number | string
  readonly key: SessionKey
}

/** What to list. A namespace selects itself and what lies below it; the empty one selects all. */
export interface ListQuery {
  readonly namespace: ReadonlyArray<string>
  readonly order: ListOrder
  /** Only sessions of this kind; all kinds when absent. */
  readonly kind?: string | undefined
  /** Only what comes after this position. */
  readonly after?: ListPosition | undefined
  /** At most so many heads; rows that could not be read are not counted. */
  readonly limit?: number | undefined
}

/** The value by which `order` sorts a head. */
export const orderValue = (head: StoredHead, order: ListOrder): number | string =>
  order === "id" ? head.key.id : head[order]

const valueOrder = (order: ListOrder): Order.Order<number | string> =>
  order === "id"
    ? (self, that) => codeUnits(String(self), String(that))
    : (self, that) => Order.Number(Number(that), Number(self))

/** The position of a head in a listing of this order. */
export const positionOf = (head: StoredHead, order: ListOrder): ListPosition => ({
  value: orderValue(head, order),
  key: head.key
})

/** The heads that a query selects, in its order. */
export const evaluateQuery = (heads: Iterable<StoredHead>, query: ListQuery): ReadonlyArray<StoredHead> => {
  const { after, order } = query
  const byValue = valueOrder(order)
  const isAfter = (head: StoredHead, { key, value }: ListPosition): boolean =>
    (byValue(orderValue(head, order), value) || keyOrder(head.key, key)) > 0
  const selected = Array.from(heads).filter((head) =>
    isWithin(head.key.namespace, query.namespace)
    && (query.kind === undefined || head.kind === query.kind)
    && (after === undefined || isAfter(head, after))
  )
  // Keys are compared only where values are equal, which saves most of the time of a sort.
  const sorted = selected.toSorted((self, that) =>
    byValue(orderValue(self, order), orderValue(that, order)) || keyOrder(self.key, that.key)
  )
  return query.limit === undefined ? sorted : sorted.slice(0, query.limit)
}
