/**
 * One run of a scenario in which a call fails, judged by the oracle while it goes on, after a reopening
 * on the healthy file system, and after a save more.
 */
import { type Finding, type Listed, type Operation, type SessionKey, StorageError } from "@holdfast/core"
import { Cause, Clock, Duration, Effect, Exit, type FileSystem, Option, Result } from "effect"
import * as fs from "node:fs"
import {
  type Adapter,
  append,
  change,
  commit,
  contentOf,
  findings,
  isLockDatabase,
  list,
  load,
  type OpenOptions,
  put,
  quickFolder,
  realFileSystem,
  remove,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"
import { describeFault, type FailingCalls, failingCalls, type Fault } from "./failingCalls.ts"
import { allows, type Content, type Effects, judge, knowing, type Oracle, possibleOf } from "./oracle.ts"

const seeded: SessionKey = { namespace: ["acct"], id: "seeded" }
const made: SessionKey = { namespace: ["acct", "Org"], id: "Made" }
const other: SessionKey = { namespace: [], id: "other" }
const keys = [seeded, made, other]

interface Step {
  readonly key: SessionKey
  readonly operations: ReadonlyArray<Operation>
  readonly effects: Effects
}

const puts = (key: SessionKey, state: unknown): Step => ({
  key,
  operations: [put(key, state)],
  effects: (content) =>
    Option.some({ state, entries: Option.match(content, { onNone: () => [], onSome: ({ entries }) => entries }) })
})

const appends = (key: SessionKey, ...entries: ReadonlyArray<unknown>): Step => ({
  key,
  operations: [append(key, entries)],
  effects: (content) =>
    Option.isNone(content)
      ? "refused"
      : Option.map(content, (now) => ({ ...now, entries: [...now.entries, ...entries] }))
})

const commits = (key: SessionKey, state: unknown, ...entries: ReadonlyArray<unknown>): Step => ({
  key,
  operations: [put(key, state), append(key, entries)],
  effects: (content) =>
    Option.some({
      state,
      entries: [...Option.match(content, { onNone: () => [], onSome: (now) => now.entries }), ...entries]
    })
})

const removes = (key: SessionKey): Step => ({ key, operations: [remove(key)], effects: () => Option.none() })

const steps: ReadonlyArray<Step | "list"> = [
  puts(made, "created"),
  puts(made, "saved"),
  appends(made, "one"),
  appends(made, "two", "three"),
  commits(made, "both", "four"),
  appends(seeded, "after"),
  commits(seeded, { large: "x".repeat(5000) }, "and both"),
  "list",
  removes(made),
  commits(made, "again", "fresh"),
  removes(seeded),
  puts(other, "first"),
  puts(other, "second")
]

const describeCause = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message.slice(0, 600) : String(error)
}

const claim = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

/** Any content of an operation that fails: only a typed failure that says that nothing was changed is a failure of a read. */
const readOf = <A>(read: Effect.Effect<A, StorageError>): Effect.Effect<Option.Option<A>> =>
  Effect.map(Effect.result(read), (result) => {
    if (Result.isSuccess(result)) return Option.some(result.success)
    claim(result.failure instanceof StorageError, "a failure is a StorageError")
    claim(result.failure.outcome === "notApplied", `a read changes nothing: ${result.failure.message}`)
    return Option.none()
  })

const checkContent = (oracle: Oracle, key: SessionKey, content: Content): void =>
  claim(
    allows(oracle, key, content),
    `${key.id} holds ${JSON.stringify(content)}, possible is ${JSON.stringify(possibleOf(oracle, key).contents)}`
  )

/** A listing names every session, unless it says that it could not read everything. */
const checkListing = (oracle: Oracle, rows: ReadonlyArray<Listed>): void => {
  const isWhole = rows.every((row) => row._tag === "StoredHead")
  for (const key of keys) {
    const { contents } = possibleOf(oracle, key)
    const isListed = rows.some((row) => row._tag === "StoredHead" && row.key.id === key.id)
    if (contents.every(Option.isSome)) claim(isListed || !isWhole, `${key.id} is not listed`)
    if (contents.every(Option.isNone)) claim(!isListed, `${key.id} is listed`)
  }
}

/** The steps on an adapter whose calls fail; the oracle after them. */
const runSteps = Effect.fnUntraced(function*(adapter: Adapter, start: Oracle) {
  let oracle = start
  for (const step of steps) {
    if (step === "list") {
      const rows = yield* readOf(list(adapter))
      if (Option.isSome(rows)) checkListing(oracle, rows.value)
      continue
    }
    const answer = yield* Effect.result(adapter.commit(change(...step.operations)))
    oracle = judge(oracle, step.key, { effects: step.effects, answer })
    const content = yield* readOf(contentOf(adapter, step.key))
    if (Option.isSome(content)) checkContent(oracle, step.key, content.value)
  }
  return oracle
})

// The end of an append that did not finish is cut off by the next one, or by who asks for a repair.
const isDue = ({ action, kind }: Finding): boolean => action !== "none" && kind !== "log.damaged"

