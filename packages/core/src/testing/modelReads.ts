/**
 * The reading half of the reference model: what a load, a list of entries and a listing must show.
 *
 * Selection and order are written out here a second time, so that a mistake in the port's own
 * `evaluateQuery` and `selectRange` shows.
 */
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { ListQuery } from "../model/ListQuery.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { EntryRange, StoredEntry, StoredHead, StoredSession } from "../model/StoredRecord.ts"
import { type Judgement, type Life, type Model, type Place, placeOf, withPlace } from "./model.ts"

const headOf = (place: Place, life: Life) => ({
  _tag: "StoredHead",
  key: { namespace: [...place.key.namespace], id: place.key.id },
  kind: life.kind,
  schemaVersion: life.schemaVersion,
  version: life.version,
  incarnation: life.incarnation,
  createdAt: life.createdAt,
  updatedAt: life.updatedAt,
  summary: life.summary,
  entryCount: life.entries.length
})

const text = (value: unknown): string => JSON.stringify(value)

/** Judges one head and takes over its incarnation when it is seen for the first time. */
const judgeHead = (model: Model, place: Place, head: StoredHead): Judgement => {
  if (place.life === undefined) return Result.fail(`${text(place.key)} is there, expected none`)
  const life = { ...place.life, incarnation: place.life.incarnation ?? head.incarnation }
  const expected = headOf(place, life)
  if (!Equal.equals(head, expected)) return Result.fail(`expected the head ${text(expected)}, found ${text(head)}`)
  const owner = `${text(place.key)} since ${life.createdAt}`
  if (place.life.incarnation !== undefined) return Result.succeed(model)
  if (model.incarnations.has(head.incarnation)) {
    return Result.fail(`the incarnation of ${owner} is that of ${model.incarnations.get(head.incarnation)}`)
  }
  const incarnations = new Map([...model.incarnations, [head.incarnation, owner]])
  return Result.succeed({ ...withPlace(model, { ...place, life }), incarnations })
}

/** Judges what was loaded. */
export const judgeLoad = (model: Model, key: SessionKey, session: Option.Option<StoredSession>): Judgement => {
  const place = placeOf(model, key)
  if (Option.isNone(session)) {
    return place.life === undefined
      ? Result.succeed(model)
      : Result.fail(`${text(key)} is none, expected version ${place.life.version}`)
  }
  const { body, head } = session.value
  if (place.life !== undefined && body !== place.life.body) {
    return Result.fail(`the body of ${text(key)} is ${body}, expected ${place.life.body}`)
  }
  return judgeHead(model, place, head)
}

const inRange = ({ from, last, to }: EntryRange, count: number): ReadonlyArray<number> => {
  const indices = Array.from({ length: count }, (_, index) => index)
    .filter((index) => (from === undefined || index >= from) && (to === undefined || index < to))
  return last === undefined ? indices : indices.slice(Math.max(0, indices.length - last))
}

/** Judges the entries of a range. */
export const judgeEntries = (
  model: Model,
  key: SessionKey,
  seen: { readonly range: EntryRange; readonly rows: ReadonlyArray<StoredEntry> }
): Judgement => {
  const entries = placeOf(model, key).life?.entries ?? []
  const expected = inRange(seen.range, entries.length).map((index) => {
    const { at, schemaVersion, text, version } = entries[index]!
    return { _tag: "StoredEntry", index, at, version, schemaVersion, entry: text }
  })
  return Equal.equals(seen.rows, expected)
    ? Result.succeed(model)
    : Result.fail(`the entries ${text(seen.range)} of ${text(key)} are ${text(seen.rows)}, expected ${text(expected)}`)
}

const byCodeUnits = (self: string, that: string): number => self === that ? 0 : self < that ? -1 : 1

const byKey = (self: SessionKey, that: SessionKey): number => {
  const depth = Math.min(self.namespace.length, that.namespace.length)
  for (let index = 0; index < depth; index++) {
    const order = byCodeUnits(self.namespace[index]!, that.namespace[index]!)
    if (order !== 0) return order
  }
  return self.namespace.length - that.namespace.length || byCodeUnits(self.id, that.id)
}

const isBelow = (key: SessionKey, namespace: ReadonlyArray<string>): boolean =>
  text(key.namespace.slice(0, namespace.length)) === text(namespace)

/** Judges a whole listing of a namespace. */
export const judgeListing = (
  model: Model,
  query: Pick<ListQuery, "namespace" | "order" | "kind">,
  heads: ReadonlyArray<StoredHead>
): Judgement => {
  const { kind, namespace, order } = query
  const selected = [...model.places.values()].flatMap((place) =>
    place.life !== undefined && isBelow(place.key, namespace) && (kind === undefined || kind === place.life.kind)
      ? [{ key: place.key, life: place.life }]
      : []
  )
  const sorted = selected.toSorted((self, that) =>
    (order === "id" ? byCodeUnits(self.key.id, that.key.id) : that.life[order] - self.life[order]) ||
    byKey(self.key, that.key)
  )
  const expected = sorted.map(({ key }) => text(key))
  const found = heads.map(({ key }) => text({ namespace: key.namespace, id: key.id }))
  if (!Equal.equals(found, expected)) {
    return Result.fail(`the listing ${text(query)} shows ${found.join(" ")}, expected ${expected.join(" ")}`)
  }
  return heads.reduce<Judgement>(
    (before, head) => Result.flatMap(before, (next) => judgeHead(next, placeOf(next, head.key), head)),
    Result.succeed(model)
  )
}
