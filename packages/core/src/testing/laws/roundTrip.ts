/**
 * The laws of round trips: what was written is read back as it was, whatever the text.
 *
 * The text is what an application would write with `JSON.stringify`; an adapter gives it back character by
 * character and never looks into it.
 */
import * as Option from "effect/Option"
import { satisfiesDurability } from "../../model/Capability.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds } from "../claims.ts"
import { append, json, put } from "../operations.ts"
import { family, plainHead } from "../Trial.ts"

const key = makeKey("session", ["account", "organisation"])

const bigBytes = 1024 * 1024

/** Values whose JSON text has traps for encodings, parsers and SQL. */
const trickyValues: ReadonlyArray<unknown> = [
  "\ud800 lone, reversed \udfff\ud800, paired \ud83d\ude00",
  "na\u00efve cafe\u0301 \u4f60\u597d \u05e9\u05dc\u05d5\u05dd \u{1F468}\u200D\u{1F469}\u200D\u{1F467}",
  "\u0000 \u0007 \u001b[31m \u007f \u0085 \u2028 \u2029 \ufeff \ufffe",
  "line\nreturn\r\ntab\t quote\" backslash\\ slash/ '; DROP TABLE sessions; --",
  { "__proto__x": 1, constructor: { prototype: null }, "": "", "a.b": [[], {}, [null]] },
  JSON.parse("{\"__proto__\":{\"deep\":true},\"toString\":0}"),
  [0, -1, 0.1, 1e21, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER, true, false, null],
  "",
  null,
  {}
]

export const roundTripLaws = family("round trip", [
  {
    id: "put.isRead",
    title: "a session is read back as it was put",
    run: function*(trial) {
      const client = yield* trial.open
      const summary = json({ title: "one" })
      const receipt = yield* client.commit(put(key, { n: 1 }, { kind: "draft", schemaVersion: 3, summary }))
      const { body, head } = yield* client.read(key)
      yield* equal(body, json({ n: 1 }), "the body")
      yield* equal(head, {
        _tag: "StoredHead",
        key,
        kind: "draft",
        schemaVersion: 3,
        version: receipt.version,
        incarnation: head.incarnation,
        createdAt: receipt.createdAt,
        updatedAt: receipt.updatedAt,
        summary,
        entryCount: 0
      }, "the head")
      yield* holds(() => head.incarnation !== "", "a record has an incarnation")
      yield* equal(yield* client.entries(key), [], "the entries of a session that was put")
    }
  },
  {
    id: "put.overwrites",
    title: "a put replaces what the put before it wrote",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, { n: 1, long: "x".repeat(5000) }))
      yield* client.commit(put(key, { n: 2 }, { schemaVersion: 2, summary: json({ title: "two" }) }))
      const { body, head } = yield* client.read(key)
      yield* equal(body, json({ n: 2 }), "the body")
      yield* equal([head.schemaVersion, head.summary], [2, json({ title: "two" })], "schema version and summary")
    }
  },
  {
    id: "put.keepsEntries",
    title: "a put keeps the session's entries",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a", "b"]))
      const before = yield* client.entries(key)
      const receipt = yield* client.commit(put(key, 2))
      yield* equal(receipt.entryCount, 2, "the entry count in the receipt of the put")
      yield* equal((yield* client.read(key)).head.entryCount, 2, "the entry count after the put")
      yield* equal(yield* client.entries(key), before, "the entries after the put")
    }
  },
  {
    id: "absent.isNone",
    title: "a session that was never written is none and has no entries",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a"]))
      for (const other of [makeKey("other", key.namespace), makeKey("session"), makeKey("session", ["account"])]) {
        yield* equal(yield* client.adapter.head(other), Option.none(), "the head of an absent session")
        yield* equal(yield* client.snapshot(other), { session: Option.none(), entries: [] }, "an absent session")
      }
    }
  },
  {
    id: "head.isLoads",
    title: "the head that is read alone is the head that is loaded and the head that is listed",
    run: function*(trial) {
      const client = yield* trial.open
      const writes = [
        client.commit(put(key, 1, { summary: json({ n: 1 }) })),
        client.commit(append(key, ["a"], { schemaVersion: 2 })),
        client.commit(put(key, 2, { schemaVersion: 4, summary: json({ n: 2 }) }), append(key, ["b"])),
        client.commit(put(key, 3, { schemaVersion: 5 }))
      ]
      for (const write of writes) {
        yield* write
        const { head } = yield* client.read(key)
        yield* equal(Option.map(yield* client.adapter.head(key), plainHead), Option.some(head), "the head read alone")
        yield* equal(yield* client.list(), [head], "the listed heads")
      }
    }
  },
  {
    id: "body.big",
    title: "a body of a megabyte is read back whole",
    needs: ({ bodyBytesMax }) => bodyBytesMax >= 2 * bigBytes,
    run: function*(trial) {
      const client = yield* trial.open
      const text = json({ text: "0123456789abcde\u00e9".repeat(bigBytes / 16), end: true })
      const entries = [text, json("short")]
      yield* client.commit(put(key, null, { body: text }), append(key, [], { entries }))
      const { body } = yield* client.read(key)
      yield* holds(() => body === text, "the big body is as it was written")
      const texts = yield* client.texts(key)
      yield* holds(() => texts.length === 2 && texts[0] === text, "the big entry is as it was written")
      yield* client.commit(put(key, "small"))
      yield* equal((yield* client.read(key)).body, json("small"), "the body that replaced the big one")
    }
  },
  {
    id: "text.verbatim",
    title: "every JSON text is read back as it was written: in bodies, summaries and entries",
    run: function*(trial) {
      const client = yield* trial.open
      for (const value of trickyValues) {
        yield* client.commit(put(key, value, { summary: json({ value }) }))
        const { body, head } = yield* client.read(key)
        yield* equal([body, head.summary], [json(value), json({ value })], "body and summary")
      }
      yield* client.commit(append(key, trickyValues))
      yield* equal(yield* client.texts(key), trickyValues.map(json), "the entries")
    }
  },
  {
    id: "receipt.isTrue",
    title: "a receipt says what is stored, and promises no less than the capability",
    run: function*(trial) {
      const { adapter, read } = yield* trial.open
      const change = trial.change(put(key, 1), append(key, ["a", "b"]))
      const receipt = yield* adapter.commit(change)
      const { head } = yield* read(key)
      const { createdAt, entryCount, updatedAt, version } = head
      const rows = receipt.keys.map((row) => ({ ...row, key: { ...row.key } }))
      yield* equal(rows.length, 1, "the rows of a receipt for one key")
      yield* equal(rows[0]?.key, key, "the key of the row")
      const told = Option.map(
        Option.fromNullishOr(rows[0]),
        (row) => [row.version, row.createdAt, row.updatedAt, row.entryCount]
      )
      yield* equal(
        told,
        Option.some([version, createdAt, updatedAt, entryCount]),
        "what the receipt says of the record"
      )
      yield* holds(
        () => satisfiesDurability(receipt.durability, adapter.capability.durability),
        `a write is at least ${adapter.capability.durability}`
      )
      yield* holds(
        () => receipt.attempts >= 1 && receipt.adapter !== "",
        "a receipt names the adapter and its attempts"
      )
    }
  }
])
