/** The reference model by hand: what it allows and what it does not. */
import { assert, it } from "@effect/vitest"
import { type AdapterReceipt, Conflict, makeKey, type Operation, StorageError, Version } from "@holdfast/core"
import { Option, Result } from "effect"
import { emptyModel, judgeCommit, type Model, remembers } from "../../src/testing/model.ts"
import { judgeEntries, judgeListing, judgeLoad } from "../../src/testing/modelReads.ts"
import { append, json, put, remove } from "../../src/testing/operations.ts"

const key = makeKey("x", ["a"])

const capability = {
  durability: "volatile",
  compareAndSet: "process",
  atomicity: "oneKey",
  append: "native",
  sharedBy: "process",
  watch: "none",
  bodyBytesMax: 1024 * 1024,
  keyBytesMax: 128
} as const

interface Row {
  readonly version: number
  readonly entryCount?: number
  readonly createdAt?: number
}

const receipt = ({ createdAt = 1, entryCount = 0, version }: Row): AdapterReceipt => ({
  adapter: "memory",
  location: "memory",
  durability: "volatile",
  protocol: "memory",
  attempts: 1,
  failures: [],
  degraded: Option.none(),
  keys: [{ key, version: Version(version), createdAt, updatedAt: version, entryCount }]
})

const accepted = (
  model: Model,
  { writeId, ...row }: Row & { readonly writeId: string },
  ...operations: ReadonlyArray<Operation>
) => judgeCommit(model, { writeId, operations }, { answer: Result.succeed(receipt(row)), capability })

const conflicting = (model: Model, actual: number | undefined, ...operations: ReadonlyArray<Operation>) => {
  const reason = new Conflict({
    outcome: "notApplied",
    expected: "any",
    actual: Option.map(Option.fromNullishOr(actual), (version) => Version(version))
  })
  const answer = Result.fail(new StorageError({ adapter: "memory", operation: "commit", key, reason }))
  return judgeCommit(model, { writeId: "refused", operations }, { answer, capability })
}

const created = Result.getOrThrow(accepted(emptyModel, { writeId: "w1", version: 1 }, put(key, 1)))

const head = {
  _tag: "StoredHead",
  key,
  kind: "note",
  schemaVersion: 1,
  version: Version(1),
  incarnation: "first",
  createdAt: 1,
  updatedAt: 1,
  summary: "{}",
  entryCount: 0
} as const

it("a write is taken over with the version that the adapter chose, if it is higher", () => {
  assert.isTrue(Result.isSuccess(accepted(created, { writeId: "w2", version: 2 }, put(key, 2))))
  assert.isTrue(Result.isFailure(accepted(created, { writeId: "w2", version: 1 }, put(key, 2))))
  assert.isTrue(Result.isFailure(accepted(created, { writeId: "w2", version: 2, createdAt: 2 }, put(key, 2))))
  assert.isTrue(Result.isFailure(accepted(created, { writeId: "w2", version: 2, entryCount: 2 }, append(key, [1]))))
  assert.isTrue(Result.isFailure(accepted(created, { writeId: "w2", version: 9 }, put(key, 2, { floor: Version(9) }))))
})

it("a precondition that does not hold is refused with the version that is there, and no other one is", () => {
  assert.isTrue(Result.isSuccess(conflicting(created, 1, put(key, 2, { expect: "absent" }))))
  assert.isTrue(Result.isFailure(conflicting(created, 2, put(key, 2, { expect: "absent" }))))
  assert.isTrue(Result.isFailure(conflicting(created, 1, put(key, 2, { expect: "present" }))))
  assert.isTrue(Result.isSuccess(conflicting(emptyModel, undefined, append(key, [1]))))
  assert.isTrue(Result.isFailure(accepted(emptyModel, { writeId: "w2", version: 1, entryCount: 1 }, append(key, [1]))))
  assert.isTrue(Result.isFailure(conflicting(created, 1, put(key, 2, { kind: "draft" }))))
})

it("a repeated write is answered as it was, and changes nothing", () => {
  const later = Result.getOrThrow(accepted(created, { writeId: "w2", version: 2 }, put(key, 2)))
  assert.isTrue(remembers(later, { writeId: "w1", operations: [put(key, 1)] }))
  assert.strictEqual(Result.getOrThrow(accepted(later, { writeId: "w1", version: 1 }, put(key, 1))), later)
  assert.isTrue(Result.isFailure(accepted(later, { writeId: "w1", version: 3 }, put(key, 1))))
})

it("a removed session is none, and its next life is another one", () => {
  const seen = Result.getOrThrow(judgeLoad(created, key, Option.some({ head, body: json(1), writes: [] })))
  const removed = Result.getOrThrow(accepted(seen, { writeId: "w2", version: 2 }, remove(key)))
  assert.isTrue(Result.isSuccess(judgeLoad(removed, key, Option.none())))
  assert.isTrue(Result.isFailure(judgeLoad(removed, key, Option.some({ head, body: json(1), writes: [] }))))
  const again = Result.getOrThrow(accepted(removed, { writeId: "w3", version: 3, createdAt: 3 }, put(key, 3)))
  const next = { ...head, version: Version(3), createdAt: 3, updatedAt: 3 }
  assert.isTrue(Result.isFailure(judgeLoad(again, key, Option.some({ head: next, body: json(3), writes: [] }))))
  assert.isTrue(
    Result.isSuccess(
      judgeLoad(again, key, Option.some({ head: { ...next, incarnation: "second" }, body: json(3), writes: [] }))
    )
  )
  assert.isFalse(remembers(again, { writeId: "w1", operations: [put(key, 1)] }))
})

it("entries and listings are compared with all that was written", () => {
  const model = Result.getOrThrow(
    accepted(created, { writeId: "w2", version: 2, entryCount: 2 }, append(key, ["a", "b"]))
  )
  const rows = ["a", "b"].map((entry, index) => ({
    _tag: "StoredEntry" as const,
    index,
    at: 2,
    version: Version(2),
    schemaVersion: 1,
    entry: json(entry)
  }))
  assert.isTrue(Result.isSuccess(judgeEntries(model, key, { range: {}, rows })))
  assert.isTrue(Result.isSuccess(judgeEntries(model, key, { range: { last: 1 }, rows: rows.slice(1) })))
  assert.isTrue(Result.isFailure(judgeEntries(model, key, { range: {}, rows: rows.toReversed() })))
  const listed = { ...head, version: Version(2), updatedAt: 2, entryCount: 2 }
  const query = { namespace: ["a"], order: "id" } as const
  assert.isTrue(Result.isSuccess(judgeListing(model, query, [listed])))
  assert.isTrue(Result.isFailure(judgeListing(model, query, [])))
  assert.isTrue(Result.isFailure(judgeListing(model, { ...query, namespace: ["b"] }, [listed])))
})
