/** Whether a database is open as a store, as a tool finds it out that must not work beside a living app. */
import { assert, it } from "@effect/vitest"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import { readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { open, quickFolder } from "./stores.ts"

it.live("a database is in use while somebody has it open, by whichever name, and looking makes no file", () =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* quickFolder
    const [filename, link] = [join(folder, "sessions.db"), join(folder, "link.db")]
    assert.strictEqual(yield* SqliteAdapter.inUse({ filename }), "nobody")
    assert.deepStrictEqual(readdirSync(folder), [])
    yield* Effect.scoped(Effect.gen(function*() {
      const adapter = yield* open({ filename })
      symlinkSync(filename, link)
      assert.strictEqual(yield* SqliteAdapter.inUse({ filename }), "somebody")
      assert.strictEqual(yield* SqliteAdapter.inUse({ filename: link }), "somebody")
      // Looking took nothing from who has it open.
      assert.strictEqual((yield* adapter.probe).adapter, "sqlite")
    }))
    assert.strictEqual(yield* SqliteAdapter.inUse({ filename }), "nobody")
  })))

it.live("of a database whose lock cannot be looked at nobody can say who has it open", () =>
  Effect.scoped(Effect.gen(function*() {
    const filename = join(yield* quickFolder, "sessions.db")
    yield* Effect.scoped(open({ filename }))
    rmSync(`${filename}-lock`)
    writeFileSync(`${filename}-lock`, "no lock of ours, but a text that is long enough to be taken for a header")
    assert.strictEqual(yield* SqliteAdapter.inUse({ filename }), "unknown")
  })))
