import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { makeKey, StorageAdapter, StorageUrl } from "@holdfast/core"
import { ConfigProvider, Context, Effect, Layer, Option, Result } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { commit, put, quickFolder, sessionFiles, treeOf } from "./kit.ts"

const registry = StorageUrl.registry([FsAdapter.scheme])

const key = makeKey("a", ["acct"])

const urlOf = (directory: string, options: Record<string, string> = {}) =>
  Result.getOrThrow(StorageUrl.make([{ scheme: "fs", path: directory, options }]))

/** Opens a store by its URL, uses it and closes it. */
const visit = <A, E>(
  url: string | StorageUrl.Parsed,
  use: (adapter: StorageAdapter["Service"]) => Effect.Effect<A, E>
) =>
  Layer.build(StorageUrl.layer(registry, url)).pipe(
    Effect.flatMap((built) => use(Context.get(built, StorageAdapter))),
    Effect.scoped,
    Effect.provide(NodeServices.layer)
  )

/** Opens the store that HOLDFAST_STORE names, and gives its name. */
const openConfigured = (url: string) =>
  Layer.build(StorageUrl.layerConfig(registry)).pipe(
    Effect.map((built) => Context.get(built, StorageAdapter).name),
    Effect.scoped,
    Effect.provide([
      NodeServices.layer,
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: { HOLDFAST_STORE: url } }))
    ])
  )

describe("a file store by URL", () => {
  it.live("keeps what was saved until it is opened by the same URL again", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* quickFolder, "made, #1? 100% ours")
      const saved = yield* visit(urlOf(folder), (adapter) => commit(adapter, put(key, 1)))
      assert.strictEqual(saved.protocol, "rename")
      assert.property(sessionFiles(folder), "acct/a.json")
      const loaded = yield* visit(StorageUrl.format(urlOf(folder)), (adapter) => adapter.load(key))
      assert.strictEqual(Option.getOrThrow(loaded).head.version, saved.keys[0]!.version)
    }))

  it.live("lies at a relative path below the working directory", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const relative = path.relative(process.cwd(), path.join(folder, "s"))
      const location = yield* visit(`fs:${relative}`, (adapter) => Effect.succeed(adapter.location))
      assert.strictEqual(fs.realpathSync(location), fs.realpathSync(path.join(folder, "s")))
    }))

  it.live("is opened as the options say", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const options = { commit: "slots", compareAndSet: "process", closeTimeout: "2 seconds", mustExist: "false" }
      const [protocol, excluded] = yield* visit(urlOf(folder, options), (adapter) =>
        Effect.map(commit(adapter, put(key, 1)), (receipt) => [receipt.protocol, adapter.capability.compareAndSet]))
      assert.deepStrictEqual([protocol, excluded], ["slots", "process"])
      const missing = path.join(folder, "missing")
      const error = yield* Effect.flip(visit(urlOf(missing, { mustExist: "true" }), () =>
        Effect.void))
      assert.strictEqual(error._tag, "StorageError")
      assert.isFalse(fs.existsSync(missing))
    }))

  it.live("is refused where it requires more than the place promises", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const error = yield* Effect.flip(visit(urlOf(folder, { require: "replicated" }), () => Effect.void))
      assert.include(error.message, "fs.open: not supported here: replicated durability")
      assert.strictEqual(yield* visit(urlOf(folder, { require: "buffered" }), () => Effect.succeed("open")), "open")
    }))

  it.live.each<readonly [string, string]>([
    ["fs:", "path at character 4: fs: needs a path"],
    ["fs://s", "path at character 4: a path of fs: begins after the colon, without \"//\""],
    [
      "fs:./s?platform=win32",
      "option at character 8: unknown option \"platform\"; known options: closeTimeout, commit, compareAndSet, mustExist, require"
    ],
    ["fs:./s?commit=copy", "value at character 15: the option \"commit\" expects \"auto\" | \"rename\" | \"slots\""],
    ["fs:./s?mustExist=perhaps", "value at character 18: the option \"mustExist\" expects \"true\" | \"false\""],
    ["fs:./s?closeTimeout=soon", "value at character 21: the option \"closeTimeout\" expects a valid Duration string"]
  ])("is refused when it is wrong: %s", ([url, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(visit(url, () => Effect.void))
      assert.strictEqual(error.message, `invalid storage URL, ${message}`)
    }))

  it.live("is found by the configuration, and nothing is touched when that is wrong", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const error = yield* Effect.flip(openConfigured(`fs:${folder}/s?commit=copy`))
      assert.strictEqual(error._tag, "ConfigError")
      assert.deepStrictEqual(treeOf(folder), {})
      assert.strictEqual(yield* openConfigured(`fs:${folder}/s`), "fs")
    }))
})