/** What must be true of the healthy store: what is possible is there, is listed, and can be saved over. */
const checkReopened = Effect.fnUntraced(function*(adapter: Adapter, start: Oracle) {
  let oracle = start
  for (const key of keys) {
    const content = yield* contentOf(adapter, key)
    checkContent(oracle, key, content)
    if (Option.isSome(content)) {
      const { head } = yield* load(adapter, key)
      claim(head.version >= possibleOf(oracle, key).version, `${key.id} has fallen to version ${head.version}`)
    }
    oracle = knowing(oracle, key, content)
  }
  const rows = yield* list(adapter)
  checkListing(oracle, rows)
  claim(rows.every((row) => row._tag === "StoredHead"), "a healthy store has a row that cannot be read")
  const todo = (yield* findings(adapter, "inspect")).filter(isDue)
  claim(todo.length === 0, `recovery has left something to do: ${JSON.stringify(todo)}`)
  return oracle
})

const saveMore = Effect.fnUntraced(function*(adapter: Adapter, start: Oracle) {
  let oracle = start
  for (const key of keys) {
    const { effects, operations } = commits(key, "next", "next entry")
    const before = possibleOf(oracle, key).version
    const receipt = yield* commit(adapter, ...operations)
    claim(versionOf(receipt) > before, `${key.id} goes on with version ${versionOf(receipt)} after ${before}`)
    oracle = judge(oracle, key, { effects, answer: Result.succeed(receipt) })
    checkContent(oracle, key, yield* contentOf(adapter, key))
  }
  checkListing(oracle, yield* list(adapter))
  return oracle
})

const checkLitter = (folder: string): void => {
  const litter = Object.keys(sessionFiles(folder)).filter((name) => /^(?!lost-found).*(\.tmp$|probe)/.test(name))
  claim(litter.length === 0, `litter is left: ${litter.join(" ")}`)
}

// Waiting is part of what the adapter does when calls fail; a sweep has no time for it.
const hurried = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) =>
    Effect.provideService(effect, Clock.Clock, {
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
      currentTimeNanos: clock.currentTimeNanos,
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      sleep: (duration) => clock.sleep(Duration.times(duration, 0.02))
    })
  )

/** A store with a session, to be copied for each run, and what is known of it. */
const makeSeed = Effect.fnUntraced(function*(options: OpenOptions) {
  const folder = yield* quickFolder
  const { effects, operations } = commits(seeded, "seed", "zero")
  const receipt = yield* visit(folder, (adapter) => commit(adapter, ...operations), options)
  const oracle = judge(new Map(), seeded, { effects, answer: Result.succeed(receipt) })
  return { folder, oracle, options }
})

type Seed = Effect.Success<ReturnType<typeof makeSeed>>

/** Runs the scenario over failing calls. Dies with what was broken. */
const runScenario = Effect.fnUntraced(
  function*({ folder: template, options, oracle: start }: Seed, failing: FailingCalls) {
    const folder = yield* quickFolder
    fs.cpSync(template, folder, { recursive: true, filter: (file) => !isLockDatabase(file) })
    const opened = yield* Effect.result(
      visit(folder, (adapter) => runSteps(adapter, start), { ...options, fileSystem: failing.fileSystem })
    )
    if (Result.isFailure(opened)) claim(opened.failure.outcome === "notApplied", "opening changes no session")
    const after = Result.getOrElse(opened, () => start)
    const saved = yield* visit(
      folder,
      (adapter) => Effect.flatMap(checkReopened(adapter, after), (known) => saveMore(adapter, known)),
      options
    )
    yield* visit(
      folder,
      (adapter) =>
        Effect.forEach(
          keys,
          (key) => Effect.map(contentOf(adapter, key), (content) => checkContent(saved, key, content))
        ),
      options
    )
    checkLitter(folder)
  },
  Effect.scoped,
  hurried
)

const never: Fault = { code: "EIO", span: "once", when: "before" }

export interface Sweep {
  readonly options: OpenOptions
  readonly fault: Fault
  /** Which of the calls, counted from 1, fail; all by default. */
  readonly selects?: (nth: number) => boolean
  /** The file system whose calls fail. */
  readonly below?: FileSystem.FileSystem
}

/** What is broken when the n-th call of the scenario fails, for each n, until a clean run. */
export const sweep = Effect.fnUntraced(
  function*({ below = realFileSystem, fault, options, selects = () => true }: Sweep) {
    const seed = yield* makeSeed(options)
    const clean = failingCalls(Infinity, never, realFileSystem)
    yield* runScenario(seed, clean)
    const numbers = Array.from({ length: clean.count() }, (_, index) => index + 1).filter(selects)
    const broken = yield* Effect.forEach(
      numbers,
      Effect.fnUntraced(function*(nth) {
        const failing = failingCalls(nth, fault, below)
        const exit = yield* Effect.exit(runScenario(seed, failing))
        return Exit.isSuccess(exit)
          ? []
          : [`${describeFault(fault)}, ${failing.failed().slice(0, 3).join(", ")}: ${describeCause(exit.cause)}`]
      }),
      { concurrency: 4 }
    )
    return { runs: numbers.length, broken: broken.flat() }
  },
  Effect.scoped
)
