import { assert, describe, it } from "@effect/vitest"
import { nameBytesMax, utf8Length } from "@holdfast/core"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { decodeName, encodeName, isPlain } from "../../src/layout/names.ts"

const options = { arbitrary: { runs: 600, size: 1000 } }

/** What has caused trouble as a file name somewhere, beside what any text may hold. */
const pieces = Schema.Literals([
  "a",
  "A",
  "z",
  "0",
  "-",
  "_",
  "=",
  ".",
  " ",
  "~",
  ":",
  "*",
  "con",
  "CON",
  "nul",
  "com1",
  "lost-found",
  "é",
  "e\u0301",
  "ß",
  "İ",
  "😀",
  "\uFFFF"
])

const character = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0x20, maximum: 0x10ffff })))

const parts = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.all([Arbitrary.schema(pieces), Arbitrary.schema(character), Arbitrary.schema(Schema.Boolean)]),
    ([piece, point, isPiece]) => isPiece ? piece : String.fromCodePoint(point)
  ),
  { minLength: 1, maxLength: 90 }
)

/** The longest start of a text that a key's name may have. */
const cut = (text: string): string => {
  const characters = Array.from(text.toWellFormed())
  while (utf8Length(characters.join("")) > nameBytesMax) characters.pop()
  return characters.join("")
}

/** Names that a key can have, also the longest. */
const names = Arbitrary.map(parts, (texts) => cut(texts.join("")))

/** A text of exactly so many bytes. */
const ofLength = (bytes: number, character: string) => character.repeat(bytes / utf8Length(character))

const isFolded = (text: string) => text === text.toLowerCase()

describe("encodeName", () => {
  it.prop("is reversible", { name: names }, ({ name }) => {
    assert.deepStrictEqual(decodeName(encodeName(name)), Option.some(name))
  }, options)

  it.prop("gives two names the same file name only when they are the same, whatever a file system does with case", {
    self: names,
    that: names
  }, ({ self, that }) => {
    assert.strictEqual(encodeName(self).toLowerCase() === encodeName(that).toLowerCase(), self === that)
  }, options)

  it.prop("gives lower-case ASCII names without dots, spaces and separators", { name: names }, ({ name }) => {
    assert.match(encodeName(name), /^[a-z0-9_=-]+$/)
    assert.isTrue(isFolded(encodeName(name)))
  }, options)

  it.effect("is tried with short names and with the longest", () =>
    Effect.gen(function*() {
      const samples = yield* Arbitrary.sampleEffect(names, { count: 300, size: 1000, seed: 1 })
      const lengths = samples.map(utf8Length)
      assert.isAtLeast(Math.max(...lengths), 125)
      assert.isAtMost(Math.min(...lengths), 4)
    }))

  it.prop("gives at most 206 characters", { name: names }, ({ name }) => {
    assert.isAtMost(encodeName(name).length, 206)
  }, options)

  for (const character of ["A", "é", "😀", "."]) {
    it(`keeps a name of 128 bytes of ${character} within 206 characters`, () => {
      const name = ofLength(nameBytesMax, character)
      assert.strictEqual(utf8Length(name), 128)
      assert.strictEqual(encodeName(name).length, 206)
      assert.deepStrictEqual(decodeName(encodeName(name)), Option.some(name))
    })
  }

  for (
    const name of [
      "local_0b3f0b6e-1d6a-4c7c-9a53-2f0f3c1f1b9e",
      "a",
      "0",
      "-",
      "_",
      "lost_found",
      "con1",
      "nul-",
      "x".repeat(128)
    ]
  ) {
    it(`leaves ${name.slice(0, 50)} as it is`, () => {
      assert.strictEqual(encodeName(name), name)
      assert.isTrue(isPlain(name))
    })
  }

  const devices = [
    "con",
    "prn",
    "aux",
    "nul",
    ...Array.from("0123456789").flatMap((digit) => [`com${digit}`, `lpt${digit}`])
  ]
  for (const name of [...devices, "lost-found"]) {
    it(`escapes ${name}, which is reserved`, () => {
      assert.match(encodeName(name), /^=[0-9a-v]+$/)
      assert.deepStrictEqual(decodeName(encodeName(name)), Option.some(name))
    })
  }

  for (const name of ["CON", "Con.txt", "a.", "a ", "..x", ".holdfast", "A", "é", "a=b", "=a", "com¹", "C:", "a*b"]) {
    it(`escapes ${name}`, () => {
      assert.match(encodeName(name), /^=[0-9a-v]+$/)
    })
  }

  it("tells apart names that differ in case or in Unicode composition only", () => {
    const similar = ["a", "A", "é", "e\u0301", "É", "ß", "ss", "SS", "İ", "i", "I"]
    assert.strictEqual(new Set(similar.map((name) => encodeName(name).toLowerCase().normalize())).size, similar.length)
  })
})

describe("decodeName", () => {
  it.prop("knows only the one spelling that encodeName gives", { text: names }, ({ text }) => {
    const decoded = decodeName(text)
    if (Option.isSome(decoded)) assert.strictEqual(encodeName(decoded.value), text)
  }, options)

  it("knows no other spelling of an escaped name", () => {
    const encoded = encodeName("A.")
    assert.deepStrictEqual(decodeName(encoded), Option.some("A."))
    const others = [
      encoded.toUpperCase(),
      `${encoded}0`,
      `${encoded}=`,
      encoded.slice(0, -1),
      `=${encoded}`,
      encoded.replace("=", "")
    ]
    for (const other of others) assert.notDeepEqual(decodeName(other), Option.some("A."), other)
  })

  it("knows no escape of a name that stays as it is", () => {
    // The base32hex of "a" with its spare bits zero, and of "con" without its mark.
    assert.deepStrictEqual(decodeName("=c4"), Option.none())
    assert.deepStrictEqual(decodeName("con"), Option.none())
  })

  it("knows no base32hex whose spare bits are not zero", () => {
    const encoded = encodeName("A")
    const spare = `${encoded.slice(0, -1)}${String.fromCharCode(encoded.charCodeAt(encoded.length - 1) + 1)}`
    assert.deepStrictEqual(decodeName(spare), Option.none())
  })

  it("knows no bytes that are not UTF-8", () => {
    // 0xff and 0xc3 alone, in base32hex.
    assert.deepStrictEqual(decodeName("=vs"), Option.none())
    assert.deepStrictEqual(decodeName("=oc"), Option.none())
  })

  for (const name of ["", ".", "..", "A", "a.json", "lost-found", "nul", "=zz", "= ", "a b"]) {
    it(`gives no name for ${JSON.stringify(name)}`, () => {
      assert.deepStrictEqual(decodeName(name), Option.none())
    })
  }
})
