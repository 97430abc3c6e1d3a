import { assert, describe, it } from "@effect/vitest"
import {
  type Capability,
  checkChange,
  checkKey,
  checkNamespace,
  makeKey,
  type Operation,
  reasonOfRefusal,
  type Refusal,
  type StorageError,
  type StorageOperation,
  Version
} from "@holdfast/core"
import { Effect, Option } from "effect"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { append, put, remove } from "../model/plans.ts"

const capability: Capability = {
  durability: "flushed",
  compareAndSet: "process",
  atomicity: "oneKey",
  append: "native",
  sharedBy: "process",
  watch: "none",
  bodyBytesMax: 10,
  keyBytesMax: 128
}

const check = (operations: ReadonlyArray<Operation>, fields: Partial<Capability> = {}) =>
  checkChange("fs", { ...capability, ...fields }, { writeId: "w", operations })

const reasonOf = (error: StorageError) => error.reason._tag

const operations: ReadonlyArray<StorageOperation> = ["head", "load", "commit", "entries"]

describe("checking a key", () => {
  it.effect("refuses an invalid one as the operation that names it, without repeating it", () =>
    Effect.gen(function*() {
      for (const operation of operations) {
        const error = yield* Effect.flip(checkKey("fs", operation, makeKey("SECRET/")))
        assert.deepStrictEqual([reasonOf(error), error.operation, error.outcome], [
          "InvalidKey",
          operation,
          "notApplied"
        ])
        assert.notInclude(error.message, "SECRET")
      }
    }))

  it.effect("accepts a valid one", () => checkKey("fs", "load", makeKey("a", ["b"])))

  it.effect("refuses an invalid namespace of a listing", () =>
    Effect.gen(function*() {
      yield* checkNamespace("fs", [])
      const error = yield* Effect.flip(checkNamespace("fs", ["a", ".."]))
      assert.strictEqual(
        error.message,
        "fs.list: invalid key: namespace name 2 is a relative folder name; nothing was changed"
      )
    }))

  it.effect("refuses an invalid namespace of a watch as one", () =>
    Effect.gen(function*() {
      yield* checkNamespace("fs", ["a"], "changes")
      const error = yield* Effect.flip(checkNamespace("fs", [""], "changes"))
      assert.deepStrictEqual([reasonOf(error), error.operation, error.outcome], ["InvalidKey", "changes", "notApplied"])
    }))
})

describe("checking a change", () => {
  it.effect("refuses an invalid key of any of its operations", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(check([put({ body: "1" }), remove({ key: makeKey("") })]))
      assert.strictEqual(reasonOf(error), "InvalidKey")
    }))

  it.effect("accepts texts up to the limit in bytes of UTF-8", () =>
    check([put({ body: "x".repeat(10) }), append(["é".repeat(5), "€€€a", "😀😀ab", ""])]))

  it.effect.each<readonly [what: string, bytes: number, operation: Operation]>([
    ["a body", 11, put({ body: "x".repeat(11) })],
    ["a body of few but wide characters", 12, put({ body: "€".repeat(4) })],
    ["an entry behind others", 12, append(["", "😀😀😀"])]
  ])("refuses %s beyond the limit, with its size and its key", ([, bytes, operation]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(check([operation]))
      assert.isTrue(error.reason._tag === "TooLarge" && error.reason.bytes === bytes && error.reason.bytesMax === 10)
      assert.deepStrictEqual([error.key, error.outcome], [operation.key, "notApplied"])
    }))

  it.effect("refuses several keys where only one is atomic", () =>
    Effect.gen(function*() {
      const several = [put({ body: "1" }), put({ body: "1", key: makeKey("b") })]
      const error = yield* Effect.flip(check(several))
      assert.deepStrictEqual([reasonOf(error), error.outcome], ["Unsupported", "notApplied"])
      yield* check(several, { atomicity: "manyKeys" })
    }))

  it.effect.each<readonly [operations: ReadonlyArray<Operation>]>([
    [[append(["1"], { at: 5 }), put({ body: "1" })]],
    [[put({ body: "1" }), append([], { at: 0 }), append(["1"], { at: -1 }), append(["2"])]],
    [[put({ body: "1", key: makeKey("a", ["n"]) }), append(["1"], { key: { namespace: ["n"], id: "a" }, at: 5 })]],
    [[append(["1"], { at: undefined })]]
  ])("accepts times of entries beside a put of their session: %o", ([placed]) => check(placed))

  it.effect.each<readonly [what: string, operations: ReadonlyArray<Operation>]>([
    ["without a put", [append(["1"], { at: 5 })]],
    ["beside a put of another session", [put({ body: "1", key: makeKey("b") }), append(["1"], { at: 5 })]],
    ["beside a removal", [remove(), append(["1"], { at: 5 })]],
    ["of one of several appends", [append(["1"]), append(["2"], { at: 5 })]],
    ...[1.5, NaN, Infinity, 2 ** 53, null, "5", new Date(5)].map((at): [string, ReadonlyArray<Operation>] => [
      `that is ${String(at)}`,
      [put({ body: "1" }), append(["1"], { at: at as never })]
    ])
  ])("refuses a time of entries %s", ([, operations]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(check(operations, { atomicity: "manyKeys" }))
      assert.deepStrictEqual([reasonOf(error), error.outcome], ["Unsupported", "notApplied"])
    }))

  it.effect("refuses an invalid key of entries with a time as any other", () =>
    Effect.gen(function*() {
      for (const key of [makeKey(""), null as never, { id: "a" } as never]) {
        const error = yield* Effect.flip(check([put({ body: "1", key }), append(["1"], { key, at: 5 })]))
        assert.strictEqual(reasonOf(error), "InvalidKey")
      }
    }))

  it.effect("refuses a change without operations", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(check([]))
      assert.deepStrictEqual([reasonOf(error), error.outcome], ["Unsupported", "notApplied"])
    }))

  it.effect("accepts several operations on one key, however it was made", () =>
    check([put({ body: "1", key: makeKey("a", ["n"]) }), append(["1"], { key: { namespace: ["n"], id: "a" } })]))
})

const version = Option.some(Version(4))

const refusals: ReadonlyArray<readonly [refusal: Refusal, reason: object]> = [
  [
    { _tag: "VersionMismatch", expected: "absent", actual: version },
    { _tag: "Conflict", outcome: "notApplied", expected: "absent", actual: version }
  ],
  [
    { _tag: "OtherKind", expected: "Chat", actual: "Draft" },
    { _tag: "Conflict", outcome: "notApplied", record: { _tag: "OtherKind", expected: "Chat", actual: "Draft" } }
  ],
  [
    { _tag: "NewerSchema", expected: 1, actual: 2 },
    { _tag: "Conflict", outcome: "notApplied", record: { _tag: "NewerSchema", expected: 1, actual: 2 } }
  ],
  [{ _tag: "Forgotten" }, { _tag: "OutcomeUnknown", outcome: "unknown" }],
  [{ _tag: "NotAlone", operation: "Remove" }, { _tag: "Unsupported", outcome: "notApplied" }],
  [{ _tag: "NotAlone", operation: "Restore" }, { _tag: "Unsupported", outcome: "notApplied" }]
]

describe("a refused plan", () => {
  it.each(refusals)("is a reason: %o", (refusal, reason) => {
    assert.deepInclude(fieldsOf(reasonOfRefusal(refusal)), reason)
  })
})
