import { assert, describe, it } from "@effect/vitest"
import { Conflict, type Reason, type Remedy, Version } from "@holdfast/core"
import { Effect, Option } from "effect"
import { allReasons, reasonSamples } from "./reasonSamples.ts"

type Tag = Reason["_tag"]

const remedies: { readonly [T in Tag]: Remedy } = {
  CrossDevice: "fallback",
  Virtualized: "fallback",
  DirectoryUnreadable: "fallback",
  PermissionDenied: "fallback",
  ReadOnly: "fallback",
  NoSpace: "fallback",
  NameTooLong: "fallback",
  TooManyOpenFiles: "retry",
  Busy: "retry",
  Io: "fallback",
  Corrupt: "fallback",
  NewerFormat: "caller",
  InvalidKey: "caller",
  TooLarge: "caller",
  Conflict: "caller",
  Unavailable: "fallback",
  CircuitOpen: "fallback",
  TimedOut: "retry",
  OutcomeUnknown: "retry",
  DurabilityNotMet: "caller",
  Unsupported: "caller",
  Closed: "caller",
  Unclassified: "fallback"
}

const messages: { readonly [T in Tag]: string } = {
  CrossDevice: "EXDEV renaming /store/a.tmp to /store/a.json",
  Virtualized: "MSIX redirects /a to /b",
  DirectoryUnreadable: "cannot read the folder /store/acct/local_1.json (ECODE)",
  PermissionDenied: "permission denied at /store/acct/local_1.json (ECODE)",
  ReadOnly: "/store/acct/local_1.json is on read-only storage",
  NoSpace: "no space left for /store/acct/local_1.json (ECODE)",
  NameTooLong: "the name is too long for the storage: /store/acct/local_1.json",
  TooManyOpenFiles: "too many open files at /store/acct/local_1.json (ECODE)",
  Busy: "/store/acct/local_1.json is in use (ECODE)",
  Io: "input/output error at /store/acct/local_1.json (ECODE)",
  Corrupt: "/store/a.json has a wrong checksum",
  NewerFormat: "/store/a.json has format 3, this version reads up to 1",
  InvalidKey: "invalid key: the id is empty",
  TooLarge: "11 bytes are more than the 10 that the storage takes",
  Conflict: "expected present, found no record",
  Unavailable: "the database is not available",
  CircuitOpen: "the circuit breaker is open",
  TimedOut: "no answer within 50 ms",
  OutcomeUnknown: "no answer in time",
  DurabilityNotMet: "the write is volatile, flushed is required",
  Unsupported: "not supported here: flushed durability",
  Closed: "the store is closed",
  Unclassified: "unexpected EWEIRD (-4095) from rename at /store/a.json"
}

const table = allReasons.map((reason) => [reason._tag, reason] as const)

describe("a reason", () => {
  it.each(table)("%s names its remedy", (tag, reason) => {
    assert.strictEqual(reason.remedy, remedies[tag])
  })

  it.each(table)("%s says in words what happened", (tag, reason) => {
    assert.strictEqual(reason.message, messages[tag])
  })

  it.each(table)("%s is an error that Effect can fail with", (tag, reason) => {
    assert.instanceOf(reason, Error)
    assert.strictEqual(reason.name, tag)
    assert.strictEqual(Effect.runSync(Effect.flip(reason as Effect.Effect<never, Reason>)), reason)
  })

  it("is never retried when the place itself refuses", () => {
    for (const tag of ["CrossDevice", "NoSpace", "ReadOnly"] as const) {
      assert.notStrictEqual(reasonSamples[tag].remedy, "retry")
    }
  })
})

describe("a conflict", () => {
  it("says which version it found", () => {
    const conflict = new Conflict({ outcome: "notApplied", expected: Version(3), actual: Option.some(Version(4)) })
    assert.strictEqual(conflict.message, "expected 3, found 4")
  })

  it.each(
    [
      [{ _tag: "OtherKind", expected: "Chat", actual: "Draft" }, "the record is of another kind"],
      [{ _tag: "NewerSchema", expected: 1, actual: 2 }, "the record is of another schema version"]
    ] as const
  )("over a record that is not the writer's says what it is: %o", (record, message) => {
    const conflict = new Conflict({ outcome: "notApplied", expected: "any", actual: Option.none(), record })
    assert.strictEqual(conflict.message, message)
  })
})
