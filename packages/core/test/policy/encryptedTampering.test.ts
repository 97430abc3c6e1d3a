/** What whoever can write to the storage may do to it, and how it is noticed. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, type Memory } from "@holdfast/core"
import { Effect, Option } from "effect"
import {
  a,
  type Adapter,
  append,
  b,
  commit,
  entryTexts,
  k1,
  keyOf,
  openBoth,
  openEncrypted,
  put,
  reasonOf,
  replaceEntries,
  rowsOf,
  tamper
} from "./encryptedStores.ts"

/** The text with another character of the same alphabet at a position. */
const flipped = (text: string, position: number): string => {
  const character = text[position] === "A" ? "B" : "A"
  return text.slice(0, position) + character + text.slice(position + 1)
}

/** An encrypted text that says it is of another write. */
const ofAnother = (text: string): string => JSON.stringify({ ...JSON.parse(text), write: "another" })

/** What a session reads as after its stored body was replaced: its text, or the reason why there is none. */
const afterReplacing = (adapter: Adapter, content: Memory, body: string) =>
  Effect.andThen(
    tamper(content, a, () => ({ body })),
    Effect.match(adapter.load(a), {
      onFailure: ({ reason }) => reason._tag,
      onSuccess: (found) => Option.getOrThrow(found).body
    })
  )

describe("a text that was changed below the encryption", () => {
  it.effect("does not decrypt, whichever of its characters is another one", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "secret"))
      const { body } = content.cells.get("a")!
      const { nonce, text, write } = JSON.parse(body)
      const plain = Option.getOrThrow(yield* adapter.load(a)).body
      for (const part of [nonce, text, write]) {
        const begin = body.indexOf(part)
        for (let position = begin; position < begin + part.length; position++) {
          const found = yield* afterReplacing(adapter, content, flipped(body, position))
          // The last character before the padding has bits that stand for nothing, and what it says may be the same.
          const mayBeSame = body[position + 1] === "="
          assert.include(mayBeSame ? ["Corrupt", plain] : ["Corrupt"], found, `at ${position}`)
        }
      }
    }))

  it.effect("does not decrypt, wherever it is cut", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "secret"))
      const { body } = content.cells.get("a")!
      for (let length = 0; length < body.length; length++) {
        assert.strictEqual(yield* afterReplacing(adapter, content, body.slice(0, length)), "Corrupt", `at ${length}`)
      }
      const sealed = JSON.parse(body)
      for (let length = 0; length < sealed.text.length; length += 4) {
        const cut = JSON.stringify({ ...sealed, text: sealed.text.slice(0, length) })
        assert.strictEqual(yield* afterReplacing(adapter, content, cut), "Corrupt", `at ${length}`)
      }
    }))

  it.effect("does not stand for another text of its change, nor beside the summary of another write", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "first"), append(a, "entry"))
      const first = content.cells.get("a")!
      yield* commit(adapter, put(a, "second"))
      assert.strictEqual(yield* afterReplacing(adapter, content, first.body), "Corrupt")
      assert.strictEqual(yield* afterReplacing(adapter, content, first.summary), "Corrupt")
      assert.strictEqual(yield* afterReplacing(adapter, content, first.entries[0]!.entry), "Corrupt")
      assert.strictEqual(yield* afterReplacing(adapter, content, content.cells.get("a")!.summary), "Corrupt")
      const relabelled = JSON.stringify({ ...JSON.parse(content.cells.get("a")!.summary), place: "body" })
      assert.strictEqual(yield* afterReplacing(adapter, content, relabelled), "Corrupt")
    }))

  it.effect("does not decrypt as a text of another write, also where all texts say that they are of it", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "secret"), append(a, "entry"))
      yield* tamper(content, a, ({ body, summary }) => ({ body: ofAnother(body), summary: ofAnother(summary) }))
      yield* replaceEntries(content, a, (texts) => texts.map(ofAnother))
      assert.strictEqual(yield* reasonOf(adapter.load(a)), "Corrupt")
      assert.strictEqual(yield* reasonOf(adapter.head(a)), "Corrupt")
      assert.deepStrictEqual(yield* entryTexts(adapter), ["Corrupt"])
    }))

  it.effect("is of a format that is not known when it says so", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "secret"))
      assert.strictEqual(yield* afterReplacing(adapter, content, `{"aes256gcm":2,"else":1}`), "NewerFormat")
    }))
})

