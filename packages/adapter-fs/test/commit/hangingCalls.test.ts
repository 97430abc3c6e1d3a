/** A system call that hangs holds its key, and nobody else's: what was given up on lands before what comes after it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type FileSystem, Latch, Option } from "effect"
import { TestClock } from "effect/testing"
import type { FileOperation } from "../../src/testing/intercept.ts"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import {
  append,
  commit,
  contentOf,
  failureOf,
  open,
  openClosable,
  type OpenOptions,
  put,
  quickFolder,
  realFileSystem,
  sessionFiles,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const neighbour = { namespace: ["acct"], id: "local_2" }

interface Hanging {
  readonly fileSystem: FileSystem.FileSystem
  /** Lets the call go on. */
  readonly release: Effect.Effect<unknown>
  /** Waits until the call was made. */
  readonly hangs: Effect.Effect<unknown>
}

/** A file system on which the first such call hangs until it is released. */
const hangingOn = Effect.fnUntraced(function*(operation: FileOperation, file: RegExp) {
  const released = yield* Latch.make()
  const reached = yield* Latch.make()
  let isFirst = true
  const fileSystem = interceptFileSystem(realFileSystem, (call, effect) =>
    Effect.suspend(() => {
      if (!isFirst || call.operation !== operation || !file.test(call.path)) return effect
      isFirst = false
      return Effect.andThen(reached.open, Effect.andThen(released.await, effect))
    }))
  return { fileSystem, release: released.open, hangs: reached.await } satisfies Hanging
})

const waiting = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

const cases: ReadonlyArray<readonly [protocol: "rename" | "slots", operation: FileOperation, file: RegExp]> = [
  ["rename", "rename", /local_1/],
  ["rename", "sync", /local_1/],
  ["slots", "write", /local_1/],
  ["slots", "sync", /local_1\.json/]
]

for (const [protocol, operation, file] of cases) {
  describe(`a ${operation} that hangs, with ${protocol}`, () => {
    const opened = Effect.gen(function*() {
      const folder = yield* quickFolder
      const hanging = yield* hangingOn(operation, file)
      const options: OpenOptions = { commit: protocol, fileSystem: hanging.fileSystem }
      return { folder, adapter: yield* open(folder, options), ...hanging }
    })

    it.live("ends the waiting of its caller only, and the save behind it waits for it and wins", () =>
      Effect.gen(function*() {
        const { adapter, folder, hangs, release } = yield* opened
        const first = yield* Effect.forkChild(commit(adapter, put(key, "hung")), { startImmediately: true })
        yield* hangs
        yield* Fiber.interrupt(first)
        const second = yield* Effect.forkChild(commit(adapter, put(key, "later"), append(key, ["a"])), {
          startImmediately: true
        })
        yield* commit(adapter, put(neighbour, 1))
        assert.isUndefined(second.pollUnsafe())
        yield* release
        yield* Fiber.join(second)
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "later", entries: ["a"] }))
        const content = yield* visit(folder, (later) => contentOf(later, key))
        assert.deepStrictEqual(content, Option.some({ state: "later", entries: ["a"] }))
      }))

    it.live("holds its key also when its store was closed and opened again meanwhile", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const hanging = yield* hangingOn(operation, file)
        const { adapter, close } = yield* openClosable(folder, {
          commit: protocol,
          fileSystem: hanging.fileSystem,
          closeTimeout: "20 millis"
        })
        const first = yield* Effect.forkChild(failureOf(commit(adapter, put(key, "hung"))), { startImmediately: true })
        yield* hanging.hangs
        yield* close
        assert.deepStrictEqual(yield* Fiber.join(first), ["OutcomeUnknown", "unknown"])
        const reopened = yield* open(folder, { commit: protocol })
        const second = yield* Effect.forkChild(commit(reopened, put(key, "later")), { startImmediately: true })
        yield* commit(reopened, put(neighbour, 1))
        assert.isUndefined(second.pollUnsafe())
        yield* hanging.release
        yield* Fiber.join(second)
        assert.deepStrictEqual(yield* contentOf(reopened, key), Option.some({ state: "later", entries: [] }))
      }))

    it.live("is gone through with although nobody waits for it", () =>
      Effect.gen(function*() {
        const { adapter, folder, hangs, release } = yield* opened
        const first = yield* Effect.forkChild(commit(adapter, put(key, "hung")), { startImmediately: true })
        yield* hangs
        yield* Fiber.interrupt(first)
        yield* release
        yield* commit(adapter, append(key, ["a"]))
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "hung", entries: ["a"] }))
        assert.deepStrictEqual(Object.keys(sessionFiles(folder)).filter((name) => name.endsWith(".tmp")), [])
      }))
  })
}

describe("those who wait behind a call that hangs", () => {
  const opened = Effect.gen(function*() {
    const hanging = yield* hangingOn("rename", /local_1/)
    const adapter = yield* open(yield* quickFolder, { commit: "rename", fileSystem: hanging.fileSystem })
    yield* Effect.forkChild(Effect.exit(commit(adapter, put(key, "hung"))), { startImmediately: true })
    yield* hanging.hangs
    return { adapter, ...hanging }
  })

  it.effect("are told so after half a minute of their own, whoever is before them, and the last one goes on", () =>
    Effect.gen(function*() {
      const { adapter, release } = yield* opened
      const second = yield* waiting(failureOf(commit(adapter, put(key, "second"))))
      yield* TestClock.adjust("10 seconds")
      const third = yield* waiting(failureOf(commit(adapter, append(key, ["third"]))))
      yield* TestClock.adjust("10 seconds")
      const last = yield* waiting(commit(adapter, put(key, "last")))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(second), ["Busy", "notApplied"])
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(third.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(third), ["Busy", "notApplied"])
      assert.isUndefined(last.pollUnsafe())
      yield* release
      yield* Fiber.join(last)
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "last", entries: [] }))
    }))

  it.live("go on when the first of them gives up, in the order of their coming", () =>
    Effect.gen(function*() {
      const { adapter, release } = yield* opened
      const second = yield* waiting(commit(adapter, put(key, "second")))
      const third = yield* waiting(commit(adapter, put(key, "third")))
      const fourth = yield* waiting(commit(adapter, append(key, ["fourth"])))
      const last = yield* waiting(commit(adapter, append(key, ["last"])))
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(fourth)
      yield* release
      yield* Fiber.joinAll([third, last])
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "third", entries: ["last"] }))
    }))
})
