import { assert, describe, it } from "@effect/vitest"
import { type Migration, Session } from "@holdfast/core"
import { Schema } from "effect"

const title = Schema.Struct({ title: Schema.String })
const same: Migration = (old) => old

const versioned = (migrations: unknown, version = 2) =>
  Session.define("Talk", { version, state: title, migrations: migrations as never })

describe("Session.define", () => {
  it("takes a function as the step of the state, and a step object as it is", () => {
    const step = { state: same, entry: same }
    assert.deepStrictEqual(versioned({ 1: same, 2: step, 3: { state: same } }, 4).migrations, {
      1: { state: same },
      2: step,
      3: { state: same }
    })
  })

  it.each([
    ["null", null],
    ["a list", [same]],
    ["a number", 5],
    ["an empty object", {}],
    ["a migration of entries alone", { entry: same }],
    ["a state that is no function", { state: "step" }],
    ["a state that is nothing", { state: undefined, entry: same }]
  ])("refuses a step that is %s", (_, step) => {
    assert.throws(() => versioned({ 1: step }), TypeError, "Session.define(\"Talk\"): no migration from version 1 to 2")
    assert.throws(() => versioned({ 1: same, 2: step }, 3), TypeError, "no migration from version 2 to 3")
  })

  it.each([
    ["a text", { state: same, entry: "step" }],
    ["null", { state: same, entry: null }]
  ])("refuses a step whose migration of entries is %s", (_, step) => {
    assert.throws(() => versioned({ 1: step }), TypeError, "the migration of entries from version 1 is no function")
  })

  it.each([
    {
      what: "a gap",
      version: 4,
      migrations: { 1: same, 3: { state: same } },
      problem: "no migration from version 2 to 3"
    },
    {
      what: "a step too many",
      version: 2,
      migrations: { 1: same, 2: { state: same } },
      problem: "a migration from version 2, which leads nowhere"
    },
    {
      what: "a step from between two versions",
      version: 2,
      migrations: { 1: same, 1.5: same },
      problem: "a migration from version 1.5, which leads nowhere"
    }
  ])("refuses $what", ({ migrations, problem, version }) => {
    assert.throws(() => versioned(migrations, version), TypeError, problem)
  })
})
