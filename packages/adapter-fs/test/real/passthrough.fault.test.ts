import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { constants } from "node:os"
import { failed, loaded, refusal, temporaryFolder } from "../../../../testing/real/app.ts"
import { change, changeAll, judge, namesIn } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { makeNamespace, mountPassthrough } from "../../../../testing/real/mounts.ts"
import { append, type Change, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"
import { litterIn } from "./judge.ts"

const { EIO, EROFS, EXDEV } = constants.errno

// EUCLEAN: libuv has no name for it, so Node says "Unknown system error -117".
const oddErrno = 117

/** A file system that fails on purpose, and apps that see it. */
const mounted = Effect.gen(function*() {
  const namespace = yield* makeNamespace
  const passthrough = yield* mountPassthrough(namespace, yield* temporaryFolder)
  return { ...passthrough, start: startApp({ directory: passthrough.folder, under: namespace.enter }) }
})

layer(program, { excludeTestServices: true })("on a file system that fails, a store", (it) => {
  it.effect("keeps every session in slots when every rename is refused", () =>
    Effect.gen(function*() {
      const { backing, start, tell } = yield* mounted
      yield* tell({ faults: { rename: EXDEV, link: EXDEV } })
      const ledger = makeLedger()
      const lives: ReadonlyArray<ReadonlyArray<Change>> = [
        [save("acct/org/a", "one"), save("acct/org/b", "one"), save("c", "one"), save("d", "one")],
        [
          append("acct/org/a", "hello", "world"),
          { name: "update", key: "acct/org/b", title: "updated" },
          { name: "remove", key: "d" },
          save("acct/org/a", "two"),
          save("acct/org/a", "three")
        ]
      ]
      for (const changes of lives) {
        const app = yield* start
        const receipts = yield* changeAll(app.ask, ledger, changes)
        for (const { durability, protocol } of receipts) {
          assert.deepStrictEqual([protocol, durability], ["slots", "flushed"])
        }
        assert.strictEqual((yield* app.close).code, 0)
      }
      yield* judge(ledger, (yield* start).ask)
      assert.deepStrictEqual(litterIn(backing), [])
    }))

  it.effect("goes to slots when renames begin to be refused, and says what it took", () =>
    Effect.gen(function*() {
      const { backing, start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      const before = yield* changeAll(ask, ledger, [save("a", "one")])
      yield* tell({ faults: { rename: EXDEV } })
      const after = yield* changeAll(ask, ledger, [save("a", "two"), save("a", "three"), save("b", "one")])
      assert.deepStrictEqual(
        [...before, ...after].map(({ attempts, protocol }) => [protocol, attempts]),
        [["rename", 1], ["slots", 2], ["slots", 1], ["slots", 1]]
      )
      yield* judge(ledger, ask)
      yield* tell({})
      yield* judge(ledger, (yield* start).ask)
      assert.deepStrictEqual(litterIn(backing), [])
    }))

  it.effect("that cannot be listed is unreadable, never empty, and its sessions are loaded and saved by id", () =>
    Effect.gen(function*() {
      const { start, tell } = yield* mounted
      const ledger = makeLedger()
      const early = yield* start
      yield* changeAll(early.ask, ledger, [save("acct/a", "one"), append("acct/a", "hello"), save("b", "one")])
      yield* tell({ faults: { readdir: oddErrno } })
      for (const { ask } of [early, yield* start]) {
        const { _tag, code } = failed(yield* ask({ name: "list" }))
        assert.deepStrictEqual([_tag, code], ["DirectoryUnreadable", `Unknown system error -${oddErrno}`])
        assert.deepStrictEqual(loaded(yield* ask({ name: "load", key: "acct/a" })).entries, ["hello"])
        yield* changeAll(ask, ledger, [save("acct/a", "two"), save("c", "one"), save("acct/new/d", "one")])
      }
      yield* tell({})
      yield* judge(ledger, early.ask)
    }))

  it.effect("says what is true of a save whose sync failed, and the next one works", () =>
    Effect.gen(function*() {
      const { backing, start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      yield* changeAll(ask, ledger, [save("a", "one"), append("a", "first"), save("b", "one")])
      yield* tell({ faults: { fsync: EIO } })
      const answers = yield* change(ask, ledger, [save("a", "lost"), save("new", "lost"), append("b", "lost")])
      for (const answer of answers) assert.strictEqual(failed(answer)._tag, "Io")
      yield* tell({})
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, [append("b", "second"), save("a", "two"), save("new", "one")])
      yield* judge(ledger, ask)
      assert.deepStrictEqual(litterIn(backing), [])
    }))

  it.effect("that turns read-only while it is open refuses saves as ReadOnly and goes on reading", () =>
    Effect.gen(function*() {
      const { start, tell } = yield* mounted
      const ledger = makeLedger()
      const { ask } = yield* start
      yield* changeAll(ask, ledger, [save("acct/a", "one"), append("acct/a", "hello"), save("b", "one")])
      const writing = ["create", "write", "truncate", "rename", "unlink", "mkdir"]
      yield* tell({ faults: Object.fromEntries(writing.map((operation) => [operation, EROFS])) })
      const changes = [save("acct/a", "two"), save("new/c", "one"), append("b", "x")]
      for (const answer of yield* change(ask, ledger, changes)) {
        assert.deepStrictEqual(refusal(answer), ["ReadOnly", "notApplied"])
      }
      yield* judge(ledger, ask)
      yield* judge(ledger, (yield* start).ask)
      yield* tell({})
      yield* changeAll(ask, ledger, changes)
      yield* judge(ledger, ask)
    }))
})

layer(program, { excludeTestServices: true })("under a mount that goes away, an open store", (it) => {
  const everything: ReadonlyArray<Change> = [
    save("acct/a", "two"),
    save("new", "one"),
    save("other/new", "one"),
    append("acct/a", "lost"),
    { name: "remove", key: "acct/a" }
  ]

  it.effect("is unreadable, and makes nothing in the bare mount point", () =>
    Effect.gen(function*() {
      const { backing, folder, start, unmount } = yield* mounted
      const { ask, close } = yield* start
      const ledger = makeLedger()
      yield* changeAll(ask, ledger, [save("acct/a", "one"), append("acct/a", "hello")])
      const kept = namesIn(backing)
      yield* unmount
      const reads = [
        { name: "list" },
        { name: "list", namespace: "acct" },
        { name: "load", key: "acct/a" },
        { name: "load", key: "never-saved" }
      ] as const
      for (const operation of [...reads, ...everything]) {
        assert.deepStrictEqual(
          refusal(yield* ask(operation)),
          ["DirectoryUnreadable", "notApplied"],
          JSON.stringify(operation)
        )
      }
      assert.strictEqual((yield* close).code, 1)
      assert.deepStrictEqual(readdirSync(folder), [])
      assert.deepStrictEqual(namesIn(backing), kept)
    }))

  it.effect("whose file system died is unreadable, and every call ends", () =>
    Effect.gen(function*() {
      const { backing, folder, kill, start } = yield* mounted
      const { ask, close } = yield* start
      const ledger = makeLedger()
      yield* changeAll(ask, ledger, [save("acct/a", "one")])
      const kept = namesIn(backing)
      yield* kill
      const { _tag, code } = failed(yield* ask({ name: "list" }))
      assert.deepStrictEqual([_tag, code], ["DirectoryUnreadable", "ENOTCONN"])
      for (const operation of [{ name: "load", key: "acct/a" } as const, ...everything]) {
        assert.deepStrictEqual(refusal(yield* ask(operation)), ["Unavailable", "notApplied"], JSON.stringify(operation))
      }
      assert.strictEqual((yield* close).code, 1)
      assert.deepStrictEqual(readdirSync(folder), [])
      assert.deepStrictEqual(namesIn(backing), kept)
    }))
})
