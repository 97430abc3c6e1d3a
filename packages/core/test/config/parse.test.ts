import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as StorageUrl from "../../src/config/StorageUrl.ts"
import { registry } from "./schemes.ts"

const parsed = (text: string, known?: StorageUrl.Registry<unknown>) => Result.getOrThrow(StorageUrl.parse(text, known))

const storesOf = (text: string) =>
  parsed(text).stores.map(({ options, path, scheme }) => [
    scheme,
    path,
    Object.fromEntries(options.map(({ name, value }) => [name, value]))
  ])

describe("a storage URL", () => {
  it.each<readonly [string, ReadonlyArray<ReadonlyArray<unknown>>]>([
    ["fs:./sessions", [["fs", "./sessions", {}]]],
    ["fs:/abs/path", [["fs", "/abs/path", {}]]],
    ["fs:C:\\Users\\me\\My Chats", [["fs", "C:\\Users\\me\\My Chats", {}]]],
    ["fs:C:/Users/me", [["fs", "C:/Users/me", {}]]],
    ["fs:\\\\server\\share", [["fs", "\\\\server\\share", {}]]],
    ["sqlite:./s.db", [["sqlite", "./s.db", {}]]],
    ["memory:", [["memory", "", {}]]],
    ["FS:./Sessions", [["fs", "./Sessions", {}]]],
    ["fs:a%2Cb%3fc%23d%25e%20", [["fs", "a,b?c#d%e ", {}]]],
    ["fs:a+b&c=d;e", [["fs", "a+b&c=d;e", {}]]],
    ["fs:./日記", [["fs", "./日記", {}]]],
    ["fs:./%e6%97%a5", [["fs", "./日", {}]]],
    ["fs:./s?require=flushed&commit=slots", [["fs", "./s", { require: "flushed", commit: "slots" }]]],
    ["fs:./s?a=b=c%26d&e=", [["fs", "./s", { a: "b=c&d", e: "" }]]],
    ["fs:./s?wait=5 seconds", [["fs", "./s", { wait: "5 seconds" }]]],
    ["memory:?a=1", [["memory", "", { a: "1" }]]],
    ["fs:./s,sqlite:./s.db,memory:", [["fs", "./s", {}], ["sqlite", "./s.db", {}], ["memory", "", {}]]],
    [" fs:./s , memory:\n", [["fs", "./s", {}], ["memory", "", {}]]],
    ["pg://me@host:5432/db", [["pg", "//me@host:5432/db", {}]]]
  ])("is read: %s", (text, expected) => {
    assert.deepStrictEqual(storesOf(text), expected)
  })

  it("keeps a path as it is written too, where a colon that belongs to a password is told from one that does not", () => {
    const [store] = parsed("pg://me:a%40b%2fc@host/db").stores
    assert.deepStrictEqual([store?.path, store?.written], ["//me:a@b/c@host/db", "//me:a%40b%2fc@host/db"])
  })
})

