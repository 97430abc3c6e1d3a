/** Claims say what was claimed and where the found value differs. */
import { assert, it } from "@effect/vitest"
import { Conflict, InvalidKey, OutcomeUnknown, StorageError } from "@holdfast/core"
import type { LawBroken } from "@holdfast/core/testing"
import { Effect, Option } from "effect"
import { equal, holds, present, refused } from "../../src/testing/claims.ts"

const messageOf = <A, R>(claim: Effect.Effect<A, LawBroken, R>) =>
  Effect.map(Effect.flip(claim), ({ message }) => message)

const conflict = new Conflict({ outcome: "notApplied", expected: "absent", actual: Option.none() })

const failing = (reason: StorageError["reason"]) =>
  Effect.fail(new StorageError({ adapter: "memory", operation: "commit", reason }))

it.effect("equal values pass, whatever the order of their properties", () =>
  equal({ a: [1, Option.some("x")], b: 2 }, { b: 2, a: [1, Option.some("x")] }, "the value"))

it.effect("a difference is told by its place", () =>
  Effect.gen(function*() {
    const message = yield* messageOf(equal([{ a: { b: 1 } }, 2], [{ a: { b: 3 } }, 2], "the value"))
    assert.strictEqual(message, "the value at 0.a.b: expected 3, found 1")
    assert.strictEqual(yield* messageOf(equal([1], [1, 2], "the list")), "the list at 1: expected 2, found undefined")
    assert.include(yield* messageOf(equal(Option.none(), Option.some(1), "the option")), "the option")
  }))

it.effect("a big value is cut in the message", () =>
  Effect.gen(function*() {
    assert.isBelow((yield* messageOf(equal("x".repeat(100_000), "y", "the body"))).length, 600)
  }))

it.effect("conditions and presence are claimed", () =>
  Effect.gen(function*() {
    yield* holds(() => true, "it holds")
    assert.strictEqual(yield* messageOf(holds(() => false, "it holds")), "not so: it holds")
    assert.strictEqual(yield* present(Option.some(1), "the number"), 1)
    assert.strictEqual(yield* messageOf(present(Option.none(), "the number")), "the number: nothing is there")
  }))

it.effect("a refusal passes with its reason, and nothing else does", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* refused(failing(conflict), "Conflict", "a write")).expected, "absent")
    const unknown = new OutcomeUnknown({ outcome: "unknown", why: "nobody knows" })
    const applied = new InvalidKey({ outcome: "applied", problem: "the id is empty" })
    assert.include(
      yield* messageOf(refused(failing(unknown), "Conflict", "a write")),
      "expected a refusal with Conflict"
    )
    assert.include(yield* messageOf(refused(failing(applied), "InvalidKey", "a write")), "the outcome of a refusal")
    assert.include(yield* messageOf(refused(Effect.succeed(1), "Conflict", "a write")), "but the call succeeded")
    assert.include(yield* messageOf(refused(Effect.fail("odd"), "Conflict", "a write")), "found odd")
  }))
