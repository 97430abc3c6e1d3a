/**
 * The laws of keys: every valid key is a session of its own, however its names look to a file system, a
 * database or a listing.
 * What is not a valid key is left to the laws of bad input.
 */
import * as Effect from "effect/Effect"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import { equal } from "../claims.ts"
import { append, json, put } from "../operations.ts"
import { type Client, family } from "../Trial.ts"

/** Names with a meaning to some file system, shell, URL or pattern language. */
const oddNames: ReadonlyArray<string> = [
  "UPPER",
  "with space",
  " leading",
  "trailing ",
  "dots..",
  "...",
  ".hidden",
  "~",
  "$HOME",
  "%2F",
  "%",
  "%00",
  "_",
  "-",
  "--force",
  "=",
  "=1+1",
  "*",
  "?",
  "a:b",
  "a|b",
  "<a>",
  "\"quoted\"",
  "it's",
  "`tick`",
  "a;b",
  "a&b",
  "#",
  "[a]",
  "{a}",
  "\u{1F600}",
  "\u4f60\u597d",
  "\u05e9\u05dc\u05d5\u05dd",
  "\u200b",
  "\u202e",
  "\ufeff",
  "null",
  "undefined",
  "__proto__",
  "constructor",
  "0",
  "1e3"
]

const windowsNames: ReadonlyArray<string> = ["con", "CON", "nul", "NUL", "aux", "com1", "lpt9", "con.txt", "clock$"]

/** What an adapter that stores files may call its own. */
const filesOfAdapters: ReadonlyArray<string> = [
  "a",
  "a.json",
  "a.alt.json",
  "a.json.tmp",
  "a.entries.jsonl",
  "a.entries.2.jsonl",
  "a.tombstone",
  "a.lock",
  "x.json",
  "lost-found",
  ".holdfast",
  "holdfast.json",
  "catalog.json",
  "sessions.db",
  "sessions.db-wal",
  "marker",
  "tmp"
]

/** Gives every key a state and an entry of its own, then claims that each still has its own, read and listed. */
const areApart = Effect.fnUntraced(function*(client: Client, keys: ReadonlyArray<SessionKey>) {
  for (const key of keys) yield* client.commit(put(key, { key }, { expect: "absent" }), append(key, [key]))
  for (const key of keys) {
    const { body, head } = yield* client.read(key)
    yield* equal(head.key, key, "the key in the head")
    yield* equal(body, json({ key }), `the body of ${json(key)}`)
    yield* equal(yield* client.texts(key), [json(key)], `the entries of ${json(key)}`)
  }
  const listed = (yield* client.list()).map((head) => json(head.key))
  yield* equal(listed.toSorted(), keys.map((key) => json(makeKey(key.id, key.namespace))).toSorted(), "the listed keys")
})

export const keyLaws = family("keys", [
  {
    id: "keys.oddNames",
    title: "an id may hold every character that is allowed",
    run: function*(trial) {
      yield* areApart(yield* trial.open, oddNames.map((name) => makeKey(name, ["n"])))
    }
  },
  {
    id: "keys.oddNamespaces",
    title: "a namespace name may hold every character that is allowed",
    run: function*(trial) {
      yield* areApart(yield* trial.open, oddNames.map((name) => makeKey("session", [name])))
    }
  },
  {
    id: "keys.windowsNames",
    title: "names that Windows reserves are names like any other",
    run: function*(trial) {
      const names = [...windowsNames, "dot.", "dot", "dot..", "space ", "space"]
      yield* areApart(yield* trial.open, names.flatMap((name) => [makeKey(name), makeKey("in", [name])]))
    }
  },
  {
    id: "keys.filesOfAdapters",
    title: "names that look like an adapter's own files are names like any other",
    run: function*(trial) {
      yield* areApart(yield* trial.open, filesOfAdapters.flatMap((name) => [makeKey(name), makeKey("in", [name])]))
    }
  },
  {
    id: "keys.caseMatters",
    title: "keys that differ in case only are different sessions",
    run: function*(trial) {
      const names = ["abc", "Abc", "ABC", "aBC"]
      yield* areApart(yield* trial.open, names.flatMap((name) => [makeKey(name, ["n"]), makeKey("session", [name])]))
    }
  },
  {
    id: "keys.unicodeForms",
    title: "keys that differ in Unicode normalisation only are different sessions",
    run: function*(trial) {
      const names = ["\u00e9", "e\u0301", "\u212b", "\u00c5", "A\u030a", "\u017f", "s", "\u0131", "i"]
      yield* areApart(yield* trial.open, names.flatMap((name) => [makeKey(name, ["n"]), makeKey("session", [name])]))
    }
  },
  {
    id: "keys.longest",
    title: "names of 128 bytes in a namespace eight deep are kept apart by their last character",
    needs: ({ keyBytesMax }) => keyBytesMax >= 128,
    run: function*(trial) {
      const deepest = Array.from({ length: 8 }, (_, index) => "n".repeat(127) + index)
      const wide = "\u00e9".repeat(63)
      yield* areApart(yield* trial.open, [
        makeKey("x".repeat(127) + "1", deepest),
        makeKey("x".repeat(127) + "2", deepest),
        makeKey("x".repeat(127) + "1", [...deepest.slice(0, 7), "n".repeat(127) + "8"]),
        makeKey("X".repeat(127) + "1", deepest.slice(0, 7)),
        makeKey(wide + "01"),
        makeKey(wide + "02")
      ])
    }
  },
  {
    id: "keys.partsAreApart",
    title: "where one name of a key ends and the next begins makes a difference",
    run: function*(trial) {
      yield* areApart(yield* trial.open, [
        makeKey("c", ["a", "b"]),
        makeKey("b.c", ["a"]),
        makeKey("c", ["a.b"]),
        makeKey("b c", ["a"]),
        makeKey("c", ["a b"]),
        makeKey("c", ["a%2Fb"]),
        makeKey("a%2Fb%2Fc"),
        makeKey("bc", ["a"]),
        makeKey("c", ["ab"]),
        makeKey("abc"),
        makeKey("b-c", ["a"]),
        makeKey("c", ["a-b"]),
        makeKey("b,c", ["a"]),
        makeKey("c", ["a,b"])
      ])
    }
  },
  {
    id: "keys.idAndNamespace",
    title: "an id and a namespace may have the same name",
    run: function*(trial) {
      yield* areApart(yield* trial.open, [
        makeKey("a"),
        makeKey("a", ["a"]),
        makeKey("a", ["a", "a"]),
        makeKey("a", ["a", "a", "a"])
      ])
    }
  }
])
