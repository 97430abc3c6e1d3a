import { assert, describe, it } from "@effect/vitest"
import type { Reason } from "@holdfast/core"
import { isBusy, isFull, reasonOf, resultCodeTable, systemCodeTable } from "../src/resultCode.ts"

const met = { path: "/store/sessions.db", outcome: "notApplied" } as const

/** A failure as node:sqlite throws it. */
const failure = (errcode: number) =>
  Object.assign(new Error("words"), { code: "ERR_SQLITE_ERROR", errcode, errstr: "words" })

type Row = readonly [code: number, name: string, tag: Reason["_tag"]]

// Every primary code of https://sqlite.org/rescode.html: those that say something about the storage, and mistakes in SQL.
const primaryCodes: ReadonlyArray<Row> = [
  [1, "SQLITE_ERROR", "Unclassified"],
  [2, "SQLITE_INTERNAL", "Unclassified"],
  [3, "SQLITE_PERM", "PermissionDenied"],
  [4, "SQLITE_ABORT", "Unclassified"],
  [5, "SQLITE_BUSY", "Busy"],
  [6, "SQLITE_LOCKED", "Busy"],
  [7, "SQLITE_NOMEM", "Unavailable"],
  [8, "SQLITE_READONLY", "ReadOnly"],
  [9, "SQLITE_INTERRUPT", "Unclassified"],
  [10, "SQLITE_IOERR", "Io"],
  [11, "SQLITE_CORRUPT", "Corrupt"],
  [12, "SQLITE_NOTFOUND", "Unclassified"],
  [13, "SQLITE_FULL", "NoSpace"],
  [14, "SQLITE_CANTOPEN", "Unavailable"],
  [15, "SQLITE_PROTOCOL", "Busy"],
  [16, "SQLITE_EMPTY", "Unclassified"],
  [17, "SQLITE_SCHEMA", "Busy"],
  [18, "SQLITE_TOOBIG", "TooLarge"],
  [19, "SQLITE_CONSTRAINT", "Unclassified"],
  [20, "SQLITE_MISMATCH", "Unclassified"],
  [21, "SQLITE_MISUSE", "Unclassified"],
  [22, "SQLITE_NOLFS", "Unclassified"],
  [23, "SQLITE_AUTH", "PermissionDenied"],
  [24, "SQLITE_FORMAT", "Unclassified"],
  [25, "SQLITE_RANGE", "Unclassified"],
  [26, "SQLITE_NOTADB", "Corrupt"],
  [27, "SQLITE_NOTICE", "Unclassified"],
  [28, "SQLITE_WARNING", "Unclassified"],
  [100, "SQLITE_ROW", "Unclassified"],
  [101, "SQLITE_DONE", "Unclassified"]
]

// Extended codes that are known by their low byte, and those that mean something else than it does.
const extendedCodes: ReadonlyArray<Row> = [
  [261, "SQLITE_BUSY_RECOVERY", "Busy"],
  [517, "SQLITE_BUSY_SNAPSHOT", "Busy"],
  [773, "SQLITE_BUSY_TIMEOUT", "Busy"],
  [262, "SQLITE_LOCKED_SHAREDCACHE", "Busy"],
  [264, "SQLITE_READONLY_RECOVERY", "ReadOnly"],
  [520, "SQLITE_READONLY_CANTLOCK", "ReadOnly"],
  [776, "SQLITE_READONLY_ROLLBACK", "ReadOnly"],
  [1032, "SQLITE_READONLY_DBMOVED", "DirectoryUnreadable"],
  [1544, "SQLITE_READONLY_DIRECTORY", "ReadOnly"],
  [266, "SQLITE_IOERR_READ", "Io"],
  [522, "SQLITE_IOERR_SHORT_READ", "Io"],
  [778, "SQLITE_IOERR_WRITE", "Io"],
  [1034, "SQLITE_IOERR_FSYNC", "Io"],
  [4874, "SQLITE_IOERR_SHMSIZE", "NoSpace"],
  [1290, "SQLITE_IOERR_DIR_FSYNC", "Io"],
  [3082, "SQLITE_IOERR_NOMEM", "Unavailable"],
  [4106, "SQLITE_IOERR_CLOSE", "Io"],
  [267, "SQLITE_CORRUPT_VTAB", "Corrupt"],
  [779, "SQLITE_CORRUPT_INDEX", "Corrupt"],
  [270, "SQLITE_CANTOPEN_NOTEMPDIR", "Unavailable"],
  [526, "SQLITE_CANTOPEN_ISDIR", "Corrupt"],
  [1555, "SQLITE_CONSTRAINT_PRIMARYKEY", "Unclassified"],
  [2067, "SQLITE_CONSTRAINT_UNIQUE", "Unclassified"],
  [3091, "SQLITE_CONSTRAINT_DATATYPE", "Unclassified"],
  [9985, "a code that there is not", "Unclassified"]
]

