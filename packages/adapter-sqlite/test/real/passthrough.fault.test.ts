import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { failed, refusal, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { change, changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { makeNamespace, mountPassthrough } from "../../../../testing/real/mounts.ts"
import { append, type Change, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

const { EIO, ENOSPC, EROFS } = constants.errno

/** A file system that is no local one, and apps that see it. */
const mounted = Effect.gen(function*() {
  const namespace = yield* makeNamespace
  const passthrough = yield* mountPassthrough(namespace, yield* temporaryFolder)
  const filename = join(passthrough.folder, "sessions.db")
  return { ...passthrough, start: startApp({ filename, under: namespace.enter, busyTimeout: 500 }) }
})

const everything: ReadonlyArray<Change> = [
  save("acct/a", "two"),
  append("acct/a", "lost"),
  save("new", "one"),
  { name: "remove", key: "acct/a" }
]

const started: ReadonlyArray<Change> = [save("acct/a", "one"), append("acct/a", "hello"), save("b", "one")]

layer(program, { excludeTestServices: true })("on a file system that is no local disk, a store", (it) => {
  it.effect("has no write-ahead log, is flushed at every commit, and is there after a death", () =>
    Effect.gen(function*() {
      const { backing, start } = yield* mounted
      const ledger = makeLedger()
      const first = yield* start
      for (const { durability, protocol } of yield* changeAll(first.ask, ledger, started)) {
        assert.deepStrictEqual([protocol, durability], ["journal", "flushed"])
      }
      assert.deepStrictEqual(readdirSync(backing), ["sessions.db", "sessions.db-lock"])
      yield* first.kill
      const second = yield* start
      yield* judge(ledger, second.ask)
      yield* changeAll(second.ask, ledger, everything)
      yield* judge(ledger, second.ask)
      assert.strictEqual((yield* second.close).code, 0)
      yield* judge(ledger, (yield* start).ask)
    }))

  it.effect("takes a store over that had a log", () =>
    Effect.gen(function*() {
      const { backing, start } = yield* mounted
      const ledger = makeLedger()
      const local = yield* startApp({ filename: join(backing, "sessions.db") })
      yield* changeAll(local.ask, ledger, started)
      yield* local.close
      const app = yield* start
      yield* judge(ledger, app.ask)
      assert.strictEqual(written(yield* app.ask({ name: "update", key: "b", title: "b" })).protocol, "journal")
    }))

  it.effect("says what is true of a save whose flush failed, and the next one works", () =>
    Effect.gen(function*() {
      const { start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      yield* changeAll(ask, ledger, started)
      for (const operation of ["fsync", "write", "unlink", "fsyncdir"]) {
        yield* tell({ faults: { [operation]: EIO } })
        for (const answer of yield* change(ask, ledger, everything)) {
          if (answer._tag === "Failed" && answer.error._tag === "StorageError") {
            assert.include(["Io", "OutcomeUnknown"], failed(answer)._tag, operation)
          }
        }
        yield* tell({})
        yield* judge(ledger, ask)
        yield* changeAll(ask, ledger, started)
        yield* judge(ledger, ask)
      }
    }))

  it.effect("refuses saves whole when there is no space, and takes them when there is", () =>
    Effect.gen(function*() {
      const { start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      yield* changeAll(ask, ledger, started)
      yield* tell({ faults: { write: ENOSPC } })
      for (const answer of yield* change(ask, ledger, everything)) {
        assert.deepStrictEqual(refusal(answer), ["NoSpace", "notApplied"])
      }
      yield* tell({})
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, everything)
      yield* judge(ledger, ask)
    }))

  it.effect("that turns read-only refuses saves and goes on reading", () =>
    Effect.gen(function*() {
      const { start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      yield* changeAll(ask, ledger, started)
      const writing = ["create", "write", "truncate", "rename", "unlink", "mkdir"]
      yield* tell({ faults: Object.fromEntries(writing.map((operation) => [operation, EROFS])) })
      for (const answer of yield* change(ask, ledger, everything)) {
        assert.strictEqual(refusal(answer)[1], "notApplied", JSON.stringify(answer))
      }
      yield* judge(ledger, ask)
      yield* tell({})
      yield* changeAll(ask, ledger, everything)
      yield* judge(ledger, ask)
    }))

  it.effect("is unreadable when its mount goes away, and makes nothing in the bare mount point", () =>
    Effect.gen(function*() {
      const { backing, folder, start, unmount } = yield* mounted
      const { ask, close } = yield* start
      yield* changeAll(ask, makeLedger(), started)
      yield* unmount
      for (const operation of [{ name: "list" } as const, { name: "load", key: "acct/a" } as const, ...everything]) {
        assert.deepStrictEqual(refusal(yield* ask(operation)), ["DirectoryUnreadable", "notApplied"])
      }
      assert.strictEqual((yield* close).code, 1)
      assert.deepStrictEqual(readdirSync(folder), [])
      assert.deepStrictEqual(readdirSync(backing), ["sessions.db", "sessions.db-lock"])
    }))

  it.effect("whose file system died says so, and every call ends", () =>
    Effect.gen(function*() {
      const { folder, kill, start } = yield* mounted
      const { ask, close } = yield* start
      yield* changeAll(ask, makeLedger(), started)
      yield* kill
      for (const operation of [{ name: "list" } as const, { name: "load", key: "acct/a" } as const, ...everything]) {
        const [tag, outcome] = refusal(yield* ask(operation))
        assert.include(["DirectoryUnreadable", "Unavailable"], tag)
        assert.strictEqual(outcome, "notApplied")
      }
      yield* close
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
