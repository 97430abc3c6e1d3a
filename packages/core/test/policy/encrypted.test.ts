import { assert, describe, it } from "@effect/vitest"
import { makeMemory, makeMemoryAdapter, utf8Length } from "@holdfast/core"
import { Effect, Option } from "effect"
import { encrypted, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import {
  a,
  type Adapter,
  append,
  b,
  commit,
  entryTexts,
  k1,
  k2,
  keyOf,
  openBoth,
  openEncrypted,
  put,
  reasonOf,
  restore,
  rowsOf,
  withBodiesUpTo
} from "./encryptedStores.ts"
import { errorOf, healthOf } from "./scripted.ts"

const secret = "the quick brown fox"

const bodyOf = (adapter: Adapter, key = a) =>
  Effect.map(adapter.load(key), (found) => JSON.parse(Option.getOrThrow(found).body).text)

describe("an encrypted store", () => {
  it.effect("gives back what was written, and nothing of it is in what the adapter below holds", () =>
    Effect.gen(function*() {
      const { adapter, below, content } = yield* openBoth()
      yield* commit(adapter, put(a, secret), append(a, secret, `${secret} 2`))
      assert.strictEqual(yield* bodyOf(adapter), secret)
      assert.deepStrictEqual(yield* entryTexts(adapter), [secret, `${secret} 2`])
      const head = Option.getOrThrow(yield* adapter.head(a))
      assert.strictEqual(head.summary, JSON.stringify({ title: secret }))
      assert.deepStrictEqual(yield* rowsOf(adapter), [head])

      const held = JSON.stringify([...content.cells.values()].map((cell) => ({
        ...cell,
        entryWrites: [...cell.entryWrites.values()]
      })))
      assert.include(held, "aes256gcm")
      for (const word of secret.split(" ")) assert.notInclude(held, word)
      const stored = Option.getOrThrow(yield* below.load(a))
      for (const text of [stored.body, stored.head.summary]) assert.isObject(JSON.parse(text))
    }))

  it.effect("that cannot read what it would replace is failing, until a write succeeds", () =>
    Effect.gen(function*() {
      const { below } = yield* openBoth()
      let isReadable = false
      const head: Adapter["head"] = (key) =>
        isReadable ? below.head(key) : Effect.fail(errorOf(reasonSamples.Io, "head"))
      const adapter = encrypted({ keys: yield* makeEncryptionKeys([k1]) })({ ...below, head })
      assert.strictEqual(yield* reasonOf(commit(adapter, put(a, "1"))), "Io")
      assert.strictEqual((yield* healthOf(adapter)).state, "failing")
      isReadable = true
      yield* commit(adapter, put(a, "2"))
      assert.strictEqual((yield* healthOf(adapter)).state, "healthy")
    }))

  it.effect("encrypts equal texts to different ones, also those of a repeated write, which is answered as it was", () =>
    Effect.gen(function*() {
      const { adapter, below } = yield* openBoth()
      const change = { writeId: "again", operations: [put(a, secret), append(a, secret, secret)] }
      const first = yield* adapter.commit(change)
      const stored = yield* entryTexts(below)
      assert.notStrictEqual(stored[0].nonce, stored[1].nonce)
      assert.notStrictEqual(stored[0].text, stored[1].text)
      const second = yield* adapter.commit({ ...change, attempt: 2 })
      assert.deepStrictEqual(second.keys, first.keys)
      assert.deepStrictEqual(yield* entryTexts(adapter), [secret, secret])
    }))

  it.effect("keeps the places of entries over several appends of one change and over several changes", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openBoth()
      yield* commit(adapter, put(a, "a"), append(a, "0", "1"), put(b, "b"), append(b, "x"), append(a, "2"))
      yield* commit(adapter, append(a, "3", "4"))
      assert.deepStrictEqual(yield* entryTexts(adapter), ["0", "1", "2", "3", "4"])
      assert.deepStrictEqual(yield* entryTexts(adapter, b), ["x"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 2, to: 4 }), ["2", "3"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { last: 1 }), ["4"])
    }))

  it.effect("does not save over what it cannot decrypt, whatever it was that made it unreadable", () =>
    Effect.gen(function*() {
      const { adapter, below, content } = yield* openBoth([k1])
      yield* commit(adapter, put(a, secret))
      yield* commit(below, put(b, "plain"))
      const stranger = yield* openEncrypted(content, [k2])
      const impostor = yield* openEncrypted(content, [keyOf("k1", 3)])
      const before = yield* rowsOf(below)
      assert.strictEqual(yield* reasonOf(commit(stranger, put(a, "other"))), "Unavailable")
      assert.strictEqual(yield* reasonOf(commit(impostor, put(a, "other", "present"))), "Corrupt")
      assert.strictEqual(yield* reasonOf(commit(adapter, put(b, "other"))), "Corrupt")
      assert.strictEqual(yield* reasonOf(commit(stranger, put(a, "other", "absent"))), "Conflict")
      assert.deepStrictEqual(yield* rowsOf(below), before)
      assert.strictEqual(yield* bodyOf(adapter), secret)
    }))

  it.effect("removes what it cannot decrypt when it is told to", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth([k1])
      yield* commit(adapter, put(a, secret))
      const stranger = yield* openEncrypted(content, [k2])
      yield* commit(stranger, { _tag: "Remove", key: a, expect: "any" })
      yield* commit(stranger, put(a, "other"))
      assert.strictEqual(yield* bodyOf(stranger), "other")
    }))
})

