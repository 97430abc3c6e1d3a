/**
 * A store inside an MSIX package: failures say which path was asked for and which is real, and saves go on.
 *
 * The package is played: its real path is what the file system answers for files that are made below AppData,
 * and its faults are those that users have reported.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Reason } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { uncontained } from "../src/io/errno.ts"
import { makeIo } from "../src/io/Io.ts"
import { probePlace } from "../src/probe/probe.ts"
import { CurrentSurroundings, type Surroundings } from "../src/probe/surroundings.ts"
import { type FaultRule, msix, unreadableDirectories } from "../src/testing/FaultyFileSystem.ts"
import {
  append,
  commit,
  contentOf,
  failureOf,
  faulty,
  list,
  open,
  put,
  quickFolder,
  realFileSystem,
  recorded,
  remove,
  sessionFiles,
  visit
} from "./kit.ts"
import { aroundOf, nodePath } from "./probe/facts.ts"

const key = { namespace: ["acct", "org"], id: "local_1" }
const name = "MSIX package Claude_pzs8sxrjxfjjc"

const packaged = aroundOf({
  platform: "win32",
  execPath: "C:\\Program Files\\WindowsApps\\Claude_1.2.3.0_x64__pzs8sxrjxfjjc\\app\\claude.exe",
  windowsStore: true
})
/** What a shell sees that the packaged program has started. */
const child = aroundOf({ platform: "win32", execPath: "C:\\Program Files\\nodejs\\node.exe" })
const flatpak = aroundOf({ files: ["/.flatpak-info"], env: { FLATPAK_ID: "org.x.X" } })
const docker = aroundOf({ files: ["/.dockerenv"] })

/** A store's folder below AppData, where it really lies, and a file system that tells so of files. */
const world = Effect.gen(function*() {
  const parent = yield* quickFolder
  const folder = path.join(parent, "AppData", "Roaming", "Claude", "sessions")
  const family = path.join("Packages", "Claude_pzs8sxrjxfjjc", "LocalCache")
  const actual = path.join(parent, "AppData", "Local", family, "Roaming", "Claude", "sessions")
  const redirecting: typeof realFileSystem = {
    ...realFileSystem,
    // Only a file shows it; a folder keeps the path that it was asked for by.
    realPath: (file) =>
      file.startsWith(folder + path.sep)
        ? Effect.succeed(actual + file.slice(folder.length))
        : realFileSystem.realPath(file)
  }
  const openIn = (around: Surroundings, rules: ReadonlyArray<FaultRule>, options = {}) =>
    Effect.provideService(
      open(folder, { platform: around.platform, fileSystem: faulty(rules, redirecting), ...options }),
      CurrentSurroundings,
      around
    )
  return { actual, folder, openIn, redirecting }
})

const inShort = (reason: Reason) =>
  reason._tag === "Virtualized" ? [reason._tag, reason.given, reason.actual, reason.container] : [reason._tag]

const onSessions: FaultRule = { operation: "rename", path: /local_/, code: "EXDEV" }

