/** A write whose acknowledgement was lost is sent again, and is applied once. */
import { assert, describe, it } from "@effect/vitest"
import { randomId, type StorageChange } from "@holdfast/core"
import { Effect, Option } from "effect"
import {
  append,
  commit,
  contentOf,
  failureOf,
  load,
  open,
  openClosable,
  type OpenOptions,
  put,
  quickFolder,
  remove,
  treeOf,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const change = (...operations: StorageChange["operations"]): StorageChange => ({ writeId: randomId(), operations })
const again = (sent: StorageChange): StorageChange => ({ ...sent, attempt: 2 })

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  /** Every sort of write, each as it would be sent after those before it. */
  const writes: ReadonlyArray<readonly [what: string, sent: StorageChange]> = [
    ["a create", change(put(key, 1, { expect: "absent" }))],
    ["a save", change(put(key, 2))],
    ["an append", change(append(key, ["a", "b"]))],
    ["a save with entries", change(put(key, 3), append(key, ["c"]))],
    ["a removal", change(remove(key, { expect: "present" }))],
    ["a second create", change(put(key, 4, { expect: "absent" }), append(key, ["d"]))]
  ]

  describe(`a write that is sent again, with ${protocol}`, () => {
    it.live("changes nothing and is answered as it was", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        for (const [what, sent] of writes) {
          const first = yield* adapter.commit(sent)
          const before = treeOf(folder)
          const second = yield* adapter.commit(again(sent))
          const { createdAt: _, ...row } = second.keys[0]!
          assert.deepInclude(first.keys[0], row, what)
          assert.deepStrictEqual(treeOf(folder), before, what)
        }
      }))

    it.live("changes nothing when another process sends it again", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        for (const [what, sent] of writes) {
          const first = yield* visit(folder, (adapter) => adapter.commit(sent), options)
          const before = treeOf(folder)
          const second = yield* visit(folder, (adapter) => adapter.commit(again(sent)), options)
          assert.deepStrictEqual([versionOf(second), second.keys[0]?.entryCount], [
            versionOf(first),
            first.keys[0]?.entryCount
          ], what)
          assert.deepStrictEqual(treeOf(folder), before, what)
        }
      }))

    it.live("meets no conflict of its own making", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        yield* commit(adapter, put(key, 0))
        const { head } = yield* load(adapter, key)
        const sent = change(put(key, 1, { expect: head.version }))
        const first = yield* adapter.commit(sent)
        yield* commit(adapter, append(key, ["later"]))
        assert.strictEqual(versionOf(yield* adapter.commit(again(sent))), versionOf(first))
      }))

    it.live("is recognised among a thousand appends", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const { adapter, close } = yield* openClosable(folder, options)
        yield* commit(adapter, put(key, 0))
        const first = change(append(key, ["first"]))
        yield* adapter.commit(first)
        for (let count = 0; count < 1000; count += 1) yield* commit(adapter, append(key, [count]))
        assert.strictEqual((yield* adapter.commit(again(first))).keys[0]?.entryCount, 1)
        yield* close
        const later = yield* visit(folder, (adapter) => adapter.commit(again(first)), options)
        assert.strictEqual(later.keys[0]?.entryCount, 1)
        const { head } = yield* visit(folder, (adapter) => load(adapter, key), options)
        assert.strictEqual(head.entryCount, 1001)
      }))

    it.live("has an unknown outcome, and never a conflict, when its id has scrolled out of the head", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const sent = change(put(key, 0, { expect: "absent" }))
        yield* visit(folder, (earlier) =>
          Effect.gen(function*() {
            const first = yield* earlier.commit(sent)
            for (let count = 0; count < 16; count += 1) yield* commit(earlier, put(key, count))
            // Whoever wrote it remembers for longer.
            assert.deepStrictEqual((yield* earlier.commit(again(sent))).keys, first.keys)
          }), options)
        const adapter = yield* open(folder, options)
        assert.deepStrictEqual(yield* failureOf(adapter.commit(again(sent))), ["OutcomeUnknown", "unknown"])
        assert.deepStrictEqual(yield* failureOf(adapter.commit({ ...sent, attempt: 1 })), ["Conflict", "notApplied"])
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 15, entries: [] }))
      }))

    it.live("is another write in another life of its key", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        yield* commit(adapter, put(key, 1))
        const sent = change(append(key, ["a"]))
        yield* adapter.commit(sent)
        yield* commit(adapter, remove(key))
        yield* commit(adapter, put(key, 2))
        yield* adapter.commit(again(sent))
        const content = yield* visit(folder, (later) => contentOf(later, key), options)
        assert.deepStrictEqual(content, yield* contentOf(adapter, key))
        assert.isTrue(Option.isSome(content) && content.value.state === 2)
      }))
  })
}
