/** Calls that do not go through the thread pool: where they are made, and that they say what the pool says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem, Option } from "effect"
import type { OpenFlag } from "effect/FileSystem"
import * as fs from "node:fs"
import * as path from "node:path"
import { appendAt, cutOff, overwrite, syncDirectory, truncateAndAppend, writeNew } from "../../src/io/durable.ts"
import { type Io, IoFailure, isSyncFailure, makeIo } from "../../src/io/Io.ts"
import { FileSystemType } from "../../src/io/network.ts"
import { makePace } from "../../src/io/promptFile.ts"
import { promptIo } from "../../src/io/promptIo.ts"
import { quickFolder, realFileSystem, recorded, tempFolder } from "../kit.ts"

const pooledIo = makeIo(realFileSystem, "refused")
const isLinux = process.platform === "linux"

describe("a store on a disk of this machine", () => {
  it.live.skipIf(!isLinux)("is read and written without the thread pool", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const io = yield* promptIo(pooledIo, folder)
      assert.isTrue(yield* io.isAtOnce(folder))
      assert.isFalse(yield* pooledIo.isAtOnce(folder))
    }))

  it.live.skipIf(!isLinux)("leaves to the pool what lies on another disk", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const elsewhere = yield* tempFolder
      const linked = path.join(folder, "linked")
      fs.symlinkSync(elsewhere, linked)
      fs.writeFileSync(path.join(elsewhere, "file"), "there")
      const io = yield* promptIo(pooledIo, folder)
      assert.strictEqual(yield* io.isAtOnce(linked), fs.statSync(folder).dev === fs.statSync(elsewhere).dev)
      assert.strictEqual(Buffer.from(yield* io.readFile(path.join(linked, "file"))).toString(), "there")
    }))

  it.live("leaves all to the pool where nobody knows of which machine the disk is, or it is another's", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      for (const type of [0, 0x6969]) {
        const io = yield* Effect.provideService(promptIo(pooledIo, folder), FileSystemType, () => Effect.succeed(type))
        assert.strictEqual(io, pooledIo)
      }
    }))

  it.live("is never read past a file system that stands before Node's", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const before: FileSystem.FileSystem = { ...realFileSystem, rename: (from, to) => realFileSystem.rename(from, to) }
      for (const fileSystem of [recorded().fileSystem, before]) {
        const io = makeIo(fileSystem, "refused")
        const found = yield* promptIo(io, folder)
        // Looks at exact times ask Node in any case.
        assert.deepStrictEqual({ ...found, isAtOnce: io.isAtOnce }, io)
      }
    }))

  it("goes through the pool for a while after a call that was slow", () => {
    const pace = makePace()
    assert.strictEqual(pace.watch(() => 1), 1)
    assert.isTrue(pace.isPrompt())
    pace.watch(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80))
    assert.isFalse(pace.isPrompt())
  })
})

/** A folder with a file, a folder, a link, and a file of more than is read at once. */
const makeTree = (folder: string) => {
  const at = (name: string) => path.join(folder, name)
  fs.writeFileSync(at("file"), "0123456789")
  fs.writeFileSync(at("empty"), "")
  fs.writeFileSync(at("large"), Buffer.alloc(300 * 1024, "x"))
  fs.mkdirSync(at("folder"))
  fs.symlinkSync(at("file"), at("link"))
  return at
}

const names = ["file", "empty", "large", "folder", "link", "missing", "file/below", "missing/below"]

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

type At = (name: string) => string

const calls: Readonly<Record<string, (io: Io, at: At, name: string) => Effect.Effect<unknown, unknown>>> = {
  readFile: (io, at, name) => Effect.map(io.readFile(at(name)), text),
  readRange: (io, at, name) => Effect.map(io.readRange(at(name), 3, 6), ({ bytes, size }) => [text(bytes), size]),
  readFrom: (io, at, name) => Effect.map(io.readFrom(at(name), 8), ({ bytes, size }) => [text(bytes), size]),
  readIfThere: (io, at, name) =>
    Effect.map(io.readIfThere(at(name), 0, 5), Option.map(({ bytes, size }) => [text(bytes), size])),
  stat: (io, at, name) => Effect.map(io.stat(at(name)), ({ isDirectory, isFile, size }) => [isDirectory, isFile, size]),
  statIfThere: (io, at, name) => Effect.map(io.statIfThere(at(name)), Option.map(({ isFile }) => isFile)),
  writeNew: (io, at, name) => writeNew(io, at(name), Buffer.from("made")),
  overwrite: (io, at, name) => overwrite(io, at(name), Buffer.from("other")),
  appendAt: (io, at, name) =>
    appendAt(io, at(name), { offset: 4, bytes: Buffer.alloc(300 * 1024, "y"), hasLitter: true, isNew: false }),
  cutOff: (io, at, name) => cutOff(io, at(name), 2),
  truncateAndAppend: (io, at, name) => truncateAndAppend(io, at(name), Buffer.from("first")),
  syncDirectory: (io, at, name) => syncDirectory(io, at(name))
}

describe("a call without the thread pool", () => {
  for (const [name, call] of Object.entries(calls)) {
    for (const file of names) {
      it.live(`does and says what the pool does and says: ${name} of ${file}`, () =>
        Effect.gen(function*() {
          const outcome = Effect.fnUntraced(function*(isPrompt: boolean) {
            const folder = yield* quickFolder
            const at = makeTree(folder)
            const io = isPrompt ? yield* promptIo(pooledIo, folder) : pooledIo
            const said = yield* Effect.match(call(io, at, file), {
              onFailure: (failure) => {
                const { code, path: place, syscall } = failure as { code: string; path: string; syscall: string }
                return { code, syscall, place: path.relative(folder, place) }
              },
              onSuccess: (value) => ({ value })
            })
            const found = yield* Effect.match(pooledIo.readFile(at(file)), { onFailure: () => "none", onSuccess: text })
            return { said, found }
          })
          assert.deepStrictEqual(yield* outcome(true), yield* outcome(false))
        }))
    }
  }

  it.live("keeps where a file is read on its own identity and time", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const at = makeTree(folder)
      const io = yield* promptIo(pooledIo, folder)
      assert.deepStrictEqual(yield* io.stat(at("file")), yield* pooledIo.stat(at("file")))
    }))

  it.live("uses a file in every way that it can be opened in", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const io = yield* promptIo(pooledIo, folder)
      const file = path.join(folder, "made")
      const flags: ReadonlyArray<OpenFlag> = ["wx", "r+", "a", "w", "w+", "a+"]
      for (const flag of flags) yield* io.withFile(file, flag, (opened) => opened.writeAll(Buffer.from(flag)))
      assert.strictEqual(fs.readFileSync(file, "utf8"), "w+a+")
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
    }))
})

const failed = (syscall: string) =>
  isSyncFailure(new IoFailure({ code: "EIO", errno: -5, syscall, path: "file", cause: undefined }))

describe("a sync that fails", () => {
  it("is told from other failures by each call that may be one", () => {
    const told = ["fsync", "fdatasync", "close", "write", "open", "rename"].filter(failed)
    assert.deepStrictEqual(told, ["fsync", "fdatasync", "close"])
  })
})
