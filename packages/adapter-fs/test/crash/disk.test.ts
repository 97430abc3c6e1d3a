import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { StorageAdapter } from "@holdfast/core"
import { Effect, type FileSystem, Layer, Option, Predicate, type Scope } from "effect"
import type { PlatformError } from "effect/PlatformError"
import * as FsAdapter from "../../src/FsAdapter.ts"
import { CrashFileSystem } from "../../src/testing/index.ts"
import { commit, contentOf, put, realFileSystem, tempFolder } from "../kit.ts"
import { key } from "./session.ts"

type Call = (
  fs: FileSystem.FileSystem,
  at: (name: string) => string
) => Effect.Effect<unknown, PlatformError, Scope.Scope>

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const inFile = (
  name: string,
  flag: FileSystem.OpenFlag,
  use: (file: FileSystem.File) => Effect.Effect<unknown, PlatformError>
): Call =>
(fs, at) => Effect.flatMap(fs.open(at(name), { flag }), use)

const textOf = (name: string): Call => (fs, at) => fs.readFileString(at(name))

const partAt = (file: FileSystem.File, position: bigint) =>
  Effect.map(file.readAlloc(5, { position }), Option.map((part) => [...part]))

const namesIn = (name: string, recursive: boolean): Call => (fs, at) =>
  Effect.map(fs.readDirectory(at(name), { recursive }), (names) => names.toSorted())

const calls: ReadonlyArray<readonly [what: string, call: Call]> = [
  ["makes a folder", (fs, at) => fs.makeDirectory(at("a"))],
  ["refuses to make it again", (fs, at) => fs.makeDirectory(at("a"))],
  ["refuses a folder in a folder that is missing", (fs, at) => fs.makeDirectory(at("b/c"))],
  ["makes folders down to one", (fs, at) => Effect.asVoid(fs.makeDirectory(at("b/c/d"), { recursive: true }))],
  ["makes a file", inFile("a/f", "wx", (file) => Effect.andThen(file.writeAll(bytes("first\nsecond\n")), file.sync))],
  ["refuses to make a file again", inFile("a/f", "wx", () => Effect.void)],
  ["refuses to read a file that is missing", (fs, at) => fs.readFile(at("a/g"))],
  ["refuses to write to a file that is missing", inFile("a/g", "r+", () => Effect.void)],
  ["refuses to read a folder as a file", (fs, at) => fs.readFile(at("a"))],
  ["refuses to look below a file", (fs, at) => fs.stat(at("a/f/g"))],
  ["reads a part", inFile("a/f", "r", (file) => partAt(file, 6n))],
  ["reads nothing at the end", inFile("a/f", "r", (file) => partAt(file, 100n))],
  ["refuses to write to a file opened to be read", inFile("a/f", "r", (file) => file.writeAll(bytes("x")))],
  [
    "writes in the midst",
    inFile("a/f", "r+", (file) => Effect.andThen(file.seek(2n, "start"), file.writeAll(bytes("XX"))))
  ],
  ["has what was written in the midst", textOf("a/f")],
  [
    "writes beyond the end",
    inFile("a/f", "r+", (file) => Effect.andThen(file.seek(15n, "start"), file.writeAll(bytes("end"))))
  ],
  ["has zeros before it", textOf("a/f")],
  [
    "writes on after a cut",
    inFile("a/f", "r+", (file) => Effect.andThen(file.truncate(3), file.writeAll(bytes("ab"))))
  ],
  ["has what was written after the cut", textOf("a/f")],
  ["adds to the end", inFile("a/f", "a", (file) => file.writeAll(bytes(" more")))],
  ["has what was added", textOf("a/f")],
  ["links a file", (fs, at) => fs.link(at("a/f"), at("b/f"))],
  ["refuses to link over a name", (fs, at) => fs.link(at("a/f"), at("b/f"))],
  ["renames one name of a file over its other one", (fs, at) => fs.rename(at("a/f"), at("b/f"))],
  ["keeps both names then", namesIn("a", false)],
  ["renames to a name that is free", (fs, at) => fs.rename(at("a/f"), at("a/g"))],
  ["renames over a file", (fs, at) => fs.rename(at("a/g"), at("b/f"))],
  ["refuses to rename what is missing", (fs, at) => fs.rename(at("a/none"), at("a/h"))],
  ["refuses to rename a file over a folder", (fs, at) => fs.rename(at("b/f"), at("a"))],
  ["refuses to rename a folder over a full one", (fs, at) => fs.rename(at("a"), at("b"))],
  ["copies a file", (fs, at) => fs.copyFile(at("b/f"), at("a/copy"))],
  ["has the copy", textOf("a/copy")],
  [
    "tells how large a file is",
    (fs, at) => Effect.map(fs.stat(at("a/copy")), ({ size, type }) => [Number(size), type])
  ],
  ["lists all below", namesIn(".", true)],
  ["opens and syncs a folder", inFile("a", "r", (folder) => folder.sync)],
  ["refuses to open a folder to be written", inFile("a", "r+", () => Effect.void)],
  ["refuses to remove what is missing", (fs, at) => fs.remove(at("a/none"))],
  ["is silent about it on request", (fs, at) => fs.remove(at("a/none"), { force: true })],
  ["refuses to remove a folder as a file", (fs, at) => fs.remove(at("b"))],
  ["removes a folder with what is in it", (fs, at) => fs.remove(at("b"), { recursive: true })],
  ["lists what is left", namesIn("a", false)]
]

