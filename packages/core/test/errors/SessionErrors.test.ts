import { assert, describe, it } from "@effect/vitest"
import {
  InvalidCursor,
  makeKey,
  NewerVersion,
  NotDecodable,
  NotEncodable,
  OtherKind,
  SessionConflict,
  SessionExists,
  SessionInvalid,
  SessionNotFound,
  Version
} from "@holdfast/core"
import { Option } from "effect"

const key = makeKey("local_\"1", ["acct"])
const version = Version(7)
const shown = "\"acct/local_\\\"1\""

const messages = [
  [new SessionNotFound({ key }), `no session ${shown}`],
  [new SessionExists({ key }), `the session ${shown} exists; nothing was changed`],
  [
    new SessionConflict({ key, expected: "present", actual: Option.none() }),
    `expected present for ${shown}, found no session; nothing was changed`
  ],
  [
    new SessionConflict({ key, expected: Version(6), actual: Option.some(version) }),
    `expected 6 for ${shown}, found version 7; nothing was changed`
  ],
  [
    new SessionInvalid({ key, reason: new NotEncodable({ issue: "title is missing" }) }),
    `session ${shown} does not fit the schema: title is missing; nothing was changed`
  ],
  [
    new SessionInvalid({ key, reason: new NotDecodable({ issue: "title has the wrong type" }) }),
    `session ${shown} is stored in a shape that does not decode: title has the wrong type; nothing was changed`
  ],
  [
    new SessionInvalid({ key, reason: new NewerVersion({ stored: 3, known: 2 }) }),
    `session ${shown} is stored in schema version 3, this definition knows up to 2; nothing was changed`
  ],
  [
    new SessionInvalid({ key, reason: new OtherKind({ stored: "Draft", expected: "Chat" }) }),
    `session ${shown} is a Draft, not a Chat; nothing was changed`
  ],
  [new InvalidCursor({ problem: "not a cursor of a listing" }), "invalid cursor: not a cursor of a listing"]
] as const

describe("a session error", () => {
  it.each(messages)("is one line with the escaped key and the outcome: %s", (error, message) => {
    assert.strictEqual(error.message, message)
  })

  it("is named by its tag", () => {
    for (const [error] of messages) assert.strictEqual(error.name, error._tag)
  })

  it("shortens a long key", () => {
    const long = new SessionNotFound({ key: makeKey("x".repeat(128), Array(8).fill("y".repeat(128))) })
    assert.isBelow(long.message.length, 130)
  })
})
