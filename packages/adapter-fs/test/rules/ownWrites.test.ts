/** A writer who does not know what became of his write, or was overtaken, neither meets his own write nor skips another's. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  append,
  change,
  commit,
  contentOf,
  failureOf,
  faulty,
  load,
  open,
  openClosable,
  put,
  quickFolder,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

const failing: Record<"rename" | "slots", FaultRule> = {
  rename: { operation: "sync", path: /acct$/, code: "EIO" },
  slots: { operation: "sync", path: /local_1\.(alt\.)?json$/, code: "EIO", calls: (call) => call === 1 }
}

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol }

  describe(`a save that was applied with an unknown outcome, with ${protocol}`, () => {
    /** A session, and a save over its version that is there although nobody was told so. */
    const unsure = Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<FaultRule> = []
      const { adapter, close } = yield* openClosable(folder, { ...options, fileSystem: faulty(rules) })
      // The log is there: that its name is made durable is no part of the save that follows.
      yield* commit(adapter, put(key, 1), append(key, ["z"]))
      const { head: { version } } = yield* load(adapter, key)
      rules.push(failing[protocol])
      const sent = change(put(key, 2, { expect: version }), append(key, ["a"]))
      assert.deepStrictEqual(yield* failureOf(adapter.commit(sent)), ["Io", "unknown"])
      rules.length = 0
      return { folder, adapter, close, sent, version }
    })
    const applied = Option.some({ state: 2, entries: ["z", "a"] })

    it.live("is done when it is sent again, and no conflict with itself", () =>
      Effect.gen(function*() {
        const { adapter, folder, sent, version } = yield* unsure
        assert.strictEqual(versionOf(yield* adapter.commit({ ...sent, attempt: 2 })), version + 1)
        assert.deepStrictEqual(yield* contentOf(adapter, key), applied)
        assert.deepStrictEqual(yield* visit(folder, (later) => contentOf(later, key)), applied)
      }))

    it.live("is done when it is sent again by another process, also after others have written", () =>
      Effect.gen(function*() {
        const { close, folder, sent, version } = yield* unsure
        yield* close
        yield* visit(folder, (other) => commit(other, append(key, ["b"])), options)
        const receipt = yield* visit(folder, (later) => later.commit({ ...sent, attempt: 2 }), options)
        assert.strictEqual(versionOf(receipt), version + 1)
        const content = yield* visit(folder, (later) => contentOf(later, key), options)
        assert.deepStrictEqual(content, Option.some({ state: 2, entries: ["z", "a", "b"] }))
      }))
  })

  describe(`saves that are written as one, with ${protocol}`, () => {
    it.live("leave to the first one a version of its own, which is refused where the second one is current", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        const fibers = yield* Effect.forEach(
          [0, 1, 2],
          (n) => Effect.forkChild(commit(adapter, put(key, n)), { startImmediately: true })
        )
        const receipts = yield* Effect.forEach(fibers, Fiber.join)
        const [, first, second] = receipts.map((receipt) => receipt.keys[0]!.version)
        assert.isBelow(first!, second!)
        const over = (version: typeof first) => commit(adapter, put(key, "over", { expect: version! }))
        assert.deepStrictEqual(yield* failureOf(over(first)), ["Conflict", "notApplied"])
        assert.strictEqual((yield* load(adapter, key)).body, "2")
        yield* over(second)
        assert.strictEqual((yield* load(adapter, key)).body, "\"over\"")
      }))
  })
}
