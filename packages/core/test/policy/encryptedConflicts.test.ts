/** Encryption over a chain: what lost a conflict below it can be read, and nothing else under another key can. */
import { assert, it } from "@effect/vitest"
import { makeKey, makeMemoryAdapter } from "@holdfast/core"
import { Effect, Option } from "effect"
import { encrypted, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { a, type Adapter, append, b, commit, entryTexts, k1, put, reasonOf, rowsOf } from "./encryptedStores.ts"
import { openChain, testTier } from "./fallback/chains.ts"
import { fail, heal } from "./fallback/deeds.ts"

const bodyIn = (adapter: Adapter, key = a) =>
  Effect.map(adapter.load(key), (found): unknown => JSON.parse(Option.getOrThrow(found).body).text)

it.effect("a fork that a drain made below the encryption is read and written to like any session", () =>
  Effect.gen(function*() {
    const keys = yield* makeEncryptionKeys([k1])
    const [first, second] = [testTier("first"), testTier("second")]
    const chain = yield* openChain([first, second])
    const adapter = encrypted({ keys })(chain.adapter)
    const elsewhere = encrypted({ keys })(yield* makeMemoryAdapter(first.memory))
    yield* commit(adapter, put(a, "base"), append(a, "0"))
    fail(first)
    yield* commit(adapter, put(a, "mine"), append(a, "mine"))
    heal(first)
    yield* commit(elsewhere, put(a, "theirs"), append(a, "theirs"))
    yield* chain.control.drain
    const rows = yield* rowsOf(adapter)
    const forks = rows.flatMap((row) => row._tag === "StoredHead" && row.key.id !== a.id ? [row.key] : [])
    assert.lengthOf(forks, 1)
    const fork = forks[0]!
    assert.match(fork.id, /^a-conflict-/)
    assert.deepStrictEqual(
      [yield* bodyIn(adapter), yield* bodyIn(adapter, fork)],
      ["mine", "theirs"].map((text) => text)
    )
    assert.deepStrictEqual(yield* entryTexts(adapter, fork), ["0", "theirs"])
    yield* commit(adapter, put(fork, "settled"), append(fork, "later"))
    assert.strictEqual(yield* bodyIn(adapter, fork), "settled")
    assert.deepStrictEqual(yield* entryTexts(adapter, fork), ["0", "theirs", "later"])
  }))

it.effect("a name that looks like a fork's opens nothing but what was of that session", () =>
  Effect.gen(function*() {
    const keys = yield* makeEncryptionKeys([k1])
    const tier = testTier("only")
    const below = yield* makeMemoryAdapter(tier.memory)
    const adapter = encrypted({ keys })(below)
    yield* commit(adapter, put(b, "secret"))
    const of = makeKey(`${a.id}-conflict-0123456789abcdef`)
    const stored = Option.getOrThrow(yield* below.load(b))
    const { body, head: { kind, schemaVersion, summary } } = stored
    yield* commit(below, { _tag: "Put", key: of, expect: "any", kind, schemaVersion, summary, body })
    assert.strictEqual(yield* reasonOf(adapter.load(of)), "Corrupt")
  }))