const rows = [...primaryCodes, ...extendedCodes]

describe("a result code of SQLite", () => {
  it.each(rows)("%i, %s, is %s", (code, _name, tag) => {
    const cause = failure(code)
    const reason = reasonOf(cause, met)
    assert.deepStrictEqual([reason._tag, reason.outcome], [tag, "notApplied"])
    assert.strictEqual(reason.cause, cause)
  })

  it("has a row of the table only where this list names what it means", () => {
    const listed = new Set(rows.filter(([, , tag]) => tag !== "Unclassified").map(([code]) => code))
    assert.deepStrictEqual(Object.keys(resultCodeTable).map(Number).filter((code) => !listed.has(code)), [])
  })

  it("keeps its number where nobody knows what it means", () => {
    assert.include(reasonOf(failure(3091), met), { _tag: "Unclassified", errno: 3091, path: met.path })
  })

  it("has the outcome of its caller: the same code means different things in a read and at COMMIT", () => {
    for (const outcome of ["notApplied", "applied", "unknown"] as const) {
      assert.strictEqual(reasonOf(failure(1034), { ...met, outcome }).outcome, outcome)
    }
  })

  it("says who is in the way, and who has no room, by its low byte", () => {
    assert.deepStrictEqual(rows.filter(([code]) => isBusy(failure(code))).map(([code]) => code), [
      5,
      6,
      261,
      517,
      773,
      262
    ])
    assert.deepStrictEqual(rows.filter(([code]) => isFull(failure(code))).map(([code]) => code), [13])
    for (const cause of [undefined, null, "text", new Error("words"), { errcode: "5" }]) {
      assert.isFalse(isBusy(cause) || isFull(cause))
    }
  })
})

// libuv has no name for the last two: their code is a sentence, and the number is right.
const systemErrors: ReadonlyArray<readonly [code: string, errno: number, tag: Reason["_tag"]]> = [
  ["ENOENT", -2, "DirectoryUnreadable"],
  ["ENOTDIR", -20, "DirectoryUnreadable"],
  ["EACCES", -13, "PermissionDenied"],
  ["EPERM", -1, "PermissionDenied"],
  ["EROFS", -30, "ReadOnly"],
  ["ENOSPC", -28, "NoSpace"],
  ["ENAMETOOLONG", -36, "NameTooLong"],
  ["EMFILE", -24, "TooManyOpenFiles"],
  ["ENFILE", -23, "TooManyOpenFiles"],
  ["EBUSY", -16, "Busy"],
  ["EIO", -5, "Io"],
  ["ENXIO", -6, "Io"],
  ["ENODEV", -19, "Unavailable"],
  ["ENOTCONN", -107, "Unavailable"],
  ["ETIMEDOUT", -110, "Unavailable"],
  ["EHOSTDOWN", -112, "Unavailable"],
  ["EHOSTUNREACH", -113, "Unavailable"],
  ["ELOOP", -40, "Corrupt"],
  ["EISDIR", -21, "Corrupt"],
  ["EUNHEARDOF", -4000, "Unclassified"],
  ["UNKNOWN", -4094, "Unclassified"],
  ["Unknown system error -122", -122, "NoSpace"],
  ["Unknown system error -116", -116, "Io"]
]

describe("an error of a system call", () => {
  it.each(systemErrors)("%s (%i) is %s", (code, errno, tag) => {
    const cause = Object.assign(new Error("words"), { code, errno, syscall: "stat" })
    const reason = reasonOf(cause, met)
    assert.deepStrictEqual([reason._tag, reason.outcome], [tag, "notApplied"])
    assert.strictEqual(reason.cause, cause)
    if (reason._tag === "Unclassified") assert.include(reason, { code, errno, syscall: "stat" })
  })

  it("is looked up by its code alone: what objects inherit is no row", () => {
    for (const code of ["toString", "constructor", "__proto__"]) {
      assert.strictEqual(reasonOf({ code }, met)._tag, "Unclassified")
    }
  })

  it("has a row of the table only where this list names what it means", () => {
    const listed = new Set(systemErrors.map(([code]) => code))
    const byNumber = ["EDQUOT", "ESTALE"]
    assert.deepStrictEqual(
      Object.keys(systemCodeTable).filter((code) => !listed.has(code) && !byNumber.includes(code)),
      []
    )
  })
})

describe("what is no error of the storage", () => {
  it("is Unclassified under its own name, and keeps its cause", () => {
    for (const cause of [new SyntaxError("words"), "text", undefined, null, 7]) {
      const reason = reasonOf(cause, met)
      assert.strictEqual(reason._tag, "Unclassified")
      assert.strictEqual(reason.cause, cause)
    }
    assert.include(reasonOf(new SyntaxError("words"), met), { code: "SyntaxError" })
  })
})
