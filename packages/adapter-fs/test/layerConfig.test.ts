import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { makeKey, Session, StorageAdapter, type StorageError } from "@holdfast/core"
import {
  Config,
  ConfigProvider,
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Latch,
  Layer,
  Option,
  type Path,
  Schema,
  Scope
} from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { expectTypeOf } from "vitest"
import * as FsAdapter from "../src/FsAdapter.ts"
import { interceptFileSystem } from "../src/testing/intercept.ts"
import { commit, put, quickFolder, realFileSystem, sessionFiles, treeOf } from "./kit.ts"

const key = makeKey("a", ["acct"])

/** Every option as an app would name it in its environment. */
const configured = FsAdapter.layerConfig({
  directory: Config.String("DIRECTORY"),
  mustExist: Config.Boolean("MUST_EXIST").pipe(Config.withDefault(false)),
  commit: Config.Literals(["auto", "rename", "slots"], "COMMIT").pipe(Config.withDefault("auto")),
  closeTimeout: Config.Duration("CLOSE_TIMEOUT").pipe(Config.withDefault(undefined))
})

/** Builds a layer with an environment, and the adapter of it. */
const build = <E>(
  layer: Layer.Layer<StorageAdapter, E, FileSystem.FileSystem | Path.Path>,
  env: Record<string, string>,
  fileSystem = realFileSystem
) =>
  Layer.build(layer).pipe(
    Effect.map((built) => Context.get(built, StorageAdapter)),
    Effect.provideService(FileSystem.FileSystem, fileSystem),
    Effect.provide([NodePath.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))])
  )

describe("layerConfig", () => {
  it("needs what the layer needs, and may fail as it does or for its configuration", () => {
    expectTypeOf(configured).toEqualTypeOf<
      Layer.Layer<StorageAdapter, StorageError | Config.ConfigError, FileSystem.FileSystem | Path.Path>
    >()
  })

  it.live("opens the store that the configuration names", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* quickFolder, "made")
      const adapter = yield* build(configured, { DIRECTORY: folder })
      assert.strictEqual(fs.realpathSync(adapter.location), fs.realpathSync(folder))
      const receipt = yield* commit(adapter, put(key, 1))
      assert.strictEqual(receipt.protocol, "rename")
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), ["acct/", "acct/a.json"])
    }))

  it.live("opens it in the way that the configuration says", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* build(configured, {
        DIRECTORY: folder,
        COMMIT: "slots",
        MUST_EXIST: "no",
        CLOSE_TIMEOUT: "1 second"
      })
      assert.strictEqual((yield* commit(adapter, put(key, 1))).protocol, "slots")
      const missing = path.join(folder, "missing")
      const error = yield* Effect.flip(build(configured, { DIRECTORY: missing, MUST_EXIST: "true" }))
      assert.strictEqual(error._tag, "StorageError")
      assert.isFalse(fs.existsSync(missing))
    }))

  it.live("waits for writes at its closing as long as the configuration says", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const reached = yield* Latch.make()
      const released = yield* Latch.make()
      const hanging = interceptFileSystem(realFileSystem, (call, effect) =>
        call.operation === "rename" && call.path.includes("acct")
          ? Effect.andThen(reached.open, Effect.andThen(released.await, effect))
          : effect)
      const scope = yield* Scope.make()
      const adapter = yield* build(configured, { DIRECTORY: folder, CLOSE_TIMEOUT: "100 millis" }, hanging).pipe(
        Scope.provide(scope)
      )
      const writing = yield* Effect.forkChild(Effect.flip(commit(adapter, put(key, 1))), { startImmediately: true })
      yield* reached.await
      const [waited] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.strictEqual((yield* Fiber.join(writing)).reason._tag, "OutcomeUnknown")
      assert.isBelow(Duration.toSeconds(waited), 5)
      yield* released.open
    }))

  it.live("takes options as one configuration too, and what is no text as a value", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const Note = Session.define("note", { state: Schema.Json })
      const adopt = Session.adopter(Note, (json) => Option.some({ state: json as Schema.Json }))
      fs.writeFileSync(path.join(folder, "a.json"), "{\"title\":\"theirs\"}")
      const parts = FsAdapter.layerConfig({ directory: Config.String("DIRECTORY"), adopt: Config.succeed(adopt) })
      const adapter = yield* build(parts, { DIRECTORY: folder })
      assert.isTrue(Option.isSome(yield* adapter.load(makeKey("a"))))
      const whole = FsAdapter.layerConfig(
        Config.map(Config.String("STORE"), (directory): FsAdapter.FsOptions => ({ directory, commit: "slots" }))
      )
      const other = yield* build(whole, { STORE: yield* quickFolder })
      assert.strictEqual((yield* commit(other, put(key, 1))).protocol, "slots")
    }))

  it.live("reads the names below a prefix where it is nested", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const nested = FsAdapter.layerConfig(
        Config.nested(Config.all({ directory: Config.String("DIRECTORY") }), "SESSIONS")
      )
      const adapter = yield* build(nested, { SESSIONS_DIRECTORY: folder, DIRECTORY: "/nowhere" })
      yield* commit(adapter, put(key, 1))
      assert.property(sessionFiles(folder), "acct/a.json")
    }))

  it.live.each<readonly [what: string, env: Record<string, string>]>([
    ["without a directory", {}],
    ["with a flag that is none", { MUST_EXIST: "perhaps" }],
    ["with a way to commit that there is not", { COMMIT: "copy" }],
    ["with a duration that is none", { CLOSE_TIMEOUT: "soon" }]
  ])("refuses a configuration %s, and touches nothing", ([what, env]) =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const directory = path.join(folder, "made")
      const named = what === "without a directory" ? env : { ...env, DIRECTORY: directory }
      const error = yield* Effect.flip(build(configured, named))
      assert.strictEqual(error._tag, "ConfigError")
      assert.deepStrictEqual(treeOf(folder), {})
    }))
})
