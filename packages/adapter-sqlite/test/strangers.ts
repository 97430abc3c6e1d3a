/** Files that are no store to open, by what makes each, with the reason for which it is refused. */
import type { Reason, StorageError } from "@holdfast/core"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { linkSync, mkdirSync, truncateSync, unlinkSync, writeFileSync } from "node:fs"
import { inProcess, save, visit } from "./verbs.ts"

/** Another program's tables, more than a page of them. */
const otherTables = `db.exec("CREATE TABLE other(a, b)");
  db.exec("BEGIN"); for (let i = 0; i < 400; i++) db.exec("INSERT INTO other VALUES(1, hex(randomblob(500)))"); db.exec("COMMIT");`

/** A transaction that has written to the file and dies: its journal has to be rolled back by whoever opens the file. */
const dieWithHotJournal = `db.exec("PRAGMA cache_size = 5; BEGIN; UPDATE other SET b = hex(randomblob(500))"); die()`

export const aStore = (filename: string) =>
  visit({ filename }, (adapter) => Effect.forEach(["a", "b", "c"], (id) => save(adapter, id, "x".repeat(3000))))

/** A file by what makes it, and the reason with which it is refused. */
interface Case {
  readonly name: string
  readonly make: (filename: string) => Effect.Effect<unknown, StorageError> | void
  readonly tag: Reason["_tag"]
  readonly words?: string
}

const script = (text: string): Case["make"] => (filename) => inProcess(filename, text)

const storeThen = (then: (filename: string) => void): Case["make"] => (filename) =>
  Effect.tap(aStore(filename), () => Effect.sync(() => then(filename)))

const anotherProgram = { tag: "Corrupt", words: "another program" } as const
const noDatabase = { tag: "Corrupt", words: "not a SQLite database" } as const
const lostMainFile = { tag: "Corrupt", words: "missing beside its write-ahead log" } as const

export const cases: ReadonlyArray<Case> = [
  { name: "a text", make: (filename) => writeFileSync(filename, "hello world"), ...noDatabase },
  { name: "a long text", make: (filename) => writeFileSync(filename, "hello world\n".repeat(9999)), ...noDatabase },
  { name: "zeros", make: (filename) => writeFileSync(filename, Buffer.alloc(8192)), ...noDatabase },
  { name: "a database of another program", make: script(otherTables), ...anotherProgram },
  {
    name: "one that has an application id and a version",
    make: script(`${otherTables} db.exec("PRAGMA application_id = 77; PRAGMA user_version = 1")`),
    ...anotherProgram
  },
  {
    name: "one that has an application id and no tables yet",
    make: script(`db.exec("PRAGMA application_id = 77")`),
    ...anotherProgram
  },
  {
    name: "one with a write-ahead log, closed",
    make: script(`db.exec("PRAGMA journal_mode = wal"); ${otherTables} db.close()`),
    ...anotherProgram
  },
  {
    name: "one with a write-ahead log whose writer was killed",
    make: script(`db.exec("PRAGMA journal_mode = wal"); ${otherTables} die()`),
    ...anotherProgram
  },
  {
    name: "one whose writer was killed when all of it was in the log",
    make: script(`db.exec("PRAGMA journal_mode = wal; CREATE TABLE other(a)"); die()`),
    ...anotherProgram
  },
  {
    name: "one whose writer was killed in the midst of a transaction",
    make: script(`${otherTables} ${dieWithHotJournal}`),
    ...anotherProgram
  },
  {
    name: "a store of a newer format",
    make: storeThen((filename) => inProcess(filename, `db.exec("PRAGMA user_version = 7")`)),
    tag: "NewerFormat"
  },
  {
    name: "a store of a newer format whose writer was killed",
    make: storeThen((filename) => inProcess(filename, `db.exec("PRAGMA user_version = 7"); ${otherTables} die()`)),
    tag: "NewerFormat"
  },
  {
    name: "a store of a newer format with a journal to be rolled back",
    make: storeThen((filename) =>
      inProcess(
        filename,
        `db.exec("PRAGMA journal_mode = delete; PRAGMA user_version = 7"); ${otherTables} ${dieWithHotJournal}`
      )
    ),
    tag: "NewerFormat"
  },
  {
    name: "a store that has lost its format",
    make: storeThen((filename) => inProcess(filename, `db.exec("PRAGMA user_version = 0")`)),
    tag: "Corrupt"
  },
  {
    name: "a store with a format below all",
    make: storeThen((filename) => inProcess(filename, `db.exec("PRAGMA user_version = -1")`)),
    tag: "Corrupt"
  },
  { name: "a log without its database", make: (filename) => writeFileSync(`${filename}-wal`, "x"), ...lostMainFile },
  {
    name: "a log beside an empty database",
    make: (filename) => {
      writeFileSync(filename, "")
      writeFileSync(`${filename}-wal`, "x".repeat(100))
    },
    ...lostMainFile
  },
  {
    name: "the log of a killed writer without its database",
    make: storeThen((filename) => {
      inProcess(filename, `db.exec("UPDATE sessions SET kind = 'changed'"); die()`)
      unlinkSync(filename)
    }),
    ...lostMainFile
  },
  { name: "a store that was emptied", make: storeThen((filename) => truncateSync(filename, 0)), tag: "Corrupt" },
  { name: "a store whose database is gone", make: storeThen(unlinkSync), tag: "Corrupt" },
  { name: "a folder", make: (filename) => mkdirSync(filename), tag: "Corrupt", words: "not a file" },
  {
    name: "a pipe",
    make: (filename) => void execFileSync("mkfifo", [filename]),
    tag: "Corrupt",
    words: "not a file"
  },
  {
    name: "a store with a second name",
    make: storeThen((filename) => linkSync(filename, `${filename}.copy`)),
    tag: "Unsupported"
  }
]
