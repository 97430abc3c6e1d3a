/**
 * The laws of following a store: whoever applies the changes that are reported, and lists again where some
 * were missed, has the store's picture, however much is written and however slowly it reads.
 * Both laws write first and read afterwards, so what was written waits for the subscriber.
 */
import * as Effect from "effect/Effect"
import type { Capability } from "../../model/Capability.ts"
import type { Change } from "../../model/Change.ts"
import { keyText, makeKey } from "../../model/SessionKey.ts"
import type { Operation } from "../../port/StorageChange.ts"
import { equal } from "../claims.ts"
import { append, put, remove } from "../operations.ts"
import { type Client, family, type Trial } from "../Trial.ts"
import { tells, tellsMissed, watch } from "../watching.ts"

/** Whether writes are reported at all: those of one process, or those of more. */
export const watches = ({ watch }: Capability): boolean => watch !== "none"

const keys = ["a", "b", "c", "d"].map((id) => makeKey(id, ["account"]))

/** The versions in the store, by key. */
const pictureOf = (client: Client) =>
  Effect.map(client.list(), (heads) => Object.fromEntries(heads.map(({ key, version }) => [keyText(key), version])))

/** The versions that a subscriber knows of who had `before` and lists again where something was missed. */
const followed = Effect.fnUntraced(function*(
  client: Client,
  seen: ReadonlyArray<Change>,
  before: Readonly<Record<string, number>>
) {
  const missedLast = seen.findLastIndex(({ _tag }) => _tag === "Missed")
  const picture: Record<string, number> = missedLast === -1 ? { ...before } : { ...yield* pictureOf(client) }
  for (const change of seen.slice(missedLast + 1)) {
    if (change._tag === "Changed") picture[keyText(change.key)] = change.version
    if (change._tag === "Removed") delete picture[keyText(change.key)]
  }
  return picture
})

const tellsAll = (newest: ReadonlyMap<string, number>) => (seen: ReadonlyArray<Change>): boolean => {
  const told = new Map(seen.map((change) => change._tag === "Missed" ? ["", 0] : [keyText(change.key), change.version]))
  return [...newest].every(([name, version]) => told.get(name) === version)
}

type Write = ReadonlyArray<Operation>

/** Writes everything, then reads until every key's last version was reported or something was missed. */
const writeThenFollow = Effect.fnUntraced(function*(trial: Trial, lanes: ReadonlyArray<ReadonlyArray<Write>>) {
  const client = yield* trial.open
  for (const key of keys) yield* client.commit(put(key, 0))
  const before = yield* pictureOf(client)
  const watching = yield* watch(client.adapter)
  const receipts = yield* Effect.forEach(
    lanes,
    (lane) => Effect.forEach(lane, (operations) => client.adapter.commit(trial.change(...operations))),
    { concurrency: "unbounded" }
  )
  const rows = receipts.flat().flatMap((receipt) => receipt.keys)
  const newest = new Map(rows.map((row) => [keyText(row.key), row.version]))
  yield* watching.until((seen) => tellsMissed(seen) || tellsAll(newest)(seen), "every write is reported, or missed")
  const readCount = watching.seen.length
  const last = yield* client.commit(put(keys[0]!, "last"))
  yield* watching.until(
    (seen) => tells(keys[0]!, last.version)(seen) || tellsMissed(seen.slice(readCount)),
    "a write after the others is reported, or missed"
  )
  yield* equal(yield* followed(client, watching.seen, before), yield* pictureOf(client), "the picture of the store")
  const versions = new Set([...rows.map(({ version }) => version), last.version])
  const unknown = watching.seen.filter((change) => change._tag !== "Missed" && !versions.has(change.version))
  yield* equal(unknown, [], "reported versions that no write has")
})

/** A lane of writes of one key. */
const laneOf = (key: typeof keys[number]): ReadonlyArray<Write> => [
  [put(key, 1)],
  [append(key, ["a"])],
  [put(key, 2), append(key, ["b"])],
  [remove(key)],
  [put(key, 3)],
  [append(key, ["c"])],
  ...(key.id === "d" ? [[remove(key)]] : [])
]

// More than any adapter keeps for a subscriber who does not read.
const behindCount = 1100

const batchSize = 100

/** Writes of more sessions than are kept for a subscriber, in few changes where one may name several. */
const manyWrites = ({ atomicity }: Capability): ReadonlyArray<ReadonlyArray<Write>> => {
  const perLane = Array.from({ length: behindCount / keys.length }, (_, index) => index)
  if (atomicity === "oneKey") return keys.map((key) => perLane.map((index) => [append(key, [index])]))
  const names = Array.from({ length: behindCount / batchSize }, (_, batch) => `${batch}`)
  return [names.map((batch) => Array.from({ length: batchSize }, (_, index) => put(makeKey(`${index}`, [batch]), 1)))]
}

export const changeDeliveryLaws = family("changes", [
  {
    id: "changes.areFollowed",
    title: "who applies every change that is reported has the picture of the store",
    needs: watches,
    run: function*(trial) {
      yield* writeThenFollow(trial, keys.map(laneOf))
    }
  },
  {
    id: "changes.sayMissed",
    title: "a subscriber who falls a thousand writes behind is told so, or of each of them, and can catch up",
    needs: watches,
    run: function*(trial) {
      const { adapter } = yield* trial.open
      yield* writeThenFollow(trial, manyWrites(adapter.capability))
    }
  }
])
