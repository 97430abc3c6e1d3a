import { assert, describe, it } from "@effect/vitest"
import { type Document, encodeDocument, oneLine, type Parsed, parseDocument } from "../../src/layout/envelope.ts"
import { document, documents, smallDocument } from "./documents.ts"

const options = { arbitrary: { runs: 200, size: 300 } }

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8")
const parseText = (content: string) => parseDocument(Buffer.from(content))

const tagOf = (bytes: Uint8Array): Parsed["_tag"] => parseDocument(bytes)._tag

/** A document whose summary is on one line: what an envelope gives back. */
const written = (one: Document): Document => ({ ...one, summary: oneLine(one.summary) })

describe("an encoded document", () => {
  it("is read as it was", () => {
    for (const one of [document, smallDocument]) {
      assert.deepStrictEqual(parseDocument(encodeDocument(one)), { _tag: "Document", document: written(one) })
    }
  })

  it.prop("is read as it was, whatever its texts hold", { one: documents }, ({ one }) => {
    assert.deepStrictEqual(parseDocument(encodeDocument(one)), { _tag: "Document", document: written(one) })
  }, options)

  it.prop("is JSON that holds the state, for a person or another program", { one: documents }, ({ one }) => {
    const json = JSON.parse(text(encodeDocument(one))) as {
      state: unknown
      summary: unknown
      id: string
      checksum: string
    }
    assert.deepStrictEqual([json.state, json.summary, json.id], [
      JSON.parse(one.body),
      JSON.parse(one.summary),
      one.key.id
    ])
  }, options)

  it("keeps a pretty-printed state line by line", () => {
    assert.include(text(encodeDocument(document)), `\n"state":${document.body},\n"checksum":"`)
  })

  it("holds its header, its summary, its state and its checksum on lines of their own", () => {
    const lines = text(encodeDocument({ ...smallDocument, summary: "{\n\"a\":\n1}" })).split("\n")
    assert.strictEqual(lines.length, 5)
    assert.match(lines[0]!, /^\{"holdfast":1,"writtenBy":".*,$/)
    assert.strictEqual(lines[1], "\"summary\":{\"a\":1},")
    assert.strictEqual(lines[2], "\"state\":1,")
    assert.match(lines[3]!, /^"checksum":"[0-9a-f]{32}"\}$/)
    assert.strictEqual(lines[4], "")
  })

  it("is read from a view into a larger buffer", () => {
    const bytes = encodeDocument(document)
    const larger = new Uint8Array(bytes.length + 20).fill(0x41)
    larger.set(bytes, 7)
    assert.deepStrictEqual(parseDocument(larger.subarray(7, 7 + bytes.length)), parseDocument(bytes))
  })
})

describe("a document that is cut off", () => {
  for (const [name, one] of [["small", smallDocument], ["pretty-printed", document]] as const) {
    it(`is torn wherever a ${name} one is cut`, () => {
      const bytes = encodeDocument(one)
      const others = Array.from(
        { length: bytes.length },
        (_, length) => [length, tagOf(bytes.subarray(0, length))] as const
      )
        .filter(([, tag]) => tag !== "Torn")
      assert.deepStrictEqual(others, [])
    })
  }

  it.prop("is torn, whatever its texts hold", { one: documents }, ({ one }) => {
    const bytes = encodeDocument(one)
    for (let at = bytes.indexOf(0x0a); at >= 0 && at < bytes.length - 1; at = bytes.indexOf(0x0a, at + 1)) {
      for (const length of [at, at + 1, at + 2]) {
        assert.strictEqual(tagOf(bytes.subarray(0, length)), "Torn", `at ${length}`)
      }
    }
  }, options)

  it("is torn when its end is filled with NULs, as after a power cut", () => {
    const bytes = encodeDocument(document)
    for (let length = 0; length < bytes.length; length += 7) {
      const filled = new Uint8Array(bytes.length)
      filled.set(bytes.subarray(0, length))
      assert.strictEqual(tagOf(filled), "Torn", `from ${length}`)
    }
  })

  it("is torn when nothing is left, or NULs only", () => {
    assert.strictEqual(tagOf(new Uint8Array()), "Torn")
    assert.strictEqual(tagOf(new Uint8Array(4096)), "Torn")
  })
})

/** Every single-bit flip of some bytes, with its place. */
const flips = (bytes: Uint8Array): ReadonlyArray<readonly [place: string, flipped: Uint8Array]> =>
  Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    return [`bit ${bit & 7} of byte ${bit >> 3}`, flipped] as const
  })

