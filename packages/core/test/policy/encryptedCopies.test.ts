/** Records that go from a plain store to an encrypted one and back, and stores that were plain before. */
import { assert, describe, it } from "@effect/vitest"
import { makeMemory, makeMemoryAdapter, type SessionKey } from "@holdfast/core"
import { Effect, Option } from "effect"
import {
  a,
  type Adapter,
  append,
  b,
  commit,
  entriesOf,
  entryTexts,
  k1,
  k2,
  openBoth,
  openEncrypted,
  put,
  reasonOf,
  replaceEntries,
  restore,
  rowsOf,
  tamper
} from "./encryptedStores.ts"

const cut = (text: string): string => text.slice(0, 40)

const snapshot = (adapter: Adapter, key: SessionKey = a) => Effect.all([adapter.load(key), entriesOf(adapter, key)])

describe("restoring through the encryption", () => {
  it.effect("carries a record from a plain store to an encrypted one and back without changing it", () =>
    Effect.gen(function*() {
      const source = yield* makeMemoryAdapter(makeMemory())
      const { adapter, below, content } = yield* openBoth()
      const target = yield* makeMemoryAdapter(makeMemory())
      yield* commit(source, put(a, "secret"), append(a, "secret 0", "secret 1"))
      yield* commit(source, append(a, "secret 2"))
      yield* restore(source, adapter, { writeId: "in" })
      assert.deepStrictEqual(yield* snapshot(adapter), yield* snapshot(source))
      assert.notInclude(JSON.stringify([...content.cells.values()]), "secret")
      assert.strictEqual(yield* reasonOf(commit(below, put(a, "x", "absent"))), "Conflict")
      yield* restore(adapter, target, { writeId: "out" })
      assert.deepStrictEqual(yield* snapshot(target), yield* snapshot(source))
    }))

  it.effect("goes on where the record ends: entries that are added later are in their places", () =>
    Effect.gen(function*() {
      const source = yield* makeMemoryAdapter(makeMemory())
      const { adapter } = yield* openBoth()
      yield* commit(source, put(a, "s"), append(a, "0", "1"))
      yield* restore(source, adapter, { writeId: "in" })
      yield* commit(adapter, append(a, "2"))
      assert.deepStrictEqual(yield* entryTexts(adapter), ["0", "1", "2"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 1, to: 2 }), ["1"])
    }))

  it.effect("encrypts again under the current key, to which the entries go over as well", () =>
    Effect.gen(function*() {
      const { adapter: former } = yield* openBoth([k1])
      const content = makeMemory()
      const both = yield* openEncrypted(content, [k2, k1])
      yield* commit(former, put(a, "s"), append(a, "0", "1"))
      yield* restore(former, both, { writeId: "in" })
      const latter = yield* openEncrypted(content, [k2])
      assert.deepStrictEqual(yield* snapshot(latter), yield* snapshot(former))
    }))

  it.effect("under another key gives a copy that decrypts there", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openBoth()
      yield* commit(adapter, put(a, "s"), append(a, "0"))
      yield* restore(adapter, adapter, { writeId: "copy", key: b })
      const [copy, entries] = yield* snapshot(adapter, b)
      assert.strictEqual(Option.getOrThrow(copy).body, JSON.stringify({ text: "s" }))
      assert.strictEqual(entries.length, 1)
    }))

  it.effect("below the encryption keeps a record readable under its key and not under another one", () =>
    Effect.gen(function*() {
      const { adapter, below } = yield* openBoth()
      yield* commit(adapter, put(a, "s"), append(a, "0", "1"))
      const content = makeMemory()
      const target = yield* makeMemoryAdapter(content)
      yield* restore(below, target, { writeId: "same" })
      yield* restore(below, target, { writeId: "other", key: b })
      const decrypted = yield* openEncrypted(content)
      assert.deepStrictEqual(yield* snapshot(decrypted), yield* snapshot(adapter))
      assert.strictEqual(yield* reasonOf(decrypted.load(b)), "Corrupt")
    }))
})

describe("a store that was plain before", () => {
  it.effect("shows what was not encrypted as unreadable unless it is told to accept it", () =>
    Effect.gen(function*() {
      const { adapter, below } = yield* openBoth()
      yield* commit(below, put(a, "plain"), append(a, "plain"))
      assert.strictEqual(yield* reasonOf(adapter.load(a)), "Corrupt")
      assert.deepStrictEqual((yield* rowsOf(adapter)).map(({ _tag }) => _tag), ["Unreadable"])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["Corrupt"])
    }))

  it.effect("is read when plain texts are accepted, and each save encrypts its session's state", () =>
    Effect.gen(function*() {
      const { below, content } = yield* openBoth()
      const adapter = yield* openEncrypted(content, [k1], { plainTexts: "accept" })
      yield* commit(below, put(a, "plain"), append(a, "0", "1"))
      assert.deepStrictEqual(yield* snapshot(adapter), yield* snapshot(below))
      yield* commit(adapter, put(a, "secret"), append(a, "2"))
      assert.deepStrictEqual(yield* entryTexts(adapter), ["0", "1", "2"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 2 }), ["2"])
      assert.notInclude(content.cells.get("a")!.body, "secret")
      const strict = yield* openEncrypted(content)
      assert.strictEqual(Option.getOrThrow(yield* strict.load(a)).body, JSON.stringify({ text: "secret" }))
      assert.deepStrictEqual(yield* entryTexts(strict), ["Corrupt", "Corrupt", "2"])
    }))

  it.effect("takes a damaged encrypted text for no plain one", () =>
    Effect.gen(function*() {
      const { adapter: first, content } = yield* openBoth()
      const adapter = yield* openEncrypted(content, [k1], { plainTexts: "accept" })
      yield* commit(first, put(a, "secret"), append(a, "entry"))
      yield* tamper(content, a, ({ body, summary }) => ({ body: cut(body), summary: cut(summary) }))
      yield* replaceEntries(content, a, (texts) => texts.map(cut))
      assert.strictEqual(yield* reasonOf(adapter.load(a)), "Corrupt")
      assert.strictEqual(yield* reasonOf(adapter.head(a)), "Corrupt")
      assert.deepStrictEqual(yield* entryTexts(adapter), ["Corrupt"])
    }))
})
