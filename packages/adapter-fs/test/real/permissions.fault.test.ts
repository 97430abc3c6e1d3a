import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync } from "node:fs"
import { join } from "node:path"
import { failed, listed, nobody, refusal, temporaryFolder } from "../../../../testing/real/app.ts"
import { change, changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

/** A store with sessions in two namespaces and in none, all of it owned by nobody, and how to open it as nobody. */
const ownedByNobody = Effect.gen(function*() {
  const directory = join(yield* temporaryFolder, "store")
  const start = startApp({ directory, user: nobody })
  const ledger = makeLedger()
  const { ask, close } = yield* start
  yield* changeAll(ask, ledger, [
    save("open/a", "one"),
    save("shut/b", "one"),
    save("shut/below/c", "one"),
    save("d", "one")
  ])
  yield* close
  const setMode = (folder: string, mode: number) => Effect.sync(() => chmodSync(join(directory, folder), mode))
  return { directory, ledger, setMode, start }
})

const denied = ["PermissionDenied", "notApplied"] as const

layer(program, { excludeTestServices: true })("a user without the right", (it) => {
  it.effect("to look into a namespace sees it as unreadable, and the rest of a listing that is not complete", () =>
    Effect.gen(function*() {
      const { directory, ledger, setMode, start } = yield* ownedByNobody
      yield* setMode("shut", 0o000)
      const { ask } = yield* start
      const { complete, keys, unreadable } = listed(yield* ask({ name: "list" }))
      assert.deepStrictEqual([complete, keys], [false, ["open/a", "d"]])
      const [folder, ...known] = unreadable.map(({ error, place }) => [place, error.reason?._tag, error.reason?.code])
      assert.deepStrictEqual(folder, [join(directory, "shut"), "DirectoryUnreadable", "EACCES"])
      // The catalog knows what was there; that it is there now nobody can say.
      assert.isAbove(known.length, 0)
      const shut = listed(yield* ask({ name: "list", namespace: "shut" }))
      assert.deepStrictEqual([shut.complete, shut.keys, shut.unreadable.length], [false, [], unreadable.length])
      for (const key of ["shut/b", "shut/new"]) {
        assert.deepStrictEqual(refusal(yield* ask({ name: "load", key })), denied)
      }
      const changes = [save("shut/b", "two"), save("shut/new", "one"), save("shut/below/new", "one")]
      for (const answer of yield* change(ask, ledger, changes)) assert.deepStrictEqual(refusal(answer), denied)
      yield* changeAll(ask, ledger, [save("open/a", "two")])
      yield* setMode("shut", 0o700)
      yield* judge(ledger, ask)
    }))

  it.effect("to look into the store opens it, and sees it as unreadable", () =>
    Effect.gen(function*() {
      const { ledger, setMode, start } = yield* ownedByNobody
      yield* setMode("", 0o000)
      const { ask, close, opened } = yield* start
      assert.strictEqual((yield* opened)._tag, "Opened")
      const { _tag, code } = failed(yield* ask({ name: "list" }))
      assert.deepStrictEqual([_tag, code], ["DirectoryUnreadable", "EACCES"])
      assert.strictEqual(failed(yield* ask({ name: "list", namespace: "open" }))._tag, "DirectoryUnreadable")
      for (const key of ["d", "open/a", "new"]) {
        assert.deepStrictEqual(refusal(yield* ask({ name: "load", key })), denied)
        assert.deepStrictEqual(refusal(yield* ask(save(key, "two"))), denied)
      }
      yield* setMode("", 0o700)
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, [save("d", "two")])
      yield* close
      yield* judge(ledger, (yield* start).ask)
    }))

  it.effect("to write into the store lists and loads all of it, and is told of every save that it was not applied", () =>
    Effect.gen(function*() {
      const { ledger, setMode, start } = yield* ownedByNobody
      yield* setMode("", 0o500)
      const { ask } = yield* start
      yield* judge(ledger, ask)
      const changes = [save("new", "one"), save("made/new", "one"), save("d", "two")]
      for (const answer of yield* change(ask, ledger, changes)) assert.deepStrictEqual(refusal(answer), denied)
      // The namespace's own folder may still be written to.
      yield* changeAll(ask, ledger, [save("open/a", "two")])
      yield* judge(ledger, ask)
    }))
})
