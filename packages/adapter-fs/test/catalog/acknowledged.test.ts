/** What a catalog proves of versions is read once, however many sessions are read together. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { change, open, put, quickFolder, visit } from "../kit.ts"
import { shown } from "./aged.ts"

it.live("of many sessions that are read together one looks through the catalog", () =>
  Effect.gen(function*() {
    const folder = yield* quickFolder
    const keys = Array.from({ length: 40 }, (_, index) => ({ namespace: ["acct"], id: `s${index}` }))
    yield* visit(folder, (adapter) => Effect.forEach(keys, (key) => adapter.commit(change(put(key, 1)))))
    const { catalog, fileSystem } = shown()
    const adapter = yield* open(folder, { fileSystem })
    catalog.length = 0
    yield* Effect.forEach(keys, (key) => adapter.load(key), { concurrency: "unbounded" })
    const opened = catalog.filter(({ operation, path }) => operation === "open" && path.endsWith("heads.jsonl"))
    assert.strictEqual(opened.length, 1)
  }))
