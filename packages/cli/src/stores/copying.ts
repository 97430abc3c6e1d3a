/**
 * Every session of one store into another, and what came of each.
 *
 * The source is only read. A session that cannot be read does not keep the others from being copied; it is told with
 * what the target kept as it was. A copy that stopped is ended by doing it again.
 */
import {
  codeUnits,
  keyText,
  type Listed,
  readWhole,
  type SessionKey,
  type StorageAdapter,
  type StorageError,
  type Unreadable
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliFailure, tell } from "../output/CliFailure.ts"
import { makeProgress } from "../output/progress.ts"
import { counted } from "../output/text.ts"
import { listAll } from "./heads.ts"
import { mapKey, type Rule } from "./mapping.ts"
import { saysTheSame, type Transferred, writeSession } from "./transfer.ts"

/** The keys of one session in the source and in the target. */
interface Pair {
  readonly from: SessionKey
  readonly to: SessionKey
}

type Adapter = StorageAdapter["Service"]

/** What came of one session. */
export interface Row {
  readonly from: string
  readonly to: string
  readonly result: Transferred | "unreadable"
  readonly why?: string
}

/** What a copy came to. Sessions that were copied are counted, the others named. */
export interface Copied {
  readonly from: string
  readonly to: string
  readonly count: { readonly [result in Row["result"]]: number }
  /** Sessions that are not in the target as the source has them. */
  readonly left: ReadonlyArray<Row>
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Sessions that were compared once more at the end and differ; none where nobody asked for it. */
  readonly differing: Option.Option<ReadonlyArray<string>>
}

const isLeft = ({ result }: Row): boolean =>
  result === "different" || result === "newer" || result === "removed" || result === "unreadable"

const copyOne = Effect.fnUntraced(function*(source: Adapter, target: Adapter, at: Pair) {
  const found = yield* Effect.result(readWhole(source, at.from))
  const names = { from: keyText(at.from), to: keyText(at.to) }
  // One session that cannot be read does not keep the others from being copied: it is told at the end.
  if (found._tag === "Failure") {
    return { ...names, result: "unreadable", why: found.failure.reason.message } satisfies Row
  }
  if (Option.isNone(found.success)) return { ...names, result: "gone" } satisfies Row
  return { ...names, result: yield* writeSession(target, { source: found.success.value, key: at.to }) } satisfies Row
})

/** What stops a copy, with what was copied until then. */
const stopped = (error: StorageError | CliFailure, written: number): CliFailure => {
  const { advice, changed, code, what } = tell(error)
  return new CliFailure({
    code,
    what,
    changed: changed === "nothing" && written === 0
      ? undefined
      : `${counted(written, "session was", "sessions were")} copied, each whole`,
    advice: `${advice} The same command goes on where this one stopped.`
  })
}

// The disk is what a copy waits for: a few sessions at once keep it busy.
const copiersMax = 4

interface Options {
  readonly map: ReadonlyArray<Rule>
  readonly verify: boolean
}

const nothingCounted = {
  copied: 0,
  updated: 0,
  same: 0,
  newer: 0,
  different: 0,
  removed: 0,
  gone: 0,
  unreadable: 0
}

/** Copies what is listed, while it is listed. */
const copyListed = Effect.fnUntraced(function*(source: Adapter, target: Adapter, map: Options["map"]) {
  const count: { -readonly [result in Row["result"]]: number } = { ...nothingCounted }
  const left: Array<Row> = []
  const unreadable: Array<Unreadable> = []
  const listing = yield* listAll(source, { namespace: [] })
  const progress = yield* makeProgress("copying sessions", listing.count)
  let failure = Option.none<StorageError | CliFailure>()
  const take = (row: Row) => {
    count[row.result] += 1
    if (isLeft(row)) left.push(row)
    return progress(1)
  }
  const copyNext = (row: Listed) => {
    if (row._tag === "Unreadable") return Effect.sync(() => void unreadable.push(row))
    const pair = { from: row.key, to: mapKey(map, row.key) }
    return copyOne(source, target, pair).pipe(
      Effect.flatMap(take),
      Effect.catch((error) =>
        Effect.sync(() => {
          failure = Option.orElse(failure, () => Option.some(error))
        })
      )
    )
  }
  // After a failure nothing is begun, and what has begun comes to its end: so the count of what was copied is true.
  yield* listing.rows.pipe(
    Stream.takeWhile(() => Option.isNone(failure)),
    Stream.mapEffect(copyNext, { concurrency: copiersMax }),
    Stream.runDrain,
    Effect.mapError((error) => stopped(error, count.copied + count.updated))
  )
  if (Option.isSome(failure)) return yield* stopped(failure.value, count.copied + count.updated)
  // Sessions come to their end in any order; the same copy tells them in the same one.
  return { count, left: left.toSorted((self, that) => codeUnits(self.from, that.from)), unreadable }
}, Effect.scoped)

/** Copies every session that can be read. */
export const copyAll = Effect.fnUntraced(function*(source: Adapter, target: Adapter, { map, verify }: Options) {
  const copied = yield* copyListed(source, target, map)
  const differing = verify ? Option.some(yield* verifyListed(source, target, map)) : Option.none()
  return { from: source.location, to: target.location, ...copied, differing } satisfies Copied
})

/** Whether a session reads in the target as in the source; one that cannot be read was told by the copy. */
const differs = Effect.fnUntraced(function*(source: Adapter, target: Adapter, at: Pair) {
  const own = yield* Effect.option(readWhole(source, at.from))
  if (Option.isNone(own) || Option.isNone(own.value)) return false
  const copy = yield* readWhole(target, at.to)
  const whole = own.value.value
  return !Option.exists(copy, (other) => saysTheSame(whole, other))
})

const verifyListed = Effect.fnUntraced(function*(source: Adapter, target: Adapter, map: Options["map"]) {
  const listing = yield* listAll(source, { namespace: [] })
  const progress = yield* makeProgress("comparing sessions", listing.count)
  const compare = Effect.fnUntraced(function*(row: Listed) {
    if (row._tag === "Unreadable") return []
    const isDifferent = yield* differs(source, target, { from: row.key, to: mapKey(map, row.key) })
    yield* progress(1)
    return isDifferent ? [keyText(row.key)] : []
  })
  const differing = yield* Stream.runCollect(Stream.mapEffect(listing.rows, compare, { concurrency: copiersMax }))
  return differing.flat().toSorted(codeUnits)
}, Effect.scoped)
