/** A session that is a head alone is read without the thread pool, and listed as by the whole way of reading. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { append, commit, list, put, quickFolder, remove, visit } from "../kit.ts"
import { shown } from "./aged.ts"

const key = (id: string) => ({ namespace: ["acct"], id })

const shownAs = (rows: Effect.Success<ReturnType<typeof list>>) =>
  rows.map((row) => row._tag === "StoredHead" ? row : [row.place, row.error.message])

describe("a session that is read at once", () => {
  it.live("is listed as one that is read through the thread pool, whatever lies at its place", () =>
    Effect.gen(function*() {
      for (const protocol of ["rename", "slots"] as const) {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            for (const id of ["appended", "cut", "damaged", "left", "moved", "Odd Name", "removed"]) {
              yield* commit(adapter, put(key(id), 1))
            }
            yield* commit(adapter, append(key("appended"), ["a"]))
            yield* commit(adapter, remove(key("removed")))
          }), { commit: protocol })
        fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })
        const file = (name: string) => path.join(folder, "acct", name)
        fs.truncateSync(file("cut.json"), 100)
        fs.writeFileSync(file("damaged.json"), fs.readFileSync(file("damaged.json"), "utf8").replace("note", "nota"))
        fs.copyFileSync(file("left.json"), file("other.json"))
        fs.rmSync(file("moved.json"))
        fs.symlinkSync(file("left.json"), file("moved.json"))
        fs.writeFileSync(file("foreign.json"), "{}")
        const listing = (fileSystem?: FileSystem.FileSystem) =>
          visit(
            folder,
            (adapter) =>
              Effect.tap(list(adapter), () =>
                Effect.sync(() =>
                  fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })
                )),
            { fileSystem }
          )
        assert.deepStrictEqual(shownAs(yield* listing()), shownAs(yield* listing(shown().fileSystem)))
      }
    }))
})
