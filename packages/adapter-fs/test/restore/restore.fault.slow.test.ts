/** Whichever call of a restore fails, its outcome is true: the key holds what it held, or the whole record. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Equal, Option, Result } from "effect"
import * as fs from "node:fs"
import { describeFault, failingCalls, type Fault } from "../commit/failingCalls.ts"
import {
  append,
  commit,
  contentOf,
  findings,
  isLockDatabase,
  type OpenOptions,
  put,
  quickFolder,
  realFileSystem,
  remove,
  visit
} from "../kit.ts"
import { hurried } from "../scenario/hurried.ts"
import { heldOf, restore } from "./records.ts"

const key = { namespace: ["acct"], id: "local_1" }
const held = heldOf(key, { version: 9e14 * 9, batches: [0, 3] })

/** What is there before the restore. */
const befores = { live: [put(key, 1), append(key, ["a", "b"])], removed: [put(key, 1), append(key, ["a"])] } as const

const seed = Effect.fnUntraced(function*(before: keyof typeof befores, options: OpenOptions) {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, ...befores[before])
      yield* commit(adapter, before === "live" ? append(key, ["c"]) : remove(key))
    }), options)
  return folder
})

const faults: ReadonlyArray<Fault> = [
  { code: "EIO", span: "once", when: "before" },
  { code: "EIO", span: "forever", when: "before" },
  { code: "EIO", span: "once", when: "after" },
  { code: "ENOSPC", span: "once", when: "short" }
]

interface Run {
  readonly template: string
  readonly options: OpenOptions
  readonly fault: Fault
  /** The call of the restore that fails, from 1. */
  readonly nth: number
}

/** Restores while a call fails; says how many calls there were, and what was broken. */
const run = Effect.fnUntraced(
  function*({ fault, nth, options, template }: Run) {
    const folder = yield* quickFolder
    fs.cpSync(template, folder, { recursive: true, filter: (file) => !isLockDatabase(file) })
    const before = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
    const opening = failingCalls(Infinity, fault, realFileSystem)
    let failing = opening
    // Only the calls of the restore are counted.
    const fileSystem = new Proxy(realFileSystem, {
      get: (_, name) => Reflect.get(failing.fileSystem, name) as unknown
    })
    const answer = yield* visit(folder, (adapter) =>
      Effect.gen(function*() {
        yield* adapter.load(key)
        failing = failingCalls(nth, fault, realFileSystem)
        const calls = failing
        const answered = yield* Effect.result(commit(adapter, restore(key, held)))
        failing = opening
        return { answered, calls }
      }), { ...options, fileSystem })
    const { answered, calls } = answer
    const outcome = Result.isSuccess(answered) ? "applied" : answered.failure.outcome
    const broken: Array<string> = []
    const claim = (holds: boolean, what: string) => {
      if (!holds) broken.push(`${describeFault(fault)}, ${calls.failed().slice(0, 2).join(", ")}: ${what}`)
    }
    const after = Option.some({
      state: { restored: held.record.head.version },
      entries: held.entries.map(({ entry }): unknown => JSON.parse(entry))
    })
    yield* visit(folder, (adapter) =>
      Effect.gen(function*() {
        const found = yield* contentOf(adapter, key)
        const isBefore = Equal.equals(found, before)
        const isAfter = Equal.equals(found, after)
        claim(isBefore || isAfter, `${outcome}, and ${JSON.stringify(found)} is neither`)
        if (outcome === "applied") claim(isAfter, "acknowledged, and not there")
        if (outcome === "notApplied") claim(isBefore, "not applied, and there")
        yield* commit(adapter, restore(key, held))
        claim(Equal.equals(yield* contentOf(adapter, key), after), "not there at last")
        const todo = (yield* findings(adapter, "inspect")).filter(({ action }) => action !== "none")
        claim(todo.length === 0, `left to do: ${JSON.stringify(todo)}`)
      }), options)
    return { count: calls.count(), broken }
  },
  Effect.scoped,
  hurried
)

for (const [offset, protocol] of (["rename", "slots"] as const).entries()) {
  describe(`a restore of which a call fails, with ${protocol}`, { concurrent: false }, () => {
    for (const before of ["live", "removed"] as const) {
      it.live(`over a key that is ${before} is whole or did nothing`, () =>
        Effect.gen(function*() {
          const options: OpenOptions = { commit: protocol }
          const template = yield* seed(before, options)
          const { count } = yield* run({ template, options, fault: faults[0]!, nth: Infinity })
          assert.isAbove(count, 15)
          const calls = Array.from({ length: count }, (_, index) => index + 1)
          // Each call by one of the faults, which is another one for each way of keeping heads.
          const runs = faults.flatMap((fault, at) =>
            calls.filter((nth) => (nth + offset) % faults.length === at).map((nth): Run => ({
              template,
              options,
              fault,
              nth
            }))
          )
          const results = yield* Effect.forEach(runs, run, { concurrency: 4 })
          assert.deepStrictEqual(results.flatMap(({ broken }) => broken), [])
        }), 120_000)
    }
  })
}
