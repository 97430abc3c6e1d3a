import { assert, describe, it } from "@effect/vitest"
import {
  Closed,
  decodeStorageError,
  DurabilityNotMet,
  encodeStorageError,
  Io,
  StorageError,
  TooLarge
} from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import { fieldsOf } from "./fieldsOf.ts"
import { allReasons, reasonSamples, receipt } from "./reasonSamples.ts"

const key = { namespace: ["acct", "org"], id: "local_1" }

const errorOf = (reason: StorageError["reason"]) =>
  new StorageError({ adapter: "fs", operation: "commit", key, reason })

/** Through JSON text, as a pipe carries it. */
const crossed = (error: StorageError) => decodeStorageError(JSON.parse(JSON.stringify(encodeStorageError(error))))

describe("a storage error on the wire", () => {
  it.effect.each(allReasons.map((reason) => [reason._tag, reason] as const))(
    "comes back as what it was: %s",
    ([, reason]) =>
      Effect.gen(function*() {
        const error = errorOf(reason)
        const back = yield* crossed(error)
        assert.instanceOf(back, StorageError)
        assert.strictEqual(back.reason.constructor, reason.constructor)
        assert.deepStrictEqual(fieldsOf(back), fieldsOf(error))
        assert.strictEqual(back.message, error.message)
        assert.strictEqual(back.outcome, error.outcome)
        assert.strictEqual(back.remedy, error.remedy)
      })
  )

  it("is plain JSON that names its classes", () => {
    assert.deepStrictEqual(encodeStorageError(errorOf(new Closed({ outcome: "notApplied" }))), {
      _tag: "StorageError",
      adapter: "fs",
      operation: "commit",
      key: { namespace: ["acct", "org"], id: "local_1" },
      reason: { _tag: "Closed", outcome: "notApplied" }
    })
  })

  it.effect("carries a receipt with the errors that it holds", () =>
    Effect.gen(function*() {
      const because = errorOf(reasonSamples.NoSpace)
      const degraded = Option.some({ because, tier: "memory", pendingDrain: true })
      const reason = new DurabilityNotMet({
        outcome: "applied",
        required: "flushed",
        receipt: { ...receipt, failures: [because, errorOf(reasonSamples.Busy)], degraded }
      })
      const back = yield* crossed(errorOf(reason))
      assert.instanceOf(back.reason, DurabilityNotMet)
      assert.deepStrictEqual(back.reason.receipt, reason.receipt)
      assert.instanceOf(Option.getOrThrow(back.reason.receipt.degraded).because, StorageError)
      assert.strictEqual(back.reason.receipt.failures[0]?.message, because.message)
    }))

  it.effect("carries a limit that is infinite", () =>
    Effect.gen(function*() {
      const back = yield* crossed(errorOf(new TooLarge({ outcome: "notApplied", bytes: 3, bytesMax: Infinity })))
      assert.isTrue(back.reason._tag === "TooLarge" && back.reason.bytesMax === Infinity)
    }))

  it.effect("carries lone surrogates of a path", () =>
    Effect.gen(function*() {
      const back = yield* crossed(errorOf(new Io({ outcome: "unknown", path: "/a\uD83D", code: "EIO" })))
      assert.isTrue(back.reason._tag === "Io" && back.reason.path === "/a\uD83D")
    }))
})

const withCause = (cause: unknown) => errorOf(new Io({ outcome: "unknown", path: "/a", code: "EIO", cause }))

describe("a cause on the wire", () => {
  it("is its name and message", () => {
    const inner = new Error("inner")
    const json = encodeStorageError(withCause(Object.assign(new TypeError("boom", { cause: inner }), { code: "EIO" })))
    assert.deepStrictEqual(json, {
      ...encodeStorageError(withCause(undefined)) as object,
      reason: { _tag: "Io", outcome: "unknown", path: "/a", code: "EIO", cause: { name: "TypeError", message: "boom" } }
    })
  })

  it.effect("comes back as an error", () =>
    Effect.gen(function*() {
      const { reason } = yield* crossed(withCause(new RangeError("boom")))
      assert.instanceOf(reason.cause, Error)
      assert.deepStrictEqual([reason.cause.name, reason.cause.message], ["RangeError", "boom"])
    }))

  it("stays behind when it is no error", () => {
    for (const cause of ["SECRET", { message: "SECRET" }, 5, null]) {
      assert.deepStrictEqual(encodeStorageError(withCause(cause)), encodeStorageError(withCause(undefined)))
    }
  })

  it.effect("of a failed cleanup travels in the same way", () =>
    Effect.gen(function*() {
      const suppressed = [new Error("left over"), "SECRET"]
      const error = new StorageError({ adapter: "fs", operation: "commit", reason: reasonSamples.Closed, suppressed })
      const back = yield* crossed(error)
      assert.deepStrictEqual(back.suppressed?.map(String), ["Error: left over"])
    }))
})

type JsonObject = { readonly [name: string]: Schema.Json }

const good = encodeStorageError(errorOf(reasonSamples.DurabilityNotMet)) as JsonObject
const reasonJson = good["reason"] as JsonObject
const receiptJson = reasonJson["receipt"] as JsonObject

const garbage: ReadonlyArray<readonly [what: string, json: unknown]> = [
  ["null", null],
  ["a text", "StorageError"],
  ["a list", [good]],
  ["an empty object", {}],
  ["another tag", { ...good, _tag: "SessionNotFound" }],
  ["no reason", { ...good, reason: null }],
  ["an unknown reason", { ...good, reason: { _tag: "Tired", outcome: "notApplied" } }],
  ["a reason of the name of a property of objects", {
    ...good,
    reason: { _tag: "constructor", outcome: "notApplied" }
  }],
  ["an unknown outcome", { ...good, reason: { ...reasonJson, outcome: "maybe" } }],
  ["an unknown operation", { ...good, operation: "guess" }],
  ["a key without an id", { ...good, key: { namespace: [] } }],
  ["a receipt of a broken version", {
    ...good,
    reason: { ...reasonJson, receipt: { ...receiptJson, version: 1.5 } }
  }],
  ["a receipt without its errors", {
    ...good,
    reason: { ...reasonJson, receipt: { ...receiptJson, failures: [{}] } }
  }]
]

describe("what is no storage error", () => {
  it.effect.each(garbage)("is refused with a typed error: %s", ([, json]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decodeStorageError(json))
      assert.isTrue(Schema.isSchemaError(error))
    }))

  it.effect("is refused without repeating its values", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decodeStorageError({ ...good, adapter: ["SECRET"] }))
      assert.notInclude(error.message, "SECRET")
    }))
})
