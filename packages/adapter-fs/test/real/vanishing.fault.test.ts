import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { listed, loaded, refusal, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { changeAll, judge, namesIn } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { append, type Operation, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

const protocols = ["rename", "slots"] as const

const everything: ReadonlyArray<Operation> = [
  { name: "list" },
  { name: "list", namespace: "acct" },
  { name: "load", key: "acct/a" },
  { name: "load", key: "never-saved" },
  save("acct/a", "two"),
  save("new", "one"),
  save("other/new", "one"),
  append("acct/a", "lost"),
  { name: "count", key: "acct/a" },
  { name: "remove", key: "acct/a" }
]

/** A store that is open, with a few sessions in it. */
const openStore = Effect.fnUntraced(function*(commit: "rename" | "slots") {
  const parent = yield* temporaryFolder
  const directory = join(parent, "store")
  const app = yield* startApp({ directory, commit })
  const ledger = makeLedger()
  yield* changeAll(app.ask, ledger, [save("acct/a", "1"), append("acct/a", "hello"), save("b", "one")])
  return { parent, directory, app, ledger }
})

layer(program, { excludeTestServices: true })("a store whose folder goes away while it is open", (it) => {
  it.effect.each(protocols)(
    "because it is removed says so to every call, and is not made again, in %s",
    (commit) =>
      Effect.gen(function*() {
        const { app, directory } = yield* openStore(commit)
        rmSync(directory, { recursive: true })
        for (const operation of everything) {
          assert.deepStrictEqual(
            refusal(yield* app.ask(operation)),
            ["DirectoryUnreadable", "notApplied"],
            JSON.stringify(operation)
          )
          assert.isFalse(existsSync(directory), JSON.stringify(operation))
        }
      })
  )

  it.effect.each(protocols)(
    "and comes back has lost nothing, in %s",
    (commit) =>
      Effect.gen(function*() {
        const { app, directory, ledger, parent } = yield* openStore(commit)
        renameSync(directory, join(parent, "away"))
        for (const operation of everything) {
          assert.deepStrictEqual(refusal(yield* app.ask(operation)), ["DirectoryUnreadable", "notApplied"])
        }
        assert.deepStrictEqual(readdirSync(parent), ["away"])
        renameSync(join(parent, "away"), directory)
        yield* judge(ledger, app.ask)
        yield* changeAll(app.ask, ledger, [save("acct/a", "two"), save("new", "one"), append("b", "more")])
        yield* judge(ledger, app.ask)
      })
  )

  it.effect.each(protocols)(
    "and another store takes its place neither reads from that one nor writes into it, in %s",
    (commit) =>
      Effect.gen(function*() {
        const { app, directory, ledger, parent } = yield* openStore(commit)
        const other = join(parent, "other")
        const stranger = yield* startApp({ directory: other, commit })
        written(yield* stranger.ask(save("acct/a", "a stranger's")))
        yield* stranger.close
        const away = join(parent, "away")
        renameSync(directory, away)
        renameSync(other, directory)
        const names = namesIn(directory)
        for (const operation of everything) {
          assert.deepStrictEqual(
            refusal(yield* app.ask(operation)),
            ["DirectoryUnreadable", "notApplied"],
            JSON.stringify(operation)
          )
        }
        yield* app.close
        assert.deepStrictEqual(namesIn(directory), names)
        const late = yield* startApp({ directory, commit })
        assert.strictEqual(loaded(yield* late.ask({ name: "load", key: "acct/a" })).state.text, "a stranger's")
        assert.deepStrictEqual(listed(yield* late.ask({ name: "list" })).keys, ["acct/a"])
        yield* judge(ledger, (yield* startApp({ directory: away, commit })).ask)
      })
  )
})
