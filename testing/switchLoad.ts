/**
 * Switching under load: writers that never pause, while their store is switched back and forth, now and then to a
 * target that fails, now and then given up half way, and opened anew now and then.
 *
 * Every writer remembers what it was acknowledged. At the end a fresh instance has to show all of it: no entry is lost
 * or doubled, and the versions that a writer was given rise strictly. What backends there are is the caller's business.
 */
import {
  makeKey,
  type Operation,
  randomId,
  type SessionKey,
  type StorageAdapter,
  type StorageChange
} from "@holdfast/core"
import { type Duration, Effect, Exit, Fiber, Option, Ref, Result, Scope, Stream } from "effect"

/** A store that can be switched, as it is open at the moment. */
export interface Switchable {
  readonly adapter: StorageAdapter["Service"]
  readonly current: Effect.Effect<string>
  readonly switchTo: (name: string) => Effect.Effect<unknown, { readonly message: string }>
}

export interface SwitchLoad {
  /** Opens the store, as a process that starts. */
  readonly open: Effect.Effect<Switchable, unknown, Scope.Scope>
  readonly names: readonly [string, string]
  /** How many switches have to succeed. */
  readonly switchCount: number
  readonly writerCount: number
  /** How long a writer pauses after four writes. */
  readonly writeEvery: Duration.Input
  /** Every so-manyth switch meets a backend that fails from the n-th of its calls on. */
  readonly failEvery: number
  /** Lets the n-th call to a backend fail and every later one, while an effect runs. */
  readonly failing: (name: string, nth: number) => <A, E>(work: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Every so-manyth switch is interrupted at the n-th of the calls to its target. */
  readonly interruptEvery: number
  /** Ends at the n-th call to a backend from then on, which is held up for a moment. */
  readonly reached: (name: string, nth: number) => Effect.Effect<void>
  /** Every so-manyth switch is followed by a restart. */
  readonly restartEvery: number
}

/** What a run came to. Everything in `lost`, `doubled` and `fallen` is a broken promise. */
export interface LoadReport {
  readonly switchedCount: number
  readonly failedCount: number
  /** How many switches were interrupted before they were decided. */
  readonly interruptedCount: number
  readonly restartCount: number
  readonly writeCount: number
  readonly lost: ReadonlyArray<string>
  readonly doubled: ReadonlyArray<string>
  readonly fallen: ReadonlyArray<string>
}

const sharedKey = makeKey("shared", ["load"])

const kind = "load"

const append = (key: SessionKey, text: string): Operation => ({
  _tag: "Append",
  key,
  expect: "any",
  kind,
  schemaVersion: 1,
  entries: [JSON.stringify(text)]
})

const put = (key: SessionKey, value: unknown): Operation => ({
  _tag: "Put",
  key,
  expect: "any",
  kind,
  schemaVersion: 1,
  summary: "{}",
  body: JSON.stringify(value)
})

/** What a writer was acknowledged. */
interface Ledger {
  readonly name: string
  readonly own: SessionKey
  readonly passing: SessionKey
  /** The texts of its entries, in their order. */
  readonly entries: Array<string>
  body: number
  readonly versions: Map<string, number>
  readonly fallen: Array<string>
  writeCount: number
}

// Sent again for as long as the longest restart takes, and then some.
const triesMax = 2000

/** Sends a change under its write id until it is acknowledged, to whatever instance is open. */
const insist = Effect.fnUntraced(function*(store: Ref.Ref<Switchable>, operations: ReadonlyArray<Operation>) {
  const writeId = randomId()
  for (let attempt = 1; attempt <= triesMax; attempt++) {
    const { adapter } = yield* Ref.get(store)
    const change: StorageChange = { writeId, operations, attempt }
    const answer = yield* Effect.result(adapter.commit(change))
    if (Result.isSuccess(answer)) return answer.success
    yield* Effect.sleep("5 millis")
  }
  return yield* Effect.die(new Error("a write is not acknowledged, however often it is sent"))
})

/** One turn of a writer: an entry, a state, an entry among those of others, and now and then a life that ends. */
const writeOnce = Effect.fnUntraced(function*(store: Ref.Ref<Switchable>, ledger: Ledger, n: number) {
  const { entries, fallen, name, own, passing, versions } = ledger
  const text = `${name} ${n}`
  const changes: ReadonlyArray<ReadonlyArray<Operation>> = [
    n === 0 ? [put(own, 0), append(own, text)] : [append(own, text)],
    [put(own, n)],
    [append(sharedKey, text)],
    n % 5 === 4 ? [{ _tag: "Remove", key: passing, expect: "any" }] : [put(passing, n)]
  ]
  for (const operations of changes) {
    const { keys } = yield* insist(store, operations)
    for (const { key, version } of keys) {
      const id = `${key.id} ${name}`
      const before = versions.get(id) ?? 0
      if (version <= before) fallen.push(`${id}: ${version} after ${before}`)
      versions.set(id, version)
    }
    ledger.writeCount++
  }
  entries.push(text)
  ledger.body = n
})

const makeLedger = (_: unknown, index: number): Ledger => ({
  name: `w${index}`,
  own: makeKey(`own-${index}`, ["load", "own"]),
  passing: makeKey(`passing-${index}`, ["load"]),
  entries: [],
  body: 0,
  versions: new Map(),
  fallen: [],
  writeCount: 0
})

const textsOf = (adapter: StorageAdapter["Service"], key: SessionKey) =>
  Effect.map(
    Stream.runCollect(adapter.entries(key, {})),
    (rows) => rows.map((row): string => row._tag === "StoredEntry" ? JSON.parse(row.entry) : "an unreadable entry")
  )

const surplus = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.filter((text, index) => texts.indexOf(text) !== index)

/** Compares what a store shows with what its writers were acknowledged. */
const judge = Effect.fnUntraced(function*({ adapter }: Switchable, ledgers: ReadonlyArray<Ledger>) {
  const lost: Array<string> = []
  const shared = yield* textsOf(adapter, sharedKey)
  const doubled = [...surplus(shared)]
  for (const { body, entries, name, own, passing } of ledgers) {
    const texts = yield* textsOf(adapter, own)
    doubled.push(...surplus(texts))
    if (texts.join() !== entries.join()) {
      lost.push(`${name}: ${texts.length} of ${entries.length} entries, or their order`)
    }
    const mine = shared.filter((text) => text.startsWith(`${name} `))
    if (mine.join() !== entries.join()) {
      lost.push(`${name}: ${mine.length} of ${entries.length} entries among the others'`)
    }
    const session = yield* adapter.load(own)
    const found = Option.match(session, { onNone: () => -1, onSome: (it) => Number(it.body) })
    if (found !== body) lost.push(`${name}: state ${found} instead of ${body}`)
    const isThere = Option.isSome(yield* adapter.head(passing))
    if (entries.length > 0 && isThere === (body % 5 === 4)) lost.push(`${name}: a removal or what came after it`)
  }
  return { lost, doubled }
})

type Ending = "switched" | "failed" | "interrupted"

/** Plays one switch: as a whole, with a backend that fails, or interrupted at one of its calls. */
const playSwitch = Effect.fnUntraced(function*(
  { failEvery, failing, interruptEvery, names, reached }: SwitchLoad,
  { current, switchTo }: Switchable,
  round: number
): Effect.fn.Return<Ending> {
  const from = yield* current
  const to = from === names[0] ? names[1] : names[0]
  const willFail = round % failEvery === 0
  const willStop = !willFail && round % interruptEvery === 0
  const nth = 1 + (round * 13) % 120
  const whole = Effect.asVoid(switchTo(to))
  const work = willStop ? Effect.raceFirst(whole, reached(to, nth)) : whole
  // Every time at another step of the switch, and at the source as well.
  const victim = Math.floor(round / failEvery) % 3 === 0 ? from : to
  const result = yield* Effect.result(willFail ? failing(victim, nth)(work) : work)
  const serving = yield* current
  if (serving !== from && serving !== to) return yield* Effect.die(new Error(`${serving} serves after a switch`))
  const hasSwitched = serving === to
  // What is given up after the decision is not taken back.
  if (willStop && Result.isSuccess(result)) return hasSwitched ? "switched" : "interrupted"
  if (hasSwitched !== Result.isSuccess(result)) {
    return yield* Effect.die(new Error(`${serving} serves after a switch from ${from} to ${to}: ${result._tag}`))
  }
  return hasSwitched ? "switched" : "failed"
})

/** Runs writers and switches until so many switches have succeeded, then judges by a fresh instance. */
export const runSwitchLoad = Effect.fnUntraced(function*(load: SwitchLoad) {
  const { open, restartEvery, switchCount, writeEvery, writerCount } = load
  let scope = yield* Scope.make()
  const store = yield* Ref.make(yield* Scope.provide(open, scope))
  yield* insist(store, [put(sharedKey, "shared")])

  const isOver = yield* Ref.make(false)
  const ledgers = Array.from({ length: writerCount }, makeLedger)
  const writing = yield* Effect.forkChild(Effect.forEach(
    ledgers,
    Effect.fnUntraced(function*(ledger) {
      for (let n = 0; !(yield* Ref.get(isOver)); n++) {
        yield* writeOnce(store, ledger, n)
        yield* Effect.sleep(writeEvery)
      }
    }),
    { concurrency: "unbounded", discard: true }
  ))

  const endings = { switched: 0, failed: 0, interrupted: 0 }
  let restartCount = 0
  for (let round = 1; endings.switched < switchCount; round++) {
    const switchable = yield* Ref.get(store)
    endings[yield* playSwitch(load, switchable, round)]++
    if (round % restartEvery !== 0) continue
    restartCount++
    const serving = yield* switchable.current
    yield* Scope.close(scope, Exit.void)
    scope = yield* Scope.make()
    yield* Ref.set(store, yield* Scope.provide(open, scope))
    const restarted = yield* (yield* Ref.get(store)).current
    if (restarted !== serving) return yield* Effect.die(new Error(`a restart serves ${restarted}, not ${serving}`))
  }
  yield* Ref.set(isOver, true)
  yield* Fiber.join(writing)
  yield* Scope.close(scope, Exit.void)
  const judged = yield* Effect.scoped(Effect.flatMap(open, (fresh) => judge(fresh, ledgers)))
  const report: LoadReport = {
    switchedCount: endings.switched,
    failedCount: endings.failed,
    interruptedCount: endings.interrupted,
    restartCount,
    writeCount: ledgers.reduce((sum, ledger) => sum + ledger.writeCount, 0),
    fallen: ledgers.flatMap(({ fallen }) => fallen),
    ...judged
  }
  return report
})
