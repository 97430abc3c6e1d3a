/**
 * Every session of one store into another, and what came of each.
 *
 * The source is only read. A session that cannot be read does not keep the others from being copied; it is told with
 * what the target kept as it was. A copy that stopped is ended by doing it again.
 */
import {
  keyOrder,
  keyText,
  readWhole,
  type SessionKey,
  type StorageAdapter,
  type StorageError,
  type StoredHead,
  type Unreadable
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliFailure, tell } from "../output/CliFailure.ts"
import { makeProgress } from "../output/progress.ts"
import { counted } from "../output/text.ts"
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

/** What a copy came to. */
export interface Copied {
  readonly from: string
  readonly to: string
  readonly rows: ReadonlyArray<Row>
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Sessions that were compared once more at the end and differ; none where nobody asked for it. */
  readonly differing: Option.Option<ReadonlyArray<string>>
}

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

const differs = Effect.fnUntraced(function*(source: Adapter, target: Adapter, at: Pair) {
  const [own, copy] = yield* Effect.all([readWhole(source, at.from), readWhole(target, at.to)])
  return Option.isSome(own) && !Option.exists(copy, (other) => saysTheSame(own.value, other))
})

/** What stops a copy, with what was copied until then. */
const stopped = (error: StorageError | CliFailure, rows: ReadonlyArray<Row>): CliFailure => {
  const { advice, changed, code, what } = tell(error)
  const written = rows.filter(({ result }) => result === "copied" || result === "updated").length
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

/** Copies every session that can be read. */
export const copyAll = Effect.fnUntraced(function*(source: Adapter, target: Adapter, options: {
  readonly map: ReadonlyArray<Rule>
  readonly verify: boolean
}) {
  const listed = yield* Stream.runCollect(source.list({ namespace: [], order: "id" }))
  const heads = listed.filter((row): row is StoredHead => row._tag === "StoredHead")
  const pairs = heads.map(({ key }) => ({ from: key, to: mapKey(options.map, key) }))
    .toSorted((self, that) => keyOrder(self.from, that.from))
  const progress = yield* makeProgress("copying sessions", pairs.length)
  let failure = Option.none<StorageError | CliFailure>()
  // After a failure nothing is begun, and what has begun comes to its end: so the count of what was copied is true.
  const copyNext = (pair: Pair) =>
    Effect.suspend(() => Option.isSome(failure) ? Effect.succeedNone : Effect.asSome(copyOne(source, target, pair)))
      .pipe(
        Effect.tap(() => progress(1)),
        Effect.catch((error) => {
          failure = Option.orElse(failure, () => Option.some(error))
          return Effect.succeedNone
        })
      )
  const done = yield* Effect.forEach(pairs, copyNext, { concurrency: copiersMax })
  const rows = done.flatMap(Option.toArray)
  if (Option.isSome(failure)) return yield* stopped(failure.value, rows)
  const differing = options.verify
    ? Option.some(yield* verifyAll(source, target, pairs.filter((_, index) => rows[index]!.result !== "unreadable")))
    : Option.none()
  return {
    from: source.location,
    to: target.location,
    rows,
    unreadable: listed.filter((row): row is Unreadable => row._tag === "Unreadable"),
    differing
  } satisfies Copied
}, Effect.scoped)

const verifyAll = Effect.fnUntraced(function*(
  source: Adapter,
  target: Adapter,
  pairs: ReadonlyArray<{
    readonly from: SessionKey
    readonly to: SessionKey
  }>
) {
  const progress = yield* makeProgress("comparing sessions", pairs.length)
  const differing = yield* Effect.filter(
    pairs,
    (pair) => Effect.tap(differs(source, target, pair), () => progress(1)),
    { concurrency: copiersMax }
  )
  return differing.map(({ from }) => keyText(from))
}, Effect.scoped)
