import { assert, describe, it } from "@effect/vitest"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { makeKey, StorageAdapter, StorageUrl } from "@holdfast/core"
import { Context, Effect, Layer, Option, Result } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { quickFolder } from "./stores.ts"

const registry = StorageUrl.registry([SqliteAdapter.scheme])

const key = makeKey("a")

const put = { _tag: "Put", key, expect: "any", kind: "note", schemaVersion: 1, summary: "{}", body: "1" } as const

const urlOf = (filename: string, options: Record<string, string> = {}) =>
  Result.getOrThrow(StorageUrl.make([{ scheme: "sqlite", path: filename, options }]))

/** Opens a store by its URL, uses it and closes it. */
const visit = <A, E>(
  url: string | StorageUrl.Parsed,
  use: (adapter: StorageAdapter["Service"]) => Effect.Effect<A, E>
) =>
  Layer.build(StorageUrl.layer(registry, url)).pipe(
    Effect.flatMap((built) => use(Context.get(built, StorageAdapter))),
    Effect.scoped
  )

describe("a SQLite store by URL", () => {
  it.live("keeps what was saved until it is opened by the same URL again", () =>
    Effect.gen(function*() {
      const url = urlOf(join(yield* quickFolder, "made, #1? 100% ours", "s.db"), { require: "flushed" })
      const saved = yield* visit(url, (adapter) => adapter.commit({ writeId: "w", operations: [put] }))
      assert.strictEqual(saved.durability, "flushed")
      const loaded = yield* visit(StorageUrl.format(url), (adapter) => adapter.load(key))
      assert.strictEqual(Option.getOrThrow(loaded).head.version, saved.keys[0]!.version)
    }))

  it.live("is opened as the options say", () =>
    Effect.gen(function*() {
      const filename = join(yield* quickFolder, "s.db")
      const options = { busyTimeout: "100 millis", closeTimeout: "2 seconds" }
      const error = yield* Effect.flip(visit(urlOf(filename, { ...options, mustExist: "true" }), () => Effect.void))
      assert.strictEqual(error._tag, "StorageError")
      assert.isFalse(existsSync(filename))
      yield* visit(urlOf(filename, { ...options, mustExist: "false", thread: "worker" }), () => Effect.void)
      assert.isTrue(existsSync(filename))
    }))

  it.live.each<readonly [string, string]>([
    ["sqlite:", "path at character 8: sqlite: needs a path"],
    ["sqlite:///s.db", "path at character 8: a path of sqlite: begins after the colon, without \"//\""],
    [
      "sqlite:./s.db?timeout=1s",
      "option at character 15: unknown option \"timeout\"; known options: busyTimeout, closeTimeout, mustExist, require, thread"
    ],
    ["sqlite:./s.db?busyTimeout=5", "value at character 27: the option \"busyTimeout\" expects a valid Duration string"]
  ])("is refused when it is wrong: %s", ([url, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(visit(url, () => Effect.void))
      assert.strictEqual(error.message, `invalid storage URL, ${message}`)
    }))
})
