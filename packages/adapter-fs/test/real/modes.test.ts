import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lstatSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../../../../testing/real/app.ts"
import { changeAll } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { append, type Change, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

const cases = (["rename", "slots"] as const).flatMap((commit) =>
  (["000", "022"] as const).map((umask) => [umask, commit] as const)
)

const changes: ReadonlyArray<Change> = [
  save("acct/org/a", "one"),
  save("acct/org/a", "two"),
  append("acct/org/a", "hello"),
  { name: "commit", key: "b", state: { title: "b", text: "one" }, entries: ["one"] },
  { name: "remove", key: "b" },
  save("b", "again")
]

/** The modes of all files and folders of a store, of those that it did not make none. */
const modesIn = (folder: string, isTheirs: (name: string) => boolean) =>
  ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })].filter((name) => !isTheirs(name)).map((name) => {
    const found = lstatSync(join(folder, name))
    return [name, found.isDirectory() ? "folder" : "file", found.mode & 0o777] as const
  })

layer(program, { excludeTestServices: true })("everything that a store makes", (it) => {
  it.effect.each(cases)(
    "is its owner's alone, under umask %s in %s",
    ([umask, commit]) =>
      Effect.gen(function*() {
        const directory = join(yield* temporaryFolder, "store")
        const under = ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"]
        const first = yield* startApp({ directory, commit, under })
        yield* changeAll(first.ask, makeLedger(), changes)
        yield* first.close
        // Adopting a file in its place puts a copy of it into lost-found.
        writeFileSync(join(directory, "foreign.json"), JSON.stringify({ title: "foreign", text: "one" }))
        const { ask } = yield* startApp({ directory, commit, under, adopt: "notes" })
        yield* changeAll(ask, makeLedger(), [save("late", "one")])
        const isTheirs = (name: string) => commit === "slots" && name === "foreign.json"
        const modes = modesIn(directory, isTheirs)
        assert.isAbove(modes.length, 10)
        assert.deepStrictEqual(
          modes.filter(([, what, mode]) => mode !== (what === "folder" ? 0o700 : 0o600))
            .map(([name, what, mode]) => `${what} ${name}: ${mode.toString(8)}`),
          []
        )
      })
  )
})
