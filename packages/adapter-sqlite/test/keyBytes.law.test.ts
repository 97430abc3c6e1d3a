import { assert, describe, it } from "@effect/vitest"
import { isWithin, keyOrder, nameBytesMax, type SessionKey } from "@holdfast/core"
import { Arbitrary } from "effect"
import { bytesNamespace, bytesText, namespaceBytes, namespaceRange, placeOf, textBytes } from "../src/keyBytes.ts"
import { keys, names, namespaces } from "./names.ts"

const options = { arbitrary: { runs: 3000, size: 1000 } }

/** As SQLite compares the two columns. */
const compareBytes = (self: SessionKey, that: SessionKey): number => {
  const [namespace, id] = placeOf(self)
  const [otherNamespace, otherId] = placeOf(that)
  return Buffer.compare(namespace, otherNamespace) || Buffer.compare(id, otherId)
}

const isInRange = (bytes: Uint8Array, namespace: ReadonlyArray<string>): boolean => {
  const range = namespaceRange(namespace)
  return range === undefined || (Buffer.compare(bytes, range[0]) >= 0 && Buffer.compare(bytes, range[1]) < 0)
}

// Most namespaces have nothing in common: these often do.
const related = Arbitrary.map(
  Arbitrary.all({ namespace: namespaces, other: namespaces, depth: namespaces }),
  ({ depth, namespace, other }) => ({
    namespace,
    ancestor: [...namespace.slice(0, depth.length), ...other.slice(0, 1)]
  })
)

describe("the bytes of a key", () => {
  it.prop("are in the order of keys", { self: keys, that: keys }, ({ self, that }) => {
    assert.strictEqual(compareBytes(self, that), keyOrder(self, that))
  }, options)

  it.prop("give the key back", { id: names, namespace: namespaces }, ({ id, namespace }) => {
    assert.strictEqual(bytesText(textBytes(id)), id)
    assert.deepStrictEqual(bytesNamespace(namespaceBytes(namespace)), namespace)
  }, options)

  it.prop(
    "are plain UTF-8 where a name has no pairs, and never more than half as long again",
    { id: names },
    ({ id }) => {
      const plain = Buffer.from(id, "utf8")
      if (!/[\ud800-\udfff]/.test(id)) assert.isTrue(plain.equals(textBytes(id)))
      assert.isAtMost(textBytes(id).length, plain.length * 1.5)
    },
    options
  )

  it.prop(
    "lie in the range of exactly the namespaces that hold them",
    { related },
    ({ related: { ancestor, namespace } }) => {
      assert.strictEqual(isInRange(namespaceBytes(namespace), ancestor), isWithin(namespace, ancestor))
      assert.isTrue(isInRange(namespaceBytes(ancestor), ancestor))
      assert.isTrue(isInRange(namespaceBytes([...ancestor, ...namespace]), ancestor))
    },
    options
  )

  it("tell names apart that one joined text would not", () => {
    const namespacesOf = [["a", "b"], ["ab"], ["a"], [], ["a", "b", "c"], ["a", "bc"], ["ab", "c"]]
    const texts = new Set(namespacesOf.map((namespace) => Buffer.from(namespaceBytes(namespace)).toString("hex")))
    assert.strictEqual(texts.size, namespacesOf.length)
  })

  it("hold the longest name of every width", () => {
    for (const character of ["a", "é", "€", "\u{1f600}", "\uffff"]) {
      const id = character.repeat(Math.floor(nameBytesMax / Buffer.byteLength(character)))
      assert.strictEqual(bytesText(textBytes(id)), id)
    }
  })

  it("are read from a part of a larger buffer", () => {
    const bytes = Buffer.concat([Buffer.from("xx"), textBytes("a\u{1f600}b"), Buffer.from("xx")])
    assert.strictEqual(bytesText(bytes.subarray(2, -2)), "a\u{1f600}b")
    assert.strictEqual(bytesText(new Uint8Array(bytes.buffer, bytes.byteOffset + 2, bytes.length - 4)), "a\u{1f600}b")
  })
})
