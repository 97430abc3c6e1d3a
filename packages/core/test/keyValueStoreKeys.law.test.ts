import { assert, describe, it } from "@effect/vitest"
import { keyProblem, sameKey, type SessionKey } from "@holdfast/core"
import { Arbitrary, Option, Result, Schema } from "effect"
import { makeKeyMapping } from "../src/keyValueStore/keyMapping.ts"

const options = { arbitrary: { runs: 1000, size: 1000 } }

// The seams of the encoding: its own marks, what keys cannot hold, halves of pairs, and what only looks escaped.
const pieces = [
  "a",
  "B",
  "0",
  ".",
  "/",
  "\\",
  "%",
  "%~",
  "%2F",
  "%2E",
  "%u",
  "%uD83D",
  "~",
  "\0",
  "\n",
  "\u0085",
  "\u2028",
  "é",
  "\uFFFF",
  "😀",
  "\uD83D",
  "\uDE00",
  "__proto__",
  "a".repeat(40),
  "é".repeat(61),
  "😀".repeat(31)
]

const joined = (maxLength: number) =>
  Arbitrary.map(Arbitrary.array(Arbitrary.schema(Schema.Literals(pieces)), { maxLength }), (texts) => texts.join(""))

const keys = Arbitrary.map(
  Arbitrary.all([joined(24), Arbitrary.schema(Schema.String), Arbitrary.schema(Schema.Literals([0, 0, 1, 2]))]),
  ([seams, any, choice]) => [seams, any, seams + any][choice]!
)

/** Keys of so few pieces that two of them are often the same, or nearly. */
const closeKeys = joined(3)

const namespaces = Arbitrary.map(
  Arbitrary.schema(Schema.Literals([0, 1, 4, 8])),
  (depth) => Array.from({ length: depth }, (_, index) => `n${index}`)
)

const name = Arbitrary.map(joined(4), (text) => text.replace(/[/\\\p{Cc}\p{Cs}]/gu, "_").slice(0, 30) || "%")

const sessionKeys: Arbitrary.Arbitrary<SessionKey> = Arbitrary.all({
  id: name,
  namespace: Arbitrary.array(name, { maxLength: 3 })
})

describe("a key of a KeyValueStore", () => {
  it.prop("has a valid session key in the namespace, and is found again from it", {
    key: keys,
    namespace: namespaces
  }, ({ key, namespace }) => {
    const { fromSessionKey, toSessionKey } = makeKeyMapping(namespace)
    const made = toSessionKey(key)
    if (Result.isFailure(made)) return
    assert.deepStrictEqual(keyProblem(made.success), Option.none())
    assert.deepStrictEqual(made.success.namespace.slice(0, namespace.length), namespace)
    assert.deepStrictEqual(fromSessionKey(made.success), Option.some(key))
  }, options)

  it.prop("is refused only when it is long", { key: keys }, ({ key }) => {
    const { toSessionKey } = makeKeyMapping(["key-value"])
    // A code unit takes at most the six bytes of an escape, and a part may end one character early.
    if (key.length <= 160) assert.isTrue(Result.isSuccess(toSessionKey(key)))
    if (Result.isFailure(toSessionKey(key))) assert.isAbove(key.length, 160)
  }, options)

  it.prop("shares its session key with no other key", { self: closeKeys, that: closeKeys }, ({ self, that }) => {
    const { toSessionKey } = makeKeyMapping([])
    const made = Result.all([toSessionKey(self), toSessionKey(that)])
    assert.strictEqual(sameKey(...Result.getOrThrow(made)), self === that)
  }, options)

  it.prop("is found from no session key but its own", { sessionKey: sessionKeys }, ({ sessionKey }) => {
    const { fromSessionKey, toSessionKey } = makeKeyMapping([])
    const key = fromSessionKey(sessionKey)
    if (Option.isNone(key)) return
    assert.deepStrictEqual(toSessionKey(key.value), Result.succeed(sessionKey))
  }, options)
})
