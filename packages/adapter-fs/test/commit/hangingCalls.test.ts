/** A system call that hangs holds its key, and nobody else's: what was given up on lands before what comes after it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type FileSystem, Latch, Option } from "effect"
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
