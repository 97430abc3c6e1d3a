/** A save that lands late: its caller gave up, sent it again and saved something else, and nothing old comes back. */
import { assert, describe, it } from "@effect/vitest"
import { keyText } from "@holdfast/core"
import { Effect, Fiber, Latch, Option } from "effect"
import { TestClock } from "effect/testing"
import * as path from "node:path"
import { openHostLocks } from "../../src/io/hostLocks.ts"
import { hostLockFile, storeFolder } from "../../src/layout/files.ts"
import { type FileOperation, interceptFileSystem } from "../../src/testing/intercept.ts"
import {
  append,
  change,
  commit,
  contentOf,
  failureOf,
  open,
  put,
  quickFolder,
  realFileSystem,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

const ways: ReadonlyArray<readonly [protocol: "rename" | "slots", operation: FileOperation]> = [
  ["rename", "rename"],
  ["slots", "sync"]
]

/** A store with a session, on a file system that can be told to hang at the next such call for its head. */
const hangingStore = Effect.fnUntraced(function*(protocol: "rename" | "slots", operation: FileOperation) {
  const folder = yield* quickFolder
  const [reached, released] = [yield* Latch.make(), yield* Latch.make()]
  let hangs = false
  const fileSystem = interceptFileSystem(realFileSystem, (call, effect) =>
    Effect.suspend(() => {
      if (!hangs || call.operation !== operation || !/local_1\.(alt\.)?json/.test(call.path)) return effect
      hangs = false
      return Effect.andThen(reached.open, Effect.andThen(released.await, effect))
    }))
  const adapter = yield* open(folder, { commit: protocol, fileSystem })
  yield* commit(adapter, put(key, "before"))
  hangs = true
  return { folder, adapter, reached: reached.await, release: released.open }
})

for (const [protocol, operation] of ways) {
  describe(`a save whose ${operation} hangs and lands late, with ${protocol}`, () => {
    it.live("is applied once, before what was saved after it, when its caller timed out and sent it again", () =>
      Effect.gen(function*() {
        const { adapter, folder, reached, release } = yield* hangingStore(protocol, operation)
        const sent = change(put(key, "late"), append(key, ["a"]))
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(adapter.commit(sent), "20 millis")))
        yield* reached
        const again = yield* Effect.forkChild(adapter.commit({ ...sent, attempt: 2 }), { startImmediately: true })
        const after = yield* Effect.forkChild(commit(adapter, put(key, "after"), append(key, ["b"])), {
          startImmediately: true
        })
        yield* Effect.sleep("20 millis")
        assert.deepStrictEqual([again.pollUnsafe(), after.pollUnsafe()], [undefined, undefined])
        yield* release
        const versions = [versionOf(yield* Fiber.join(again)), versionOf(yield* Fiber.join(after))]
        assert.deepStrictEqual(versions[1], versions[0]! + 1)
        const expected = Option.some({ state: "after", entries: ["a", "b"] })
        assert.deepStrictEqual(yield* contentOf(adapter, key), expected)
        assert.deepStrictEqual(yield* visit(folder, (later) => contentOf(later, key)), expected)
      }))

    it.live("keeps other processes from its key until it has landed", () =>
      Effect.gen(function*() {
        const { adapter, folder, reached, release } = yield* hangingStore(protocol, operation)
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(commit(adapter, put(key, "late")), "20 millis")))
        yield* reached
        const locks = yield* openHostLocks((index) => path.join(folder, storeFolder, hostLockFile(index)), Effect.void)
        const heads = Effect.sync(() =>
          Object.entries(sessionFiles(folder)).flatMap(([name, text]) => name.endsWith(".json") ? [text] : []).join("")
        )
        const other = yield* Effect.forkChild(Option.getOrThrow(locks).lock(keyText(key))(heads), {
          startImmediately: true
        })
        yield* Effect.sleep("20 millis")
        assert.isUndefined(other.pollUnsafe())
        yield* release
        assert.include(yield* Fiber.join(other), "\"late\"")
      }))

    it.effect("makes its key busy to whoever waits for too long, of whose save nothing is begun", () =>
      Effect.gen(function*() {
        const { adapter, reached, release } = yield* hangingStore(protocol, operation)
        const late = yield* Effect.forkChild(commit(adapter, put(key, "late")), { startImmediately: true })
        yield* reached
        const waiting = yield* Effect.forkChild(failureOf(commit(adapter, put(key, "given up"))), {
          startImmediately: true
        })
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Fiber.join(waiting), ["Busy", "notApplied"])
        yield* release
        yield* Fiber.join(late)
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "late", entries: [] }))
      }))
  })
}
