/**
 * Writes through a retry over a storage that loses answers and applies late, as chaos draws it from a seed.
 *
 * A run tells what was acknowledged and what could be read after it, step by step: the two are the same
 * when no entry is doubled, no save reverted and no removal undone. A conflict that nobody caused fails the run.
 */
import { Busy, makeKey, type Operation, Policy, type StorageAdapter, type StorageError } from "@holdfast/core"
import { Chaos } from "@holdfast/core/testing"
import { Effect, Option, type Scope, Stream } from "effect"

type Adapter = StorageAdapter["Service"]

/** How others fare while a write is late, each of them with the same seed. */
export const manners: ReadonlyArray<Chaos.Others> = ["wait", "fail", "overtake"]

/** The texts of a session; none where it is absent. */
interface Content {
  readonly body: string
  readonly entries: ReadonlyArray<string>
}

export interface LossyOptions {
  readonly seed: number
  readonly others: Chaos.Others
  readonly writeCount: number
  /** Lets the time pass that a call waits for. */
  readonly inTime: <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

const key = makeKey("lossy")
const busy = new Busy({ outcome: "notApplied", path: "chaos", code: "EBUSY" })

const chaosOf = ({ others, seed }: LossyOptions): Chaos.Options => ({
  seed: {
    seed,
    chances: { failure: 0.15, lostAnswer: 0.25, lateApplication: 0.25 },
    whys: [busy],
    // What may be overtaken lands after many a later write, where the run settles.
    late: others === "overtake" ? { others } : { others, after: "5 millis" }
  }
})

const retry: Policy.RetryOptions = {
  attemptsMax: 60,
  timeMax: "10 minutes",
  quick: { first: "1 millis", most: "2 millis" },
  slow: { first: "1 millis", most: "2 millis" }
}

const kind = { kind: "chat", schemaVersion: 1 } as const

/** The n-th write over what is there: saves and appends with and without a precondition, now and then a removal. */
const writeOf = (n: number, version: Option.Option<number>): ReadonlyArray<Operation> => {
  const known = Option.getOrElse(version, () => "absent" as const) as Operation["expect"]
  const put = (expect: Operation["expect"]): Operation => ({
    ...kind,
    _tag: "Put",
    key,
    expect,
    summary: "{}",
    body: `${n}`
  })
  const append = (expect: Operation["expect"]): Operation => ({
    ...kind,
    _tag: "Append",
    key,
    expect,
    entries: [`${n}`, `${n}.5`]
  })
  if (Option.isNone(version)) return [put("absent")]
  if (n % 8 === 4) return [{ _tag: "Remove", key, expect: known }]
  return [[put(known)], [append("any")], [put(known), append("any")], [append(known)], [put("any")]][n % 5]!
}

const after = (before: Option.Option<Content>, operations: ReadonlyArray<Operation>): Option.Option<Content> =>
  operations.reduce((content, operation): Option.Option<Content> => {
    const { body, entries } = Option.getOrElse(content, () => ({ body: "", entries: [] as ReadonlyArray<string> }))
    if (operation._tag === "Put") return Option.some({ body: operation.body, entries })
    if (operation._tag === "Append") return Option.some({ body, entries: [...entries, ...operation.entries] })
    return Option.none()
  }, before)

const contentOf = Effect.fnUntraced(function*(adapter: Adapter) {
  const session = yield* adapter.load(key)
  const rows = yield* Stream.runCollect(adapter.entries(key, {}))
  const entries = rows.map((row) => row._tag === "StoredEntry" ? row.entry : row._tag)
  return Option.map(session, ({ body, head }) => ({ content: { body, entries }, version: head.version }))
})

/** Carries a run out. `acknowledged` and `read` are what each step should have left, and what it has. */
export const playLossy = Effect.fnUntraced(function*<E>(
  open: Effect.Effect<Adapter, E, Scope.Scope>,
  options: LossyOptions
): Effect.fn.Return<
  {
    readonly acknowledged: ReadonlyArray<Option.Option<Content>>
    readonly read: ReadonlyArray<Option.Option<Content>>
    readonly versions: ReadonlyArray<number>
    readonly mishapCount: number
  },
  E | StorageError,
  Scope.Scope
> {
  const control = yield* Chaos.control(chaosOf(options))
  const below = yield* open
  const adapter = Policy.retried(retry)(yield* control.over(below))
  const acknowledged: Array<Option.Option<Content>> = []
  const read: Array<Option.Option<Content>> = []
  const versions: Array<number> = []
  let content = Option.none<Content>()
  let version = Option.none<number>()
  for (let n = 0; n < options.writeCount; n++) {
    const operations = writeOf(n, version)
    const receipt = yield* options.inTime(adapter.commit({ writeId: `write ${n}`, operations }))
    versions.push(receipt.keys[0]!.version)
    content = after(content, operations)
    // Fewer writes than a record remembers; an append of a life that ended would be one of the next life.
    if (n % 4 === 3) yield* options.inTime(control.settle)
    const found = yield* contentOf(below)
    acknowledged.push(content)
    read.push(Option.map(found, (it) => it.content))
    version = Option.map(found, (it) => it.version)
  }
  yield* options.inTime(control.settle)
  acknowledged.push(content)
  read.push(Option.map(yield* contentOf(below), (it) => it.content))
  return { acknowledged, read, versions, mishapCount: (yield* control.log).length }
})