describe("a document with one flipped bit", () => {
  for (const [name, one] of [["small", smallDocument], ["pretty-printed", document]] as const) {
    it(`is never a document, and never taken for torn: a ${name} one`, () => {
      const served = flips(encodeDocument(one)).map(([place, flipped]) => [place, tagOf(flipped)] as const)
        .filter(([, tag]) => tag === "Document" || tag === "Torn")
      assert.deepStrictEqual(served, [])
    })
  }
})

describe("what is not a document of this format", () => {
  it("is a newer format, whatever follows the number", () => {
    assert.deepStrictEqual(parseText("{\"holdfast\":2,\"anything\":true}"), { _tag: "NewerFormat", format: 2 })
    assert.deepStrictEqual(parseText("{\"holdfast\":17,"), { _tag: "NewerFormat", format: 17 })
    const newer = text(encodeDocument(document)).replace("{\"holdfast\":1,", "{\"holdfast\":2,")
    assert.deepStrictEqual(parseText(newer), { _tag: "NewerFormat", format: 2 })
  })

  for (const foreign of [{ title: "x" }, { holdfast: "yes" }, [1, 2], "text", 5, null, { title: "x", holdfast: 1 }]) {
    it(`is foreign when it is other JSON: ${JSON.stringify(foreign)}`, () => {
      assert.deepStrictEqual(parseText(JSON.stringify(foreign)), { _tag: "Foreign", json: foreign })
      assert.deepStrictEqual(parseText(JSON.stringify(foreign, null, 2) + "\n"), { _tag: "Foreign", json: foreign })
    })
  }

  it("is torn when it is JSON without its end, and damaged when it has an end and is no JSON", () => {
    assert.strictEqual(parseText("{\"title\":\"x")._tag, "Torn")
    assert.deepStrictEqual(parseText("hello\n"), { _tag: "Damaged", problem: "is not a session file" })
    assert.strictEqual(parseText("hello\0\n")._tag, "Torn")
  })

  it("is damaged when its checksum holds and its header lacks a field", () => {
    const lacking = { ...document, incarnation: undefined } as unknown as Document
    assert.deepStrictEqual(parseDocument(encodeDocument(lacking)), {
      _tag: "Damaged",
      problem: "has a header that this version does not read"
    })
  })

  it("is damaged, and not another program's, when its first name is", () => {
    const bytes = Buffer.from(encodeDocument(smallDocument))
    for (let at = 2; at < 10; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = bytes[at]! ^ 1
      assert.strictEqual(tagOf(flipped), "Damaged")
    }
  })

  it("is damaged when something follows its end", () => {
    const bytes = encodeDocument(smallDocument)
    assert.strictEqual(tagOf(Buffer.concat([bytes, bytes])), "Damaged")
    assert.strictEqual(tagOf(Buffer.concat([bytes, Buffer.from("x\n")])), "Damaged")
  })
})

describe("oneLine", () => {
  it("leaves JSON without line breaks as it is and takes line breaks between tokens out", () => {
    assert.strictEqual(oneLine("{ \"a\" :1}"), "{ \"a\" :1}")
    assert.strictEqual(oneLine("{\n  \"a\": \"x\\ny\"\n}"), "{\"a\":\"x\\ny\"}")
  })
})
