import { assert, describe, it } from "@effect/vitest"
import { decodeStorageError, encodeStorageError, type Receipt, type StorageError } from "@holdfast/core"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { anyStorageError } from "./anyStorageError.ts"

const options = { arbitrary: { runs: 400, size: 1000 } }

const errorsIn = (receipt: Receipt): ReadonlyArray<StorageError> => [
  ...receipt.failures,
  ...Option.toArray(receipt.degraded).map(({ because }) => because)
]

/** What two errors must have in common, down to the errors in their receipts. */
const facets = (error: StorageError): ReadonlyArray<unknown> => [
  error._tag,
  error.constructor,
  error.reason._tag,
  error.reason.constructor,
  error.outcome,
  error.remedy,
  error.message,
  error.key,
  ...(error.reason._tag === "DurabilityNotMet" ? errorsIn(error.reason.receipt).map(facets) : [])
]

/** The fields that have a value: absent and undefined are one on the wire. */
const withoutUndefined = (error: StorageError): unknown => JSON.parse(JSON.stringify(error))

describe("the wire", () => {
  it.effect.prop(
    "gives back every error that it is given",
    { error: anyStorageError },
    ({ error }) =>
      Effect.gen(function*() {
        const back = yield* decodeStorageError(JSON.parse(JSON.stringify(encodeStorageError(error))))
        assert.deepStrictEqual(facets(back), facets(error))
        assert.deepStrictEqual(withoutUndefined(back), withoutUndefined(error))
      }),
    options
  )

  it.prop("is JSON that survives JSON", { error: anyStorageError }, ({ error }) => {
    const json = encodeStorageError(error)
    assert.isTrue(Schema.is(Schema.Json)(json))
    assert.strictEqual(JSON.stringify(JSON.parse(JSON.stringify(json))), JSON.stringify(json))
  }, options)

  it.effect.prop(
    "fails with a typed error, and never throws, for any JSON",
    { json: Arbitrary.schema(Schema.Json) },
    ({ json }) =>
      Effect.gen(function*() {
        const answer = yield* Effect.result(decodeStorageError(json))
        assert.strictEqual(answer._tag, "Failure")
      }),
    { arbitrary: { runs: 300, size: 6 } }
  )
})
