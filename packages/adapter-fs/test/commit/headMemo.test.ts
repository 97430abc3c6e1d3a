/** Heads that are known again by their bytes. */
import { assert, describe, it } from "@effect/vitest"
import { Version } from "@holdfast/core"
import { Option } from "effect"
import { makeHeadMemo } from "../../src/commit/headMemo.ts"
import { type Document, encodeDocument, parseDocument } from "../../src/layout/envelope.ts"
import { document as full } from "../layout/documents.ts"

const published = (document: Document) => {
  const bytes = encodeDocument(document)
  return { bytes, document }
}

const numbered = (n: number, body = `${n}`): Document => ({
  ...full,
  key: { namespace: ["acct"], id: "local_1" },
  version: Version(n),
  body
})

const parsedOf = (document: Document | undefined) =>
  document === undefined ? document : { _tag: "Document" as const, document }

const spoil = ({ key }: Document) => void (key.namespace as Array<string>).push("spoilt")

describe("a head that was published", () => {
  it("is known by its bytes, and as reading them would give it", () => {
    const memo = makeHeadMemo()
    for (const document of [numbered(1), { ...numbered(2), summary: "{\n\"a\": 1}", commitId: Option.none() }]) {
      const { bytes } = published(document)
      memo.keep("key", bytes, document)
      assert.deepStrictEqual(parsedOf(memo.find("key", bytes)), parseDocument(bytes))
    }
  })

  it("is not known by other bytes, nor under another key", () => {
    const memo = makeHeadMemo()
    const { bytes, document } = published(numbered(1))
    memo.keep("key", bytes, document)
    const changed = Uint8Array.from(bytes)
    changed[40]! ^= 1
    assert.isUndefined(memo.find("key", changed))
    assert.isUndefined(memo.find("key", bytes.subarray(1)))
    assert.isUndefined(memo.find("other", bytes))
  })

  it("is known beside the one that came after it, and not after the next", () => {
    const memo = makeHeadMemo()
    const [first, second, third] = [1, 2, 3].map((n) => published(numbered(n)))
    memo.keep("key", first!.bytes, first!.document)
    memo.keep("key", second!.bytes, second!.document)
    assert.strictEqual(memo.find("key", first!.bytes)?.body, "1")
    memo.keep("key", third!.bytes, third!.document)
    assert.isUndefined(memo.find("key", first!.bytes))
    assert.strictEqual(memo.find("key", second!.bytes)?.body, "2")
  })

  it("stays as it was whatever is done to what was given", () => {
    const memo = makeHeadMemo()
    const { bytes, document } = published(numbered(1))
    memo.keep("key", bytes, document)
    spoil(document)
    spoil(memo.find("key", bytes)!)
    assert.deepStrictEqual(parsedOf(memo.find("key", bytes)), parseDocument(bytes))
  })

  it("is forgotten when many others came after it, or when it is large", () => {
    const memo = makeHeadMemo()
    const body = JSON.stringify("x".repeat(200_000))
    const all = Array.from({ length: 30 }, (_, n) => published(numbered(n + 1, body)))
    for (const [n, { bytes, document }] of all.entries()) memo.keep(`${n}`, bytes, document)
    assert.isUndefined(memo.find("0", all[0]!.bytes))
    assert.isDefined(memo.find("29", all[29]!.bytes))
    const large = published(numbered(1, JSON.stringify("x".repeat(300_000))))
    memo.keep("large", large.bytes, large.document)
    assert.isUndefined(memo.find("large", large.bytes))
  })
})
