import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as StorageUrl from "../../src/config/StorageUrl.ts"

const options = { arbitrary: { runs: 500, size: 1000 } }

// What no name can hold is refused; here it stands for another character.
const strings = Arbitrary.map(
  Arbitrary.schema(Schema.String.check(Schema.isMaxLength(200))),
  (text) => text.toWellFormed().replaceAll("\0", "\u0001")
)

// Most characters mean nothing to the grammar: these do, or look as if they did.
const pieces = Arbitrary.schema(
  Schema.Literals(
    [
      ",",
      "?",
      "#",
      "%",
      "&",
      "=",
      ":",
      "/",
      "\\",
      "@",
      "+",
      " ",
      "\t",
      "\n",
      "\u00a0",
      "\ufeff",
      "\u202e",
      "C:",
      "%2C",
      "%zz",
      "fs:",
      "//",
      "..",
      "key",
      "é",
      "💾"
    ]
  )
)

const tricky = Arbitrary.map(Arbitrary.array(pieces, { maxLength: 12 }), (found) => found.join(""))

const texts = Arbitrary.map(
  Arbitrary.all([strings, tricky, tricky]),
  ([text, start, end]) => `${start}${text}${end}`
)

// A host with a colon and no port is refused, whatever was meant.
const paths = Arbitrary.map(texts, (text) => text.startsWith("//") ? `.${text}` : text)

const schemes = Arbitrary.schema(Schema.Literals(["fs", "sqlite", "memory", "x-y.z+1"]))

const stores = Arbitrary.map(
  Arbitrary.all({ scheme: schemes, path: paths, values: Arbitrary.array(tricky, { maxLength: 3 }), name: tricky }),
  ({ name, path, scheme, values }) => ({
    scheme,
    path,
    options: Object.fromEntries(values.map((value, index) => [`${index}${name}`, value]))
  })
)

const chains = Arbitrary.array(stores, { minLength: 1, maxLength: 3 })

const partsOf = (url: StorageUrl.Parsed) =>
  url.stores.map(({ options, path, scheme }) => ({
    scheme,
    path,
    options: Object.fromEntries(options.map(({ name, value }) => [name, value]))
  }))

describe("a URL of any path and any options", () => {
  it.prop("gives them back", { chain: chains }, ({ chain }) => {
    const url = Result.getOrThrow(StorageUrl.make(chain))
    assert.deepStrictEqual(partsOf(url), chain)
  }, options)

  it.prop("is equal after it was formatted and parsed, in blanks or not", { chain: chains }, ({ chain }) => {
    const url = Result.getOrThrow(StorageUrl.make(chain))
    assert.deepStrictEqual(Result.getOrThrow(StorageUrl.parse(StorageUrl.format(url))), url)
    assert.deepStrictEqual(Result.getOrThrow(StorageUrl.parse(` ${StorageUrl.format(url)}\n`)), url)
  }, options)

  it.prop("prints as it is formatted when nothing is secret, on one line", { path: paths }, ({ path }) => {
    const url = Result.getOrThrow(StorageUrl.make([{ scheme: "fs", path, options: { commit: "slots" } }]))
    assert.strictEqual(StorageUrl.print(url), StorageUrl.format(url))
    assert.notMatch(StorageUrl.print(url), /\p{Cc}|\p{Zl}|\p{Zp}/u)
  }, options)

  it.prop("never prints a password or a secret option", { user: tricky, password: texts, name: tricky }, (parts) => {
    const secret = `hunter${parts.password}2`
    const written = `//${encodeURIComponent(parts.user)}:${encodeURIComponent(secret)}@host/db`
    const text = `pg:${written}?${encodeURIComponent(parts.name)}token=${encodeURIComponent(secret)}`
    const printed = StorageUrl.print(Result.getOrThrow(StorageUrl.parse(text)))
    assert.notInclude(printed, "hunter")
    assert.include(printed, ":***@host/db?")
  }, options)
})

describe("any text at all", () => {
  it.prop("is a URL, or is refused at a position in it", { text: texts, scheme: schemes }, ({ scheme, text }) => {
    for (const given of [text, `${scheme}:${text}`, `${scheme}:a?${text}`, `${scheme}:a,${text}`]) {
      const parsed = StorageUrl.parse(given)
      if (Result.isSuccess(parsed)) {
        assert.deepStrictEqual(Result.getOrThrow(StorageUrl.parse(StorageUrl.format(parsed.success))), parsed.success)
      } else {
        assert.isAtLeast(parsed.failure.position, 1)
        assert.isAtMost(parsed.failure.position, given.length + 1)
      }
    }
  }, options)
})