describe("rotating keys", () => {
  it.effect("keeps what former keys wrote readable and writes under the current one", () =>
    Effect.gen(function*() {
      const { adapter: former, below, content } = yield* openBoth([k1])
      yield* commit(former, put(a, "one"), append(a, "first"))
      const both = yield* openEncrypted(content, [k2, k1])
      assert.strictEqual(yield* bodyOf(both), "one")
      yield* commit(both, put(a, "two"), append(a, "second"))
      const stored = Option.getOrThrow(yield* below.load(a))
      assert.strictEqual(JSON.parse(stored.body).key, "k2")
      assert.strictEqual(JSON.parse(stored.head.summary).key, "k2")
      assert.strictEqual(yield* bodyOf(both), "two")
      assert.deepStrictEqual(yield* entryTexts(both), ["first", "second"])

      const latter = yield* openEncrypted(content, [k2])
      assert.strictEqual(yield* bodyOf(latter), "two")
      assert.deepStrictEqual(yield* entryTexts(latter), ["Unavailable", "second"])
      assert.strictEqual(yield* reasonOf(former.load(a)), "Unavailable")
    }))
})

/** JSON of a text, in so many bytes of UTF-8. */
const jsonOf = (bytes: number): string => JSON.stringify("ü".repeat((bytes - 2) >> 1) + "u".repeat(bytes % 2))

describe("the size of what is encrypted", () => {
  /** Encrypted memory below which texts have 4,096 bytes at most, and what reached that memory. */
  const limited = Effect.gen(function*() {
    const memory = withBodiesUpTo(4_096)(yield* makeMemoryAdapter(makeMemory()))
    const commits: Array<string> = []
    const below: Adapter = {
      ...memory,
      commit: (change) => {
        commits.push(change.writeId)
        return memory.commit(change)
      }
    }
    const keys = yield* makeEncryptionKeys([keyOf("k".repeat(64), 1)])
    return { adapter: encrypted({ keys })(below), below, commits }
  })

  it.effect("is limited so that what fits in clear fits encrypted, with the longest ids", () =>
    Effect.gen(function*() {
      const { adapter } = yield* limited
      const { bodyBytesMax } = adapter.capability
      const text = jsonOf(bodyBytesMax)
      assert.strictEqual(utf8Length(text), bodyBytesMax)
      yield* adapter.commit({
        writeId: "\u0001".repeat(256),
        operations: [
          { _tag: "Put", key: a, expect: "any", kind: "chat", schemaVersion: 1, summary: text, body: text },
          { _tag: "Append", key: a, expect: "any", kind: "chat", schemaVersion: 1, entries: [text] }
        ]
      })
      assert.strictEqual(Option.getOrThrow(yield* adapter.load(a)).body, text)
      assert.deepStrictEqual(yield* entryTexts(adapter), [JSON.parse(text)])
    }))

  it.effect("is told in clear bytes, before the adapter below is asked", () =>
    Effect.gen(function*() {
      const { adapter, commits } = yield* limited
      const { bodyBytesMax } = adapter.capability
      const error = yield* Effect.flip(commit(adapter, append(a, JSON.parse(jsonOf(bodyBytesMax + 1)))))
      assert.deepInclude(error.reason, { _tag: "TooLarge", bytes: bodyBytesMax + 1, bytesMax: bodyBytesMax })
      assert.deepStrictEqual(commits, [])
    }))

  it.effect("is told in clear bytes of entries that are restored, and nothing is written", () =>
    Effect.gen(function*() {
      const { adapter, below } = yield* limited
      const { bodyBytesMax } = adapter.capability
      const source = yield* makeMemoryAdapter(makeMemory())
      yield* commit(source, put(a, "s"), append(a, JSON.parse(jsonOf(bodyBytesMax + 1))))
      const error = yield* Effect.flip(restore(source, adapter, { writeId: "in" }))
      assert.deepInclude(error.reason, { _tag: "TooLarge", bytes: bodyBytesMax + 1, bytesMax: bodyBytesMax })
      assert.isTrue(Option.isNone(yield* below.head(a)))
    }))
})
