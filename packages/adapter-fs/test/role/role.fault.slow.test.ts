/** A power cut, a death or a failing call while the store-level record is replaced leaves the one or the other. */
import { assert, describe, it } from "@effect/vitest"
import { sameStoreRecord, type StoreRecord } from "@holdfast/core"
import { Effect, Option, Result } from "effect"
import { CrashFileSystem } from "../../src/testing/index.ts"
import { describeFault, failingCalls, type Fault } from "../commit/failingCalls.ts"
import { use } from "../crash/judge.ts"
import { type Adapter, commit, open, put, quickFolder, realFileSystem, visit } from "../kit.ts"
import { hurried } from "../scenario/hurried.ts"
import { copying, current, key, retired, saved, setRole } from "./roles.ts"

type Disk = CrashFileSystem.CrashFileSystem
type State = CrashFileSystem.CrashState

const records: ReadonlyArray<StoreRecord> = [copying, retired, current]

const isBeside = (path: string): boolean => path.includes("/.holdfast-probe-") || path.includes("/.holdfast/catalog")

/** A store whose record was set so often; the steps of its disk before and after the last time. */
const storeWith = Effect.fnUntraced(function*(count: number) {
  const disk = CrashFileSystem.make()
  const steps = yield* use(disk, {}, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, "before"))
      let from = 0
      for (let at = 0; at < count; at++) {
        from = disk.steps()
        yield* setRole(adapter, records[at - 1], records[at]!)
      }
      return { from, to: disk.steps() }
    }))
  return { disk, ...steps }
})

const textOf = (record: StoreRecord | undefined): string => record?.state ?? "none"

/** What a store says of itself, how it treats a save, and that its record can be replaced; throws where one of them is wrong. */
const check = Effect.fnUntraced(function*(adapter: Adapter, possible: ReadonlyArray<StoreRecord | undefined>) {
  const asked = yield* saved(adapter)
  const found = yield* adapter.role.read
  const isPossible = possible.some((record) => sameStoreRecord(Option.fromUndefinedOr(record), found))
  if (!isPossible) throw new Error(`${textOf(Option.getOrUndefined(found))}, not ${possible.map(textOf).join(" or ")}`)
  const isRetired = Option.exists(found, ({ state }) => state === "retired")
  if (isRetired === (asked === "saved")) {
    throw new Error(`${textOf(Option.getOrUndefined(found))} answers ${String(asked)}`)
  }
  return Option.getOrUndefined(found)
})

const judge = Effect.fnUntraced(function*(disk: Disk, possible: ReadonlyArray<StoreRecord | undefined>) {
  const found = yield* use(disk, {}, (adapter) => check(adapter, possible))
  // What was said outlasts a power cut right after it.
  yield* use(disk.leastState().mount(), {}, (adapter) => check(adapter, [found]))
  const next: StoreRecord = { switchId: "next", epoch: 9, state: "copying" }
  yield* use(disk, {}, (adapter) => setRole(adapter, found, next))
  yield* use(disk.leastState().mount(), {}, (adapter) => check(adapter, [next]))
})

const describeState = ({ files, first, last }: State): string =>
  [
    `after ${first} to ${last} steps`,
    ...files.flatMap(([path, bytes]) =>
      path.includes("store.") ? [`${path} ${Buffer.from(bytes ?? []).toString("latin1")}`] : []
    )
  ].join("\n")

describe("replacing the store-level record", { concurrent: false }, () => {
  for (const count of [1, 2, 3]) {
    const [before, after] = [records[count - 2], records[count - 1]]

    it.live(
      `leaves one of the two after a power cut at any moment: ${textOf(before)} to ${textOf(after)}`,
      () =>
        Effect.gen(function*() {
          const { disk, from, to } = yield* storeWith(count)
          const states = disk.crashStates({ from, to, sure: isBeside })
          const broken: Array<string> = []
          for (const state of states) {
            const possible = to <= state.last ? [after] : [before, after]
            const result = yield* Effect.exit(judge(state.mount(), possible))
            if (result._tag === "Failure") broken.push(`${String(result.cause)} ${describeState(state)}`)
          }
          assert.deepStrictEqual(broken, [])
          assert.isAbove(states.length, 5)
        }),
      60_000
    )

    it.live(
      `leaves one of the two when its process is killed: ${textOf(before)} to ${textOf(after)}`,
      () =>
        Effect.gen(function*() {
          const { disk, from, to } = yield* storeWith(count)
          const judged = new Set<string>()
          for (let step = from; step <= to; step++) {
            const killed = disk.killed(step)
            yield* judge(killed, step === to ? [after] : [before, after])
            // Whoever comes next may meet a power cut while he replaces it again.
            if (after !== retired || step % 2 === 1) continue
            const second = disk.killed(step)
            const start = second.steps()
            const found = yield* use(second, {}, (adapter) =>
              Effect.gen(function*() {
                const read = Option.getOrUndefined(yield* adapter.role.read)
                yield* setRole(adapter, read, { ...current, epoch: 5 })
                return read
              }))
            for (const state of second.crashStates({ from: start, sure: isBeside })) {
              if (judged.has(state.identity)) continue
              judged.add(state.identity)
              yield* judge(state.mount(), [before, after, found, { ...current, epoch: 5 }])
            }
          }
        }),
      60_000
    )
  }

  const faults: ReadonlyArray<Fault> = [
    { code: "EIO", span: "once", when: "before" },
    { code: "EIO", span: "forever", when: "before" },
    { code: "EIO", span: "once", when: "after" },
    { code: "ENOSPC", span: "once", when: "short" }
  ]
  for (const fault of faults) {
    it.live(
      `has done what its outcome says whichever of its calls fails: ${describeFault(fault)}`,
      () =>
        Effect.gen(function*() {
          let runs = 0
          for (let nth = 1, isClean = false; !isClean; nth++, runs++) {
            const folder = yield* quickFolder
            yield* visit(folder, (adapter) => setRole(adapter, undefined, copying))
            let failing = failingCalls(Infinity, fault, realFileSystem)
            const fileSystem = new Proxy(realFileSystem, {
              get: (_, name) => Reflect.get(failing.fileSystem, name) as unknown
            })
            const adapter = yield* open(folder, { fileSystem, compareAndSet: "process" })
            failing = failingCalls(nth, fault, realFileSystem)
            const called = failing
            const answer = yield* Effect.result(adapter.role.compareAndSet(Option.some(copying), retired))
            failing = failingCalls(Infinity, fault, realFileSystem)
            isClean = called.failed().length === 0
            const outcome = Result.isSuccess(answer) ? "applied" : answer.failure.outcome
            const possible = { applied: [retired], notApplied: [copying], unknown: [copying, retired] }[outcome]
            if (isClean) assert.deepStrictEqual(answer, Result.succeed(true))
            const found = yield* check(adapter, possible)
            assert.deepStrictEqual(yield* visit(folder, (later) => check(later, [found])), found, called.failed()[0])
            yield* setRole(adapter, found, current)
            yield* visit(folder, (later) => check(later, [current]))
          }
          assert.isAbove(runs, 5)
        }).pipe(hurried),
      60_000
    )
  }
})