const codeOf = ({ reason: { cause } }: PlatformError): unknown =>
  Predicate.hasProperty(cause, "code") ? cause.code : "none"

const answers = (fs: FileSystem.FileSystem, root: string) =>
  Effect.forEach(calls, ([what, call]) =>
    Effect.scoped(call(fs, (name) => `${root}/${name}`)).pipe(
      Effect.map((value) => [what, JSON.stringify(value) ?? ""]),
      Effect.catch((error) => Effect.succeed([what, codeOf(error)]))
    ))

const text = (content: Uint8Array | undefined): string => new TextDecoder().decode(content)

const filesOf = (states: ReadonlyArray<CrashFileSystem.CrashState>) =>
  states.map(({ files }) => files.map(([path, content]) => `${path}=${text(content)}`).join(" ")).toSorted()

const saveTwiceSynced = (disk: CrashFileSystem.CrashFileSystem) =>
  Effect.scoped(
    Effect.flatMap(disk.fileSystem.open(`${disk.root}/f`, { flag: "r+" }), (file) =>
      Effect.andThen(file.writeAll(bytes("x")), Effect.andThen(Effect.exit(file.sync), file.sync)))
  )

describe("a disk in memory", () => {
  it.live("answers as the real one does", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const disk = CrashFileSystem.make()
      assert.deepStrictEqual(yield* answers(disk.fileSystem, disk.root), yield* answers(realFileSystem, folder))
    }).pipe(Effect.scoped))

  it.effect("leaves a write that was not synced absent, begun, zero-filled or whole", () =>
    Effect.gen(function*() {
      const { crashStates, fileSystem, root } = CrashFileSystem.make({ f: "" })
      yield* fileSystem.writeFile(`${root}/f`, bytes("abcd"))
      assert.deepStrictEqual(filesOf(crashStates()), [
        "f=",
        "f=\0\0\0\0",
        "f=ab",
        "f=ab\0\0",
        "f=abc",
        "f=abc\0",
        "f=abcd"
      ])
    }))

  it.effect("leaves one of both names of a rename, or both, and never none", () =>
    Effect.gen(function*() {
      for (const names of ["journal", "any"] as const) {
        const { crashStates, fileSystem, root } = CrashFileSystem.make({ "a/f": "1", "b/": "" })
        yield* fileSystem.rename(`${root}/a/f`, `${root}/b/g`)
        assert.deepStrictEqual(filesOf(crashStates({ names })), [
          "a/= a/f=1 b/=",
          "a/= a/f=1 b/= b/g=1",
          "a/= b/= b/g=1"
        ])
      }
    }))

  it.effect("leaves the names of one folder in their order, or in any where that is asked for", () =>
    Effect.gen(function*() {
      const { crashStates, fileSystem, root } = CrashFileSystem.make()
      yield* fileSystem.makeDirectory(`${root}/a`)
      yield* fileSystem.makeDirectory(`${root}/b`)
      assert.deepStrictEqual(filesOf(crashStates()), ["", "a/=", "a/= b/="])
      assert.deepStrictEqual(filesOf(crashStates({ names: "any" })), ["", "a/=", "a/= b/=", "b/="])
    }))

  it.effect("keeps what was synced, and what a failed sync has dropped stays unsure after a good one", () =>
    Effect.gen(function*() {
      let syncs = 0
      const good = CrashFileSystem.make({ f: "" })
      const bad = CrashFileSystem.make({ f: "" }, { failsSync: () => ++syncs === 1 })
      yield* saveTwiceSynced(good)
      yield* saveTwiceSynced(bad)
      assert.deepStrictEqual(filesOf([good.leastState()]), ["f=x"])
      assert.deepStrictEqual(filesOf(bad.crashStates({ from: bad.steps() })), ["f=", "f=\0", "f=x"])
    }))

  it.effect("says after which steps a state is possible, and mounts it where nothing else is", () =>
    Effect.gen(function*() {
      const disk = CrashFileSystem.make({ f: "1" })
      yield* disk.fileSystem.remove(`${disk.root}/f`)
      const before = disk.crashStates().find(({ files }) => files.length === 1)
      assert.deepStrictEqual([before?.first, before?.last], [0, 1])
      const mounted = before!.mount()
      assert.notStrictEqual(mounted.root, disk.root)
      assert.strictEqual(yield* mounted.fileSystem.readFileString(`${mounted.root}/f`), "1")
    }))

  it.effect("shows after a kill all that was written, and still takes it in a power cut", () =>
    Effect.gen(function*() {
      const disk = CrashFileSystem.make()
      yield* disk.fileSystem.writeFile(`${disk.root}/f`, bytes("1"))
      const killed = disk.killed(disk.steps())
      assert.strictEqual(yield* killed.fileSystem.readFileString(`${killed.root}/f`), "1")
      assert.deepStrictEqual(filesOf([killed.leastState()]), [""])
    }))

  it.live("carries a whole store with its locks", () => {
    const disk = CrashFileSystem.make()
    const store = FsAdapter.layer({ directory: `${disk.root}/store` }).pipe(
      Layer.provide(disk.layer),
      Layer.provide(NodePath.layer)
    )
    return Effect.gen(function*() {
      const adapter = yield* StorageAdapter
      yield* commit(adapter, put(key, "state"))
      assert.isTrue((yield* contentOf(adapter, key))._tag === "Some")
      assert.isAbove(disk.crashStates({ from: disk.steps() }).length, 0)
    }).pipe(Effect.provide(store))
  })
})
