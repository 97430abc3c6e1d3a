import { assert, describe, it } from "@effect/vitest"
import { appliedWritesMax, type Plan, planChange, Version } from "@holdfast/core"
import { Option, Result } from "effect"
import { absent, append, appliedWrite, change, facts, put, record, refusal, remove, removed, written } from "./plans.ts"

describe("a put", () => {
  it("creates a record where there is none", () => {
    assert.deepStrictEqual(written(absent, [put()]).next, {
      kind: "Chat",
      schemaVersion: 1,
      version: Version(1_000_001),
      incarnation: "fresh",
      createdAt: 1_000,
      updatedAt: 1_000,
      entryCount: 0,
      writes: [{ id: "w", version: Version(1_000_001), at: 1_000, entryCount: 0 }]
    })
  })

  it("keeps the incarnation, the creation time and the entries of a record, and remembers its writes", () => {
    const live = record({ entryCount: 3, writes: [appliedWrite("before")] })
    assert.deepStrictEqual(written(facts(live), [put({ schemaVersion: 2 })]).next, {
      ...live,
      schemaVersion: 2,
      version: Version(8),
      updatedAt: 1_000,
      writes: [appliedWrite("before"), { id: "w", version: Version(8), at: 1_000, entryCount: 3 }]
    })
  })

  it("starts a new life above a removal: new incarnation, new creation time, no entries, of the writes the removal", () => {
    const next = written(removed(5_000_000, [appliedWrite("before"), appliedWrite("removal")]), [put()]).next
    assert.strictEqual(next.version, 5_000_001)
    assert.strictEqual(next.incarnation, "fresh")
    assert.strictEqual(next.createdAt, 1_000)
    assert.strictEqual(next.entryCount, 0)
    assert.deepStrictEqual(next.writes.map((write) => write.id), ["removal", "w"])
  })

  it("rises above the highest floor of the change", () => {
    const operations = [put({ floor: Version(40) }), append(["1"], { floor: Version(90) })]
    assert.strictEqual(written(facts(record()), operations).next.version, 91)
  })

  it("with entries is one step: one version, one write, both contents", () => {
    const plan = written(facts(record({ entryCount: 2 })), [put(), append(["1", "2"], { schemaVersion: 4 })])
    assert.isTrue(Option.isSome(plan.put))
    assert.deepStrictEqual(plan.entries, [{ schemaVersion: 4, entry: "1" }, { schemaVersion: 4, entry: "2" }])
    assert.strictEqual(plan.next.schemaVersion, 1)
    assert.strictEqual(plan.next.entryCount, 4)
    assert.strictEqual(plan.next.version, 8)
  })

  it("may create a session together with entries that expect anything", () => {
    assert.strictEqual(written(absent, [append(["1"], { expect: "any" }), put()]).next.entryCount, 1)
  })

  it("that is the last of several in a change is the one that counts", () => {
    const plan = written(absent, [put({ body: "1" }), put({ body: "2" })])
    assert.strictEqual(Option.getOrThrow(plan.put).body, "2")
  })
})

describe("an append", () => {
  it("adds its entries under a new version and writes no body", () => {
    const plan = written(facts(record({ entryCount: 2, schemaVersion: 3 })), [append(["1"], { schemaVersion: 3 })])
    assert.isTrue(Option.isNone(plan.put))
    assert.deepStrictEqual(plan.entries, [{ schemaVersion: 3, entry: "1" }])
    assert.strictEqual(plan.next.entryCount, 3)
    assert.strictEqual(plan.next.version, 8)
    assert.strictEqual(plan.next.updatedAt, 1_000)
    assert.strictEqual(plan.next.schemaVersion, 3)
  })

  it("keeps the version of the state's shape while its entries carry their own", () => {
    const plan = written(facts(record({ schemaVersion: 1 })), [append(["1"], { schemaVersion: 2 })])
    assert.strictEqual(plan.next.schemaVersion, 1)
    assert.deepStrictEqual(plan.entries, [{ schemaVersion: 2, entry: "1" }])
  })

  it("follows another one of the same change", () => {
    assert.deepStrictEqual(
      written(facts(record()), [append(["1"]), append(["2", "3"])]).entries.map(({ entry }) => entry),
      ["1", "2", "3"]
    )
  })

  it("of older entries keeps their times, while the write and the record have the change's", () => {
    const operations = [
      put(),
      append(["1", "2"], { at: 30 }),
      append(["3"]),
      append(["4"], { at: 0, schemaVersion: 2 })
    ]
    for (const known of [absent, facts(record({ entryCount: 0 }))]) {
      const { entries, next } = written(known, operations)
      assert.deepStrictEqual(entries, [
        { schemaVersion: 1, entry: "1", at: 30 },
        { schemaVersion: 1, entry: "2", at: 30 },
        { schemaVersion: 1, entry: "3" },
        { schemaVersion: 2, entry: "4", at: 0 }
      ])
      assert.deepStrictEqual([next.updatedAt, next.entryCount, next.schemaVersion], [1_000, 4, 1])
      assert.deepStrictEqual(next.writes.map(({ at, entryCount }) => [at, entryCount]), [[1_000, 4]])
    }
  })

  it("of older entries that was applied before is answered with the time of its write", () => {
    const before = appliedWrite("w")
    const operations = [put(), append(["1"], { at: 5 })]
    assert.deepStrictEqual(
      change(facts(record({ writes: [before] })), operations),
      Result.succeed({ _tag: "Unchanged", applied: before, createdAt: 100 })
    )
  })

  it("of nothing changes nothing and answers what is there", () => {
    assert.deepStrictEqual(
      change(facts(record({ entryCount: 2 })), [append([])]),
      Result.succeed({
        _tag: "Unchanged",
        applied: { id: "w", version: Version(7), at: 500, entryCount: 2 },
        createdAt: 100
      })
    )
  })

  it.each(["any", "absent", "present", Version(7)] as const)("expecting %s needs a session", (expect) => {
    for (const entries of [["1"], []]) {
      const found = refusal(absent, [append(entries, { expect })])
      assert.strictEqual(found._tag, "VersionMismatch")
    }
  })
})