describe("a record that was moved to another key", () => {
  it.effect("does not decrypt there, and the listing shows the others", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "of a"), append(a, "entry of a"))
      yield* commit(adapter, put(b, "of b"), append(b, "entry of b"))
      const { body, entries, summary } = content.cells.get("a")!
      yield* tamper(content, b, () => ({ body, entries, summary }))
      assert.strictEqual(yield* reasonOf(adapter.load(b)), "Corrupt")
      assert.strictEqual(yield* reasonOf(adapter.head(b)), "Corrupt")
      assert.deepStrictEqual(yield* entryTexts(adapter, b), ["Corrupt"])
      assert.deepStrictEqual(
        (yield* rowsOf(adapter)).map((
          row
        ) => [row._tag, row._tag === "StoredHead" ? row.key : Option.getOrThrow(row.key)]),
        [["Unreadable", b], ["StoredHead", a]]
      )
    }))

  it.effect("does not decrypt under a key of the same names in another order", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      const nested = makeKey("c", ["a", "b"])
      const flat = makeKey("c", ["a"])
      yield* commit(adapter, put(nested, "nested"))
      yield* commit(adapter, put(flat, "flat"))
      const { body, summary } = content.cells.get("a/b/c")!
      content.cells.set("a/c", { ...content.cells.get("a/c")!, body, summary })
      assert.strictEqual(yield* reasonOf(adapter.load(flat)), "Corrupt")
    }))
})

describe("entries that were moved", () => {
  it.effect("between sessions do not decrypt, and the entries round them are served", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "a"), append(a, "a0", "a1", "a2"))
      yield* commit(adapter, put(b, "b"), append(b, "b0", "b1", "b2"))
      const other = content.cells.get("b")!.entries[1]!.entry
      yield* replaceEntries(content, a, ([first, , last]) => [first!, other, last!])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["a0", "Corrupt", "a2"])
    }))

  it.effect("within their batch are noticed, whether all of it is read or one of them", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "a"), append(a, "before"))
      yield* commit(adapter, append(a, "0", "1", "2"))
      yield* commit(adapter, append(a, "after"))
      yield* replaceEntries(content, a, ([before, x, y, z, after]) => [before!, y!, x!, z!, after!])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["before", "Corrupt", "Corrupt", "2", "after"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 1, to: 2 }), ["Corrupt"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 2, to: 3 }), ["Corrupt"])
      yield* replaceEntries(content, a, ([before, y, x, z, after]) => [before!, y!, z!, x!, after!])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["before", "Corrupt", "Corrupt", "Corrupt", "after"])
    }))

  it.effect("out of the midst of another batch are noticed, also behind one that does not decrypt", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "a"), append(a, "0", "1", "2"))
      yield* commit(adapter, append(a, "3", "4", "5"))
      yield* replaceEntries(content, a, ([zero, one, two, three]) => [zero!, "damage", two!, three!, one!, zero!])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["0", "Corrupt", "2", "3", "Corrupt", "Corrupt"])
    }))
})

describe("an entry that does not decrypt", () => {
  it.effect("leaves those of its batch that follow it readable, also where it is the first one", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth()
      yield* commit(adapter, put(a, "a"), append(a, "0", "1"))
      yield* commit(adapter, append(a, "2", "3", "4"))
      yield* replaceEntries(content, a, ([zero, one, , three, four]) => [zero!, one!, "damage", three!, four!])
      assert.deepStrictEqual(yield* entryTexts(adapter), ["0", "1", "Corrupt", "3", "4"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 2 }), ["Corrupt", "3", "4"])
      assert.deepStrictEqual(yield* entryTexts(adapter, a, { from: 3 }), ["3", "4"])
    }))
})

describe("another key under the same id", () => {
  it.effect("makes what the right one wrote unreadable, one session at a time", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth([k1])
      yield* commit(adapter, put(a, "of the right key"), append(a, "entry"))
      const wrong = yield* openEncrypted(content, [keyOf("k1", 9)])
      yield* commit(wrong, put(b, "of the wrong key"))
      assert.strictEqual(yield* reasonOf(wrong.load(a)), "Corrupt")
      assert.deepStrictEqual(yield* entryTexts(wrong), ["Corrupt"])
      assert.deepStrictEqual((yield* rowsOf(wrong)).map(({ _tag }) => _tag), ["Unreadable", "StoredHead"])
      assert.deepStrictEqual((yield* rowsOf(adapter)).map(({ _tag }) => _tag), ["Unreadable", "StoredHead"])
    }))

  it.effect("is told in an error that holds neither content nor keys", () =>
    Effect.gen(function*() {
      const { adapter, content } = yield* openBoth([k1])
      yield* commit(adapter, put(a, "of the right key"), append(a, "entry"))
      const wrong = yield* openEncrypted(content, [keyOf("k1", 9)])
      const error = yield* Effect.flip(wrong.load(a))
      assert.strictEqual(
        error.message,
        "memory.load \"a\": the summary of \"a\" in memory does not decrypt with the key \"k1\": it is damaged, of another session, "
          + "or the key is another one; nothing was changed"
      )
      const stored = JSON.parse(content.cells.get("a")!.summary)
      assert.notInclude(JSON.stringify(error), stored.text)
    }))
})
