import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { failed, listed, loaded, temporaryFolder } from "../../../../testing/real/app.ts"
import { runCommand } from "../../../../testing/real/child.ts"
import { dieAt } from "../../../../testing/real/deaths.ts"
import { change, changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { append, save } from "../../../../testing/real/notes.ts"
import { traced } from "../../../../testing/real/tracer.ts"
import { program, startApp } from "./app.ts"
import { inStore, litterIn } from "./judge.ts"
import { mortalFolder } from "./mortals.ts"

const storeFolder = Effect.map(temporaryFolder, (folder) => join(folder, "store"))

const protocols = ["rename", "slots"] as const

layer(program, { excludeTestServices: true })("a program whose system calls fail", (it) => {
  it.effect("keeps in slots what EXDEV kept from being renamed, and another process finds all of it", () =>
    Effect.gen(function*() {
      const directory = yield* storeFolder
      const ledger = makeLedger()
      const { ask, close } = yield* startApp({ directory, ...traced("rename,renameat,renameat2", "error=EXDEV") })
      const changes = [save("acct/org/a", "one"), save("b", "one"), save("acct/org/a", "two")]
      for (const { durability, protocol } of yield* changeAll(ask, ledger, changes)) {
        assert.deepStrictEqual([protocol, durability], ["slots", "flushed"])
      }
      assert.deepStrictEqual(listed(yield* ask({ name: "list" })).keys, ["acct/org/a", "b"])
      assert.strictEqual((yield* close).code, 0)
      yield* inStore({ directory }, (ask) => judge(ledger, ask))
      assert.deepStrictEqual(litterIn(directory), [])
    }))

  it.effect("says DirectoryUnreadable when folders answer UNKNOWN, and loads and saves by id", () =>
    Effect.gen(function*() {
      const directory = yield* storeFolder
      const ledger = makeLedger()
      yield* inStore({ directory }, (ask) => changeAll(ask, ledger, [save("acct/org/a", "one")]))
      // The number that libuv turns into "UNKNOWN: unknown error, scandir".
      const { ask, close } = yield* startApp({ directory, ...traced("getdents64", "error=4094") })
      for (const where of [{}, { namespace: "acct" }]) {
        const { complete, keys, unreadable } = listed(yield* ask({ name: "list", ...where }))
        assert.deepStrictEqual([complete, keys], [false, ["acct/org/a"]])
        assert.deepStrictEqual(
          [unreadable[0]?.error.reason?._tag, unreadable[0]?.error.reason?.code],
          ["DirectoryUnreadable", "UNKNOWN"]
        )
      }
      assert.strictEqual(loaded(yield* ask({ name: "load", key: "acct/org/a" })).state.text, "one")
      yield* changeAll(ask, ledger, [save("acct/org/a", "two"), save("new/b", "one")])
      yield* close
      yield* inStore({ directory }, (ask) => judge(ledger, ask))
    }))

  it.effect.each(protocols)("says what is true of a save whose sync failed, in %s", (commit) =>
    Effect.gen(function*() {
      const directory = yield* storeFolder
      const ledger = makeLedger()
      const { ask, close } = yield* startApp({ directory, commit, ...traced("fsync,fdatasync", "error=EIO:when=3+3") })
      const changes = Array.from({ length: 24 }, (_, index) =>
        index % 3 === 2 ? append(`${index % 4}`, `entry ${index}`) : save(`${index % 4}`, `text ${index}`))
      const answers = yield* change(ask, ledger, changes)
      const failures = answers.filter((answer) =>
        answer._tag === "Failed" && answer.error._tag === "StorageError"
      )
      for (const answer of failures) assert.strictEqual(failed(answer)._tag, "Io")
      const isSpread = failures.length > 4 && answers.length - failures.length > 4
      assert.isTrue(isSpread, `${failures.length} of ${answers.length} failed`)
      yield* close
      yield* inStore({ directory, commit }, (ask) => judge(ledger, ask))
      assert.deepStrictEqual(litterIn(directory), [])
    }))

  it.effect("lists what it has descriptors for, and says what it could not read", () =>
    Effect.gen(function*() {
      const directory = yield* storeFolder
      const ledger = makeLedger()
      const changes = Array.from({ length: 40 }, (_, index) => save(`acct/${index}`, "one"))
      yield* inStore({ directory }, (ask) => changeAll(ask, ledger, changes))
      const { ask, opened, pid } = yield* startApp({ directory })
      yield* opened
      const limit = (count: number) => runCommand("prlimit", "--pid", `${pid}`, `--nofile=${count}:`)
      yield* limit(readdirSync(`/proc/${pid}/fd`).length + 3)
      const { complete, keys, unreadable } = listed(yield* ask({ name: "list" }))
      // Files that are read one after the other share a descriptor, so all of them may be read.
      assert.strictEqual(complete, unreadable.length === 0)
      assert.strictEqual(keys.length + unreadable.length, changes.length)
      for (const { error } of unreadable) assert.strictEqual(error.reason?._tag, "TooManyOpenFiles")
      yield* limit(1024)
      yield* judge(ledger, ask)
    }))

  // All counts, and the other calls, are in deaths.slow.test.ts.
  it.effect.each(protocols)(
    "keeps every acknowledged version when it is killed on entering a write, in %s",
    (commit) =>
      Effect.gen(function*() {
        for (const count of [4, 8]) {
          assert.isTrue(yield* dieAt(yield* mortalFolder(commit), "pwrite64", count), `write ${count}`)
        }
      })
  )

  it.effect.each(protocols)(
    "keeps every acknowledged version when it is killed between two calls, in %s",
    (commit) =>
      Effect.gen(function*() {
        // The thread pool announces every call that it has carried out to the main thread by a write.
        for (const count of [50, 80]) {
          assert.isTrue(yield* dieAt(yield* mortalFolder(commit), "write", count), `call ${count}`)
        }
      })
  )
})
