import { assert, describe, it } from "@effect/vitest"
import { Corrupt, type Outcome, type Reason, StorageError, Unclassified } from "@holdfast/core"
import { Effect, Schema } from "effect"
import { allReasons, reasonSamples } from "./reasonSamples.ts"

const key = { namespace: ["acct", "org"], id: "local_1" }

const errorOf = (reason: Reason) => new StorageError({ adapter: "fs", operation: "commit", key, reason })

const consequences: Record<Outcome, string> = {
  notApplied: "nothing was changed",
  applied: "the change was applied",
  unknown: "whether the change was applied is unknown"
}

describe("the message of a storage error", () => {
  it("says adapter, operation, key, reason and outcome", () => {
    assert.strictEqual(
      errorOf(reasonSamples.NoSpace).message,
      "fs.commit \"acct/org/local_1\": no space left for /store/acct/local_1.json (ECODE); nothing was changed"
    )
  })

  it("leaves the key out where there is none", () => {
    const error = new StorageError({ adapter: "sqlite", operation: "list", reason: reasonSamples.Closed })
    assert.strictEqual(error.message, "sqlite.list: the store is closed; nothing was changed")
  })

  it.each(Object.entries(consequences))("ends with the outcome %s in words", (outcome, consequence) => {
    const reason = new Corrupt({ outcome: outcome as Outcome, at: "/a", problem: "is torn" })
    assert.isTrue(errorOf(reason).message.endsWith(`/a is torn; ${consequence}`))
  })

  it.each(allReasons.map((reason) => [reason._tag, reason] as const))("repeats the words of %s", (_, reason) => {
    assert.strictEqual(
      errorOf(reason).message,
      `fs.commit "acct/org/local_1": ${reason.message}; ${consequences[reason.outcome]}`
    )
  })

  it("never holds the cause, a cleanup's failure or a quarantined copy", () => {
    const reason = new Corrupt({
      outcome: "notApplied",
      at: "/a",
      problem: "is torn",
      quarantine: "SECRET",
      cause: new Error("SECRET")
    })
    const error = new StorageError({ adapter: "fs", operation: "load", key, reason, suppressed: [new Error("SECRET")] })
    assert.notInclude(error.message, "SECRET")
  })

  it.prop(
    "is one line, whatever path, code and key it is made of",
    {
      path: Schema.String,
      code: Schema.String,
      id: Schema.String,
      breaks: Schema.Literals(["\n", "\r", "\u2028", "\u0085", "\u001b[2K"])
    },
    ({ breaks, code, id, path }) => {
      const reason = new Unclassified({
        outcome: "unknown",
        code: code + breaks,
        errno: -1,
        syscall: "open",
        path: path + breaks
      })
      const error = new StorageError({
        adapter: "fs",
        operation: "load",
        key: { namespace: [id + breaks], id },
        reason
      })
      assert.notMatch(error.message, /[\p{Cc}\p{Zl}\p{Zp}]/u)
    },
    { arbitrary: { runs: 100, size: 1000 } }
  )
})

describe("a storage error", () => {
  it("has the outcome and the remedy of its reason", () => {
    for (const reason of allReasons) {
      assert.strictEqual(errorOf(reason).outcome, reason.outcome)
      assert.strictEqual(errorOf(reason).remedy, reason.remedy)
    }
  })

  it.effect("is caught by its reason", () =>
    Effect.gen(function*() {
      const caught = yield* Effect.fail(errorOf(reasonSamples.NoSpace)).pipe(
        Effect.catchReason("StorageError", "NoSpace", (reason, error) => Effect.succeed([reason.path, error.adapter]))
      )
      assert.deepStrictEqual(caught, ["/store/acct/local_1.json", "fs"])
    }))

  it.effect("gives its reason as an error of its own", () =>
    Effect.gen(function*() {
      const failed = Effect.fail(errorOf(reasonSamples.Busy))
      assert.strictEqual(yield* Effect.flip(Effect.unwrapReason(failed, "StorageError")), reasonSamples.Busy)
    }))
})
