import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { Option, Result } from "effect"
import { makeKeyMapping } from "../src/keyValueStore/keyMapping.ts"

const { fromSessionKey, toSessionKey } = makeKeyMapping(["kv"])

const long = (count: number) => "a".repeat(count)

describe("a key of a KeyValueStore", () => {
  const plain = ["a", "user:42", "local_1", "Ärger", "two words", "😀", "...", ".hidden", "~", "CON", "__proto__"]

  it.each(plain)("stays as it is when it is a plain name: %s", (key) => {
    assert.deepStrictEqual(toSessionKey(key), Result.succeed(makeKey(key, ["kv"])))
  })

  const escaped = [
    ["", "%"],
    ["%", "%25"],
    [".", "%2E"],
    ["..", "%2E."],
    ["users/42", "users%2F42"],
    ["C:\\temp", "C:%5Ctemp"],
    ["a\nb", "a%0Ab"],
    ["\u0085", "%85"],
    ["\uD83D", "%uD83D"],
    ["\uDE00\uD83D", "%uDE00%uD83D"],
    ["%~", "%25~"],
    ["100%", "100%25"]
  ] as const

  it.each(escaped)("is escaped where a name cannot hold it: %j is %s", (key, id) => {
    assert.deepStrictEqual(toSessionKey(key), Result.succeed(makeKey(id, ["kv"])))
    assert.deepStrictEqual(fromSessionKey(makeKey(id, ["kv"])), Option.some(key))
  })

  it("is one name up to 128 bytes, and several names of at most 128 bytes beyond", () => {
    assert.deepStrictEqual(toSessionKey(long(128)), Result.succeed(makeKey(long(128), ["kv"])))
    assert.deepStrictEqual(toSessionKey(long(129)), Result.succeed(makeKey("%~aaa", ["kv", `%~${long(126)}`])))
    assert.deepStrictEqual(
      toSessionKey("é".repeat(65)),
      Result.succeed(makeKey("%~éé", ["kv", `%~${"é".repeat(63)}`]))
    )
    // The escape would be cut in two if parts were always full.
    assert.deepStrictEqual(
      toSessionKey(`${long(124)}/${long(10)}`),
      Result.succeed(makeKey(`%~%2F${long(10)}`, ["kv", `%~${long(124)}`]))
    )
  })

  it("is refused, without being repeated, when it fills more names than the namespace leaves", () => {
    const deep = makeKeyMapping(["1", "2", "3", "4", "5", "6", "7", "8"])
    assert.isTrue(Result.isSuccess(toSessionKey(long(8 * 126))))
    assert.deepStrictEqual(toSessionKey(long(8 * 126 + 1)), Result.fail("the key takes more than 8 names of 128 bytes"))
    assert.isTrue(Result.isFailure(toSessionKey(long(1_000_000))))
    assert.isTrue(Result.isSuccess(deep.toSessionKey(long(128))))
    assert.deepStrictEqual(
      deep.toSessionKey(long(129)),
      Result.fail("the key takes more than 1 names of 128 bytes")
    )
  })

  it("is refused when it is no string, and in a namespace that cannot be", () => {
    assert.deepStrictEqual(toSessionKey(5 as never), Result.fail("the key is not a string"))
    assert.deepStrictEqual(
      makeKeyMapping(["a/b"]).toSessionKey("a"),
      Result.fail("namespace name 1 has a slash or a backslash")
    )
    assert.deepStrictEqual(
      makeKeyMapping("ab" as never).toSessionKey("a"),
      Result.fail("the namespace is not a list of names")
    )
  })

  const foreign = [
    ["outside of the namespace", makeKey("a", ["other"])],
    ["in a namespace inside of it", makeKey("a", ["kv", "inner"])],
    ["with an escape that is not needed", makeKey("%41", ["kv"])],
    ["with an escape in small letters", makeKey("%2f", ["kv"])],
    ["with a lone escape mark", makeKey("a%", ["kv"])],
    ["with a pair that is escaped half by half", makeKey("%uD83D%uDE00", ["kv"])],
    ["with a part that needs no splitting", makeKey("%~a", ["kv"])],
    ["with parts that are not full", makeKey("%~a", ["kv", `%~${long(120)}`])],
    ["with a part in a plain folder", makeKey(`%~${long(10)}`, ["kv", "a", `%~${long(126)}`])]
  ] as const

  it.each(foreign)("is found from no session key %s", (_, sessionKey) => {
    assert.deepStrictEqual(fromSessionKey(sessionKey), Option.none())
  })
})
