import { assert, describe, it } from "@effect/vitest"
import { makeKey, Session } from "@holdfast/core"
import { Schema } from "effect"

const state = Schema.Struct({ title: Schema.String, pinned: Schema.Boolean })
const step = (old: object) => old
const untyped = (value: unknown) => value as never

describe("Session.define", () => {
  it("needs no migrations at version 1, which is the version of a definition that names none", () => {
    const definition = Session.define("Chat", { state })
    assert.deepStrictEqual([definition.kind, definition.version, definition.migrations], ["Chat", 1, {}])
    assert.strictEqual(Session.define("Chat", { version: 1, state, migrations: {} }).version, 1)
  })

  it.each([
    { what: "without any", version: 2, migrations: undefined, problem: "no migration from version 1 to 2" },
    { what: "without the first", version: 3, migrations: { 2: step }, problem: "no migration from version 1 to 2" },
    { what: "with a gap", version: 4, migrations: { 1: step, 3: step }, problem: "no migration from version 2 to 3" },
    { what: "without the last", version: 3, migrations: { 1: step }, problem: "no migration from version 2 to 3" },
    {
      what: "that are no functions",
      version: 2,
      migrations: { 1: "step" },
      problem: "no migration from version 1 to 2"
    },
    {
      what: "from the version itself",
      version: 2,
      migrations: { 1: step, 2: step },
      problem: "a migration from version 2, which leads nowhere"
    },
    {
      what: "from before the first version",
      version: 2,
      migrations: { 0: step, 1: step },
      problem: "a migration from version 0, which leads nowhere"
    },
    {
      what: "from no version",
      version: 1,
      migrations: { later: step },
      problem: "a migration from version later, which leads nowhere"
    }
  ])("refuses migrations $what", ({ migrations, problem, version }) => {
    assert.throws(
      () => Session.define("Chat", { version, state, migrations: untyped(migrations) }),
      TypeError,
      `Session.define("Chat"): ${problem}`
    )
  })

  it.each([0, -1, 1.5, NaN, Infinity, "2"])("refuses the version %s", (version) => {
    assert.throws(
      () => Session.define("Chat", { version: untyped(version), state }),
      TypeError,
      "Session.define(\"Chat\"): the version is a whole number from 1"
    )
  })

  it.each(["", undefined, 5])("refuses the kind %s", (kind) => {
    assert.throws(() => Session.define(untyped(kind), { state }), TypeError, "the kind is a non-empty string")
  })

  it("refuses a summary field that the state does not have", () => {
    assert.throws(
      () => Session.define("Chat", { state, summary: ["title", untyped("size")] }),
      TypeError,
      "Session.define(\"Chat\"): the state has no field \"size\"; use summary: { schema, of }"
    )
  })

  it("refuses to pick summary fields of a union", () => {
    const union = Schema.Union([
      Schema.Struct({ a: Schema.String }),
      Schema.Struct({ a: Schema.String, b: Schema.String })
    ])
    assert.throws(
      () => Session.define("Chat", { state: union, summary: ["a"] }),
      TypeError,
      "use summary: { schema, of }"
    )
  })

  it("picks the summary from a state, without what the state leaves out", () => {
    const { summary } = Session.define("Chat", {
      state: Schema.Struct({ title: Schema.String, note: Schema.optionalKey(Schema.String), cwd: Schema.String }),
      summary: ["title", "note"]
    })
    assert.deepStrictEqual(summary.of({ title: "a", cwd: "/" }), { title: "a" })
    assert.deepStrictEqual(summary.of({ title: "a", note: "n", cwd: "/" }), { title: "a", note: "n" })
  })

  it("picks the summary from a class", () => {
    class Doc extends Schema.Class<Doc>("Doc")({ title: Schema.String, size: Schema.Int }) {}
    const { summary } = Session.define("Doc", { state: Doc, summary: ["size"] })
    assert.deepStrictEqual(summary.of(new Doc({ title: "a", size: 3 })), { size: 3 })
  })

  it("shows nothing of a state when no summary is named", () => {
    assert.deepStrictEqual(Session.define("Chat", { state }).summary.of({ title: "a", pinned: true }), {})
  })
})

describe("Session.key", () => {
  it("makes a key and never throws", () => {
    assert.deepStrictEqual(Session.key("a", ["acct"]), makeKey("a", ["acct"]))
    assert.deepStrictEqual(Session.key("a"), makeKey("a"))
    for (const id of ["", "a/b", "\uD83D", undefined, null, 5]) {
      assert.deepStrictEqual(Session.key(untyped(id)).namespace, [])
    }
  })
})