describe("a store inside a package", () => {
  for (const [who, around] of [["the packaged program", packaged], ["a child of it", child]] as const) {
    it.live(`saves in slots after a refused rename, and the receipt says where the files really lie: ${who}`, () =>
      Effect.gen(function*() {
        const { actual, folder, openIn } = yield* world
        const adapter = yield* openIn(around, [onSessions])
        const receipt = yield* commit(adapter, put(key, 1), append(key, ["a"]))
        assert.strictEqual(receipt.protocol, "slots")
        const [failure] = receipt.failures.map(({ reason }) => reason)
        if (failure?._tag !== "Virtualized") return assert.fail(`${failure?._tag} is not Virtualized`)
        assert.deepStrictEqual([failure.container, failure.outcome], [name, "notApplied"])
        assert.isTrue(failure.given.startsWith(path.join(folder, "acct", "org", "local_1.json")))
        assert.strictEqual(failure.actual, actual + failure.given.slice(folder.length))
        const next = yield* commit(adapter, put(key, 2), append(key, ["b"]))
        assert.deepStrictEqual([next.protocol, next.attempts, next.failures], ["slots", 1, []])
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 2, entries: ["a", "b"] }))
        yield* commit(adapter, remove(key))
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
      }))
  }

  it.live("saves in slots from the first save on where the probe was refused, and leaves no temp file", () =>
    Effect.gen(function*() {
      const { folder, openIn } = yield* world
      const adapter = yield* openIn(packaged, msix)
      const receipt = yield* commit(adapter, put(key, 1))
      assert.deepStrictEqual([receipt.protocol, receipt.attempts, receipt.failures], ["slots", 1, []])
      assert.isFalse(Object.keys(sessionFiles(folder)).some((file) => file.endsWith(".tmp")))
    }))

  it.live("says where it really lies when it may only rename, and changes nothing", () =>
    Effect.gen(function*() {
      const { openIn } = yield* world
      const adapter = yield* openIn(packaged, msix, { commit: "rename" })
      assert.deepStrictEqual(yield* failureOf(commit(adapter, put(key, 1))), ["Virtualized", "notApplied"])
    }))

  it.live("is never shown as empty when it cannot be listed, and saves go on", () =>
    Effect.gen(function*() {
      const { actual, folder, openIn } = yield* world
      yield* Effect.scoped(Effect.flatMap(openIn(packaged, []), (adapter) => commit(adapter, put(key, 1))))
      const adapter = yield* openIn(packaged, [...unreadableDirectories, ...msix])
      const listed = yield* Effect.result(list(adapter))
      const failure = listed._tag === "Failure"
        ? listed.failure.reason
        : listed.success.flatMap((row) =>
          row._tag === "Unreadable" && row.error._tag === "StorageError" ? [row.error.reason] : []
        )[0]
      assert.deepStrictEqual(failure && inShort(failure), ["Virtualized", folder, actual, name])
      assert.strictEqual((yield* commit(adapter, put(key, 2))).protocol, "slots")
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 2, entries: [] }))
    }))

  it.live("tells in its probe where it really lies, and what to do", () =>
    Effect.gen(function*() {
      const { actual, folder, redirecting } = yield* world
      fs.mkdirSync(folder, { recursive: true })
      const checks = yield* Effect.provideService(
        probePlace({
          io: makeIo(faulty(msix, redirecting), "followed"),
          path: nodePath,
          root: folder,
          environment: uncontained("win32"),
          protocol: { first: "slots", isFixed: false }
        }),
        CurrentSurroundings,
        packaged
      )
      const row = (name: string) => checks.find((check) => check.name === name)
      assert.strictEqual(row("realPath")?.detail, actual)
      assert.deepStrictEqual([row("container")?.place, row("container")?.detail], [actual, name])
      assert.match(row("hint.msix")?.detail ?? "", /Claude_pzs8sxrjxfjjc: files lie in a package's private folder$/)
      assert.strictEqual(row("ladder")?.detail, "slots: files cannot be renamed here")
      assert.strictEqual(row("advice.packagePrivateFolder")?.outcome, "fails")
      assert.match(row("advice.packagePrivateFolder")?.detail ?? "", /%USERPROFILE%/)
    }))

  it.live("is refused with the place where Windows would have put it, when its folder cannot be looked at", () =>
    Effect.gen(function*() {
      const { actual, folder, openIn } = yield* world
      fs.mkdirSync(path.dirname(folder), { recursive: true })
      const error = yield* Effect.flip(
        openIn(packaged, [{ operation: "makeDirectory", path: /sessions$/, code: "UNKNOWN" }])
      )
      assert.deepStrictEqual(inShort(error.reason), ["Virtualized", folder, actual, name])
    }))
})

describe("a store outside of what a container redirects", () => {
  it.live("says that a rename crosses devices, also inside a package", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* quickFolder, ".claude")
      const adapter = yield* Effect.provideService(
        open(folder, { platform: "win32", fileSystem: faulty([onSessions]) }),
        CurrentSurroundings,
        packaged
      )
      const { failures } = yield* commit(adapter, put(key, 1))
      assert.deepStrictEqual(failures.map(({ reason }) => reason._tag), ["CrossDevice"])
    }))

  for (
    const [what, around, tag] of [["Docker", docker, "CrossDevice"], ["a Flatpak", flatpak, "Virtualized"]] as const
  ) {
    it.live(`is ${tag} to a refused rename in ${what}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* Effect.provideService(
          open(folder, { platform: "linux", fileSystem: faulty([onSessions]) }),
          CurrentSurroundings,
          around
        )
        const { failures, protocol } = yield* commit(adapter, put(key, 1))
        assert.deepStrictEqual([protocol, ...failures.map(({ reason }) => reason._tag)], ["slots", tag])
      }))
  }
})

describe("two stores opened on one folder in one process", () => {
  it.live("are tried once", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      yield* open(folder, { fileSystem })
      const probes = () => calls.filter((call) => /-probe-/.test(call.path)).length
      const once = probes()
      assert.isAbove(once, 0)
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), { fileSystem })
      assert.strictEqual(probes(), once)
    }))
})
