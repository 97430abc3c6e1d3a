/**
 * What a switch leaves behind because it cannot be read, where its user says that it may: found before, and told after.
 *
 * The store that serves is read to its last entry, and every session of which something cannot be read is hidden from
 * the switch, in both stores: in the one it stays as it is, and a copy of it that the other one holds already stays too.
 * What becomes unreadable after that makes the switch fail, as without the flag.
 */
import { keyText, type Listed, readWhole, StorageAdapter, type StorageError, type Unreadable } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { makeProgress } from "../output/progress.ts"
import { listAll, listRows } from "../stores/heads.ts"
import { openStore } from "../stores/open.ts"
import { storeOf } from "../stores/storeName.ts"
import type { Backend } from "./backends.ts"
import { statusOf } from "./status.ts"

type Adapter = StorageAdapter["Service"]

/** Something that stays in the store that served. */
export interface Left {
  readonly key: Option.Option<string>
  readonly place: string
  readonly why: string
}

/** What is left, and which rows of listings a switch does not get to see. */
export interface Leaving {
  readonly left: ReadonlyArray<Left>
  readonly keys: ReadonlySet<string>
  readonly places: ReadonlySet<string>
}

/** Nothing is left behind: what cannot be read makes the switch fail. */
export const leavingNothing: Leaving = { left: [], keys: new Set(), places: new Set() }

const leftOf = ({ error, key, place }: Unreadable): Left => ({
  key: Option.map(key, keyText),
  place,
  why: error.reason.message
})

/** Reads every session of a store, and gives what cannot be read. */
const unreadableIn = Effect.fnUntraced(function*(adapter: Adapter) {
  const { count, rows } = yield* listAll(adapter, { namespace: [] })
  const progress = yield* makeProgress("reading sessions", count)
  const left: Array<Left> = []
  yield* Stream.runForEach(rows, (row) => {
    if (row._tag === "Unreadable") return Effect.sync(() => void left.push(leftOf(row)))
    const failed = ({ reason }: StorageError) => {
      left.push({ key: Option.some(keyText(row.key)), place: adapter.location, why: reason.message })
    }
    return readWhole(adapter, row.key).pipe(
      Effect.match({ onSuccess: () => undefined, onFailure: failed }),
      Effect.andThen(progress(1))
    )
  })
  return left
}, Effect.scoped)

/** Places in a store to which a listing does not come. */
const placesIn = (adapter: Adapter) =>
  listRows(adapter, { namespace: [] }).pipe(
    Stream.filter((row) => row._tag === "Unreadable"),
    Stream.map(({ place }) => place),
    Stream.runCollect
  )

const look = <A, E, R>({ store }: Backend, use: (adapter: Adapter) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(
    Effect.flatMap(storeOf(store), (url) => openStore(url, { _tag: "Look" })),
    use
  ))

/** Finds what a switch would have to leave in the store that serves. */
export const findLeaving = Effect.fnUntraced(function*(backends: ReadonlyArray<Backend>, to: string) {
  const { backends: told, serving } = yield* statusOf(backends)
  const source = told.find(({ name }) => Option.contains(serving, name))
  const target = told.find(({ isMissing, name }) => name === to && !isMissing)
  if (source === undefined || source.name === to) return leavingNothing
  const left = yield* look(source, unreadableIn)
  const places = target === undefined ? [] : yield* look(target, placesIn)
  return {
    left,
    keys: new Set(left.flatMap(({ key }) => Option.toArray(key))),
    places: new Set([...left.map(({ place }) => place), ...places])
  } satisfies Leaving
})

/** A store whose listings lack what is left behind. */
export const leaving = <E, R>(
  layer: Layer.Layer<StorageAdapter, E, R>,
  { keys, left, places }: Leaving
): Layer.Layer<StorageAdapter, E, R> => {
  if (left.length === 0 && places.size === 0) return layer
  const isSeen = (row: Listed): boolean =>
    row._tag === "StoredHead" ? !keys.has(keyText(row.key)) : !places.has(row.place)
  const hide = (adapter: Adapter): Adapter => ({
    ...adapter,
    list: (query) => Stream.filter(adapter.list(query), isSeen)
  })
  return Layer.provide(Layer.effect(StorageAdapter, Effect.map(StorageAdapter, hide)), layer)
}
