import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { nobody, refusal, temporaryFolder } from "../../../../testing/real/app.ts"
import { change, changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { append, type Change, save } from "../../../../testing/real/notes.ts"
import { filesIn } from "../verbs.ts"
import { program, startApp } from "./app.ts"

const changes: ReadonlyArray<Change> = [save("a", "two"), save("new", "one"), append("a", "x"), {
  name: "remove",
  key: "a"
}]

/** A store of nobody's, left by a writer that closed it or was killed. */
const leftBehind = Effect.fnUntraced(function*(end: "close" | "kill") {
  const folder = join(yield* temporaryFolder, "store")
  const start = startApp({ filename: join(folder, "sessions.db"), user: nobody })
  const ledger = makeLedger()
  const app = yield* start
  yield* changeAll(app.ask, ledger, [save("a", "one"), append("a", "hello"), save("acct/b", "one")])
  yield* app[end]
  const setFiles = (mode: number) => readdirSync(folder).forEach((name) => chmodSync(join(folder, name), mode))
  const setFolder = (mode: number) => chmodSync(folder, mode)
  return { folder, ledger, setFiles, setFolder, start }
})

// How it was left, the mode of the files, that of the folder.
const unopened = [
  ["close", 0o600, 0o000, "PermissionDenied"],
  ["close", 0o600, 0o555, "ReadOnly"],
  ["close", 0o444, 0o555, "ReadOnly"],
  // SQLite does not say why it cannot open a file.
  ["close", 0o000, 0o777, "Unavailable"],
  ["kill", 0o000, 0o777, "Unavailable"]
] as const

const readable = [
  ["close", 0o444, 0o777],
  ["kill", 0o444, 0o777],
  ["kill", 0o444, 0o555]
] as const

const octal = (mode: number) => mode.toString(8)

layer(program, { excludeTestServices: true })("a user without the right", (it) => {
  for (const [end, files, folderMode, tag] of unopened) {
    it.effect(`is told so, and nothing is changed: ${octal(files)} in ${octal(folderMode)} after a ${end}`, () =>
      Effect.gen(function*() {
        const { folder, ledger, setFiles, setFolder, start } = yield* leftBehind(end)
        setFiles(files)
        setFolder(folderMode)
        const before = filesIn(folder)
        const app = yield* start
        assert.deepStrictEqual(refusal(yield* app.opened), [tag, "notApplied"])
        yield* app.close
        assert.deepStrictEqual(filesIn(folder), before)
        setFolder(0o700)
        setFiles(0o600)
        yield* judge(ledger, (yield* start).ask)
      }))
  }

  for (const [end, files, folderMode] of readable) {
    it.effect(`to write reads all, and writes nothing: ${octal(files)} in ${octal(folderMode)} after a ${end}`, () =>
      Effect.gen(function*() {
        const { folder, ledger, setFiles, setFolder, start } = yield* leftBehind(end)
        setFiles(files)
        setFolder(folderMode)
        const before = filesIn(folder)
        const { ask, close } = yield* start
        yield* judge(ledger, ask)
        for (const answer of yield* change(ask, ledger, changes)) {
          assert.deepStrictEqual(refusal(answer), ["ReadOnly", "notApplied"])
        }
        yield* judge(ledger, ask)
        yield* close
        // A reader of a log needs its index, and may not take it away again.
        assert.deepStrictEqual({ ...filesIn(folder), ...before }, filesIn(folder))
        setFolder(0o700)
        setFiles(0o600)
        const late = yield* start
        yield* changeAll(late.ask, ledger, changes)
        yield* judge(ledger, late.ask)
      }))
  }
})
