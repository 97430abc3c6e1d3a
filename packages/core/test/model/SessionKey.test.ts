import { assert, describe, it } from "@effect/vitest"
import {
  displayKey,
  isWithin,
  keyProblem,
  keyText,
  makeKey,
  nameBytesMax,
  namespaceDepthMax,
  namespaceProblem,
  sameKey,
  type SessionKey,
  utf8Length
} from "@holdfast/core"
import { Option } from "effect"

/** What a caller without types may pass. */
const untyped = (value: unknown) => value as never

const refusals = (key: SessionKey) => Option.getOrElse(keyProblem(key), () => "accepted")

const acceptedNames: ReadonlyArray<readonly [what: string, name: string]> = [
  ["one letter", "a"],
  ["128 bytes of ASCII", "x".repeat(128)],
  ["128 bytes in characters of two", "é".repeat(64)],
  ["128 bytes in characters of three and two", "€".repeat(42) + "é"],
  ["128 bytes in characters of four", "😀".repeat(32)],
  ["a space", " "],
  ["three dots", "..."],
  ["a dot first", ".hidden"],
  ["a name that Windows reserves", "con"],
  ["punctuation", "a:b*c?d\"e<f>g|h"],
  ["a line separator, which is no control character", "a\u2028b"],
  ["a noncharacter", "\uFFFF"],
  ["a name that objects have", "__proto__"]
]

const refusedNames: ReadonlyArray<readonly [what: string, name: unknown, problem: string]> = [
  ["the empty name", "", "is empty"],
  ["129 bytes of ASCII", "x".repeat(129), "is longer than 128 bytes of UTF-8"],
  ["129 bytes in characters of three", "€".repeat(43), "is longer than 128 bytes of UTF-8"],
  ["132 bytes in characters of four", "😀".repeat(33), "is longer than 128 bytes of UTF-8"],
  ["a high surrogate alone", "a\uD83D", "has a lone surrogate"],
  ["a low surrogate alone", "\uDE00a", "has a lone surrogate"],
  ["surrogates in the wrong order", "\uDE00\uD83D", "has a lone surrogate"],
  ["a slash", "a/b", "has a slash or a backslash"],
  ["a backslash", "a\\b", "has a slash or a backslash"],
  ["one dot", ".", "is a relative folder name"],
  ["two dots", "..", "is a relative folder name"],
  ["a number", 5, "is not a string"],
  ["null", null, "is not a string"],
  ["undefined", undefined, "is not a string"],
  ["an object", { toString: () => "a" }, "is not a string"]
]

describe("a name of a key", () => {
  it.each(acceptedNames)("may be %s", (_, name) => {
    assert.strictEqual(refusals(makeKey(name)), "accepted")
    assert.strictEqual(refusals(makeKey("id", [name])), "accepted")
  })

  it.each(refusedNames)("is never %s", (_, name, problem) => {
    assert.strictEqual(refusals(makeKey(untyped(name))), `the id ${problem}`)
    assert.strictEqual(refusals(makeKey("id", ["a", untyped(name)])), `namespace name 2 ${problem}`)
  })

  it("holds none of the 65 control characters", () => {
    const points = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, offset) => 0x7f + offset)]
    for (const point of points) {
      assert.strictEqual(refusals(makeKey(`a${String.fromCodePoint(point)}b`)), "the id has a control character")
    }
  })

  it("is measured in bytes of UTF-8, as an encoder counts them", () => {
    const texts = ["", "a", "\u007f\u0080\u07ff\u0800\uffff", "😀\u{10ffff}", "é€😀a"]
    for (const text of texts) assert.strictEqual(utf8Length(text), new TextEncoder().encode(text).length)
    assert.strictEqual(nameBytesMax, 128)
  })
})

const refusedNamespaces: ReadonlyArray<readonly [what: string, namespace: unknown]> = [
  ["a string", "acct"],
  ["undefined", undefined],
  ["null", null],
  ["an object that looks like a list", { length: 1, 0: "acct" }],
  ["a set", new Set(["acct"])]
]

describe("a namespace", () => {
  it("has at most 8 names", () => {
    assert.strictEqual(namespaceDepthMax, 8)
    assert.deepStrictEqual(namespaceProblem(Array(8).fill("a")), Option.none())
    assert.deepStrictEqual(namespaceProblem(Array(9).fill("a")), Option.some("the namespace is deeper than 8 names"))
  })

  it("may be empty", () => {
    assert.deepStrictEqual(namespaceProblem([]), Option.none())
  })

  it.each(refusedNamespaces)("is never %s", (_, namespace) => {
    assert.strictEqual(refusals({ id: "a", namespace: untyped(namespace) }), "the namespace is not a list of names")
  })

  it("has no holes", () => {
    assert.strictEqual(
      refusals({ id: "a", namespace: Object.assign(Array(2), { 1: "b" }) }),
      "namespace name 1 is not a string"
    )
  })

  it("contains itself and what lies below it, by whole names", () => {
    assert.isTrue(isWithin(["a"], []))
    assert.isTrue(isWithin(["a"], ["a"]))
    assert.isTrue(isWithin(["a", "b"], ["a"]))
    assert.isFalse(isWithin(["ab"], ["a"]))
    assert.isFalse(isWithin(["a"], ["a", "b"]))
    assert.isFalse(isWithin(["b", "a"], ["a"]))
  })
})

const noKeys: ReadonlyArray<unknown> = [undefined, null, 5, [], {}]

describe("a key", () => {
  it("that is no key is refused rather than thrown at", () => {
    for (const value of noKeys) assert.notStrictEqual(refusals(untyped(value)), "accepted")
  })

  it("equals a key of the same names", () => {
    assert.isTrue(sameKey(makeKey("x", ["a", "b"]), { namespace: ["a", "b"], id: "x" }))
    assert.isFalse(sameKey(makeKey("x", ["a"]), makeKey("x")))
  })

  it("is made with an empty namespace when none is named", () => {
    assert.deepStrictEqual(makeKey("x"), { namespace: [], id: "x" })
  })
})

describe("a key in a message", () => {
  it("is quoted", () => {
    assert.strictEqual(displayKey(makeKey("local_1", ["acct", "org"])), "\"acct/org/local_1\"")
  })

  it("is escaped, so that it stays one line and its quotes stay inside", () => {
    const shown = displayKey(makeKey("a\"b\u2028c\u2029d\uD83D"))
    assert.strictEqual(shown, "\"a\\\"b\\u2028c\\u2029d\\ud83d\"")
  })

  it("is cut in the middle when it is long", () => {
    const key = makeKey("z".repeat(128), Array(8).fill("a".repeat(128)))
    assert.strictEqual(displayKey(key), `"${"a".repeat(48)}...${"z".repeat(48)}"`)
    assert.strictEqual(keyText(key).length, 9 * 128 + 8)
  })

  it("is whole up to 100 characters", () => {
    assert.strictEqual(displayKey(makeKey("x".repeat(100))), `"${"x".repeat(100)}"`)
    assert.strictEqual(displayKey(makeKey("x".repeat(101))), `"${"x".repeat(48)}...${"x".repeat(48)}"`)
  })

  it("stays well formed when the cut goes through a character", () => {
    assert.isTrue(displayKey(makeKey("x".repeat(47) + "😀".repeat(20), ["y".repeat(100)])).isWellFormed())
  })
})