describe("a storage URL that is wrong", () => {
  it.each<readonly [text: string, message: string]>([
    ["", "scheme at character 1: no URL stands here"],
    ["  ", "scheme at character 3: no URL stands here"],
    ["memory:,", "scheme at character 9: no URL stands here"],
    ["memory:,,memory:", "scheme at character 9: no URL stands here"],
    ["./sessions", "scheme at character 1: a URL begins with a scheme and a colon"],
    [":./sessions", "scheme at character 1: a URL begins with a scheme and a colon"],
    ["9p:./sessions", "scheme at character 1: a URL begins with a scheme and a colon"],
    ["fs:./a,b", "scheme at character 8: a URL begins with a scheme and a colon; a comma in a path is written %2C"],
    ["C:\\Users", "scheme at character 1: a drive letter is no scheme, one stands before it"],
    ["fs:./a#b", "path at character 7: \"#\" is written %23"],
    ["fs:./a?b=c#d", "value at character 11: \"#\" is written %23"],
    ["fs:100%", "path at character 7: a percent sign is written %25"],
    ["fs:100%zz", "path at character 7: a percent sign is written %25"],
    ["fs:./%ff", "path at character 6: the percent encoding is no UTF-8"],
    ["fs:./a%00", "path at character 7: no name holds a NUL"],
    ["fs:./a\0", "path at character 7: no name holds a NUL"],
    ["fs:./\ud800", "path at character 6: half of a surrogate pair is no character"],
    ["fs:./s?", "option at character 8: no option stands here"],
    ["fs:./s?a=1&", "option at character 12: no option stands here"],
    ["fs:./s?slots", "option at character 8: an option is a name, \"=\" and a value"],
    ["fs:./s?=slots", "option at character 8: no name stands before the \"=\""],
    ["fs:./s?a=1&%61=2", "option at character 12: the option \"a\" is given twice"],
    ["fs:./s?a=%", "value at character 10: a percent sign is written %25"],
    [
      "pg://me:hunter,2@host",
      "path at character 4: a host is followed by a port; in a password, \",\" \"/\" \"?\" are written %2C %2F %3F"
    ]
  ])("says what part of it is: %s", (text, message) => {
    const error = Result.getOrThrow(Result.flip(StorageUrl.parse(text)))
    assert.strictEqual(error.message, `invalid storage URL, ${message}`)
  })

  it.each<readonly [text: string, message: string]>([
    ["./s", "scheme at character 1: a URL begins with a scheme and a colon; known schemes: folder, memory, server"],
    [
      "foldr:./s",
      "scheme at character 1: unknown scheme \"foldr\"; did you mean \"folder\"? known schemes: folder, memory, server"
    ],
    [
      "mem:",
      "scheme at character 1: unknown scheme \"mem\"; did you mean \"memory\"? known schemes: folder, memory, server"
    ],
    ["memory:, s3:bucket", "scheme at character 10: unknown scheme \"s3\"; known schemes: folder, memory, server"],
    ["folder:", "path at character 8: folder: needs a path"],
    ["folder:?commit=slots", "path at character 8: folder: needs a path"],
    ["folder://s", "path at character 8: a path of folder: begins after the colon, without \"//\""],
    ["memory:x", "path at character 8: memory: takes no path"],
    [
      "folder:./s?comit=slots",
      "option at character 12: unknown option \"comit\"; did you mean \"commit\"? known options: commit, require, wait"
    ],
    ["memory:?commit=slots", "option at character 9: unknown option \"commit\"; known options: require"],
    [
      "folder:./s?__proto__=1",
      "option at character 12: unknown option \"__proto__\"; known options: commit, require, wait"
    ],
    ["folder:./s?commit=copy", "value at character 19: the option \"commit\" expects \"rename\" | \"slots\""],
    ["folder:./s?wait=soon", "value at character 17: the option \"wait\" expects a valid Duration string"],
    ["folder:./s?wait=soon&commit=copy", "value at character 17: the option \"wait\" expects a valid Duration string"],
    [
      "folder:./s?require=always",
      "value at character 20: the option \"require\" expects \"volatile\" | \"buffered\" | \"flushed\" | \"replicated\""
    ],
    ["server:host", "option at character 1: the option \"pin\" is missing"],
    ["server:host?pin=x", "value at character 17: the option \"pin\" is not valid"],
    ["memory:,server:host?pin=1&zone=c", "value at character 32: the option \"zone\" expects \"a\" | \"b\""]
  ])("names what is known to a registry: %s", (text, message) => {
    const error = Result.getOrThrow(Result.flip(StorageUrl.parse(text, registry)))
    assert.strictEqual(error.message, `invalid storage URL, ${message}`)
  })

  it("is told as data too", () => {
    const error = Result.getOrThrow(Result.flip(StorageUrl.parse("memory:,foldr:./s", registry)))
    assert.deepInclude(error, {
      _tag: "InvalidStorageUrl",
      part: "scheme",
      position: 9,
      problem: "unknown scheme \"foldr\"",
      nearest: "folder",
      known: ["folder", "memory", "server"]
    })
  })

  it("is told on one line, and shortly", () => {
    for (const text of [`folder:./s?${"x".repeat(5000)}=1`, "folder:./s?a%0Ab=1", `${"x".repeat(5000)}:`]) {
      const { message } = Result.getOrThrow(Result.flip(StorageUrl.parse(text, registry)))
      assert.isBelow(message.length, 300)
      assert.notInclude(message, "\n")
    }
  })
})