describe("a removal", () => {
  it("leaves a tombstone above the record, which remembers the record's writes and its own", () => {
    const live = record({ entryCount: 3, writes: [appliedWrite("before")] })
    const applied = { id: "w", version: Version(8), at: 1_000, entryCount: 0 }
    assert.deepStrictEqual(
      change(facts(live), [remove()]),
      Result.succeed({
        _tag: "Removal",
        tombstone: { version: Version(8), writes: [appliedWrite("before"), applied] },
        applied
      })
    )
  })

  it("rises above its floor", () => {
    const plan = Result.getOrThrow(change(facts(record()), [remove({ floor: Version(90) })]))
    assert.isTrue(plan._tag === "Removal" && plan.tombstone.version === 91)
  })

  it("that expects anything changes nothing where there is nothing", () => {
    const plan = Result.getOrThrow(change(absent, [remove({ expect: "any" })]))
    assert.strictEqual(plan._tag, "Unchanged")
  })

  it("never shares a change with another operation of its key", () => {
    for (const operations of [[remove(), put()], [append(["1"]), remove()], [remove(), remove()]]) {
      assert.deepStrictEqual(refusal(facts(record()), operations), { _tag: "NotAlone", operation: "Remove" })
    }
  })
})

describe("a repeated write", () => {
  const before = appliedWrite("w")
  const answer = (createdAt: number) => Result.succeed<Plan>({ _tag: "Unchanged", applied: before, createdAt })

  it("is recognised by the record, before any precondition", () => {
    const live = record({ writes: [appliedWrite("other"), before] })
    assert.deepStrictEqual(change(facts(live), [put({ expect: "absent", kind: "Other" })]), answer(100))
  })

  it("is recognised by the tombstone", () => {
    assert.deepStrictEqual(change(removed(9, [before]), [remove()]), answer(before.at))
  })

  it("is recognised by what the adapter remembers outside the record", () => {
    const known = { ...facts(record()), applied: Option.some(before) }
    assert.deepStrictEqual(change(known, [append(["1"])]), answer(100))
  })

  it("of a removal is recognised by the life that began after it", () => {
    const live = written(removed(9, [appliedWrite("older"), appliedWrite("removal")]), [put()]).next
    const context = { writeId: "removal", attempt: 2, now: 2_000, incarnation: "other" }
    const plan = Result.getOrThrow(planChange(facts(live), [remove({ expect: "any" })], context))
    assert.strictEqual(plan._tag, "Unchanged")
  })

  it("that may have been forgotten before the removal is unknown, not a conflict", () => {
    const writes = Array.from({ length: appliedWritesMax }, (_, index) => appliedWrite(`${index}`))
    assert.deepStrictEqual(refusal(removed(9, writes), [put({ expect: "present" })], 2), { _tag: "Forgotten" })
    assert.strictEqual(refusal(removed(9, writes), [put({ expect: "present" })], 1)._tag, "VersionMismatch")
  })

  it("is written when nothing remembers it", () => {
    const unknown = { ...facts(record({ writes: [appliedWrite("other")] })), applied: Option.none() }
    assert.strictEqual(written(unknown, [put()]).next.version, 8)
  })

  it("is remembered for 16 writes", () => {
    const writes = Array.from({ length: appliedWritesMax }, (_, index) => appliedWrite(`${index}`))
    assert.deepStrictEqual(written(facts(record({ writes })), [put()]).next.writes.map((write) => write.id), [
      ...writes.slice(1).map((write) => write.id),
      "w"
    ])
    assert.strictEqual(appliedWritesMax, 16)
  })

  it("is answered by planChange itself in the same way", () => {
    const context = { writeId: "w", attempt: 2, now: 1_000, incarnation: "fresh" }
    assert.deepStrictEqual(planChange(facts(record({ writes: [before] })), [put()], context), answer(100))
  })
})
