import { assert, describe, it } from "@effect/vitest"
import { Effect, type PlatformError, Predicate, Result } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { FaultyFileSystem } from "../../src/testing/index.ts"
import { faulty, quickFolder, realFileSystem } from "../kit.ts"

type Rules = ReadonlyArray<FaultyFileSystem.FaultRule>

/** The code of each call's failure, or that it worked. */
const codesOf = Effect.fnUntraced(function*(calls: ReadonlyArray<Effect.Effect<unknown, PlatformError.PlatformError>>) {
  const results = yield* Effect.forEach(calls, Effect.result)
  return results.map((result) =>
    Result.isSuccess(result)
      ? "works"
      : Predicate.hasProperty(result.failure.reason.cause, "code")
      ? result.failure.reason.cause.code
      : "?"
  )
})

/** A folder with a file in it, on a file system that fails by rules. */
const ruled = Effect.fnUntraced(function*(rules: Rules) {
  const folder = yield* quickFolder
  const file = path.join(folder, "file")
  fs.writeFileSync(file, "content")
  return { folder, file, other: path.join(folder, "other"), faulty: faulty(rules) }
})

const text = (content: string) => new TextEncoder().encode(content)

describe("a rule", () => {
  it.live("fails the calls of its operations and paths, and no others", () =>
    Effect.gen(function*() {
      const { faulty, file, folder, other } = yield* ruled([{
        operation: ["readFile", "stat"],
        path: /file$/,
        code: "EIO"
      }])
      const calls = [
        faulty.readFile(file),
        faulty.stat(file),
        faulty.realPath(file),
        faulty.readDirectory(folder),
        faulty.writeFile(other, text("x")),
        faulty.readFile(other)
      ]
      assert.deepStrictEqual(yield* codesOf(calls), ["EIO", "EIO", "works", "works", "works", "works"])
    }))

  it.live("matches a rename by either of its names", () =>
    Effect.gen(function*() {
      const { faulty, file, other } = yield* ruled([{ operation: "rename", path: /other/, code: "EXDEV" }])
      assert.deepStrictEqual(yield* codesOf([faulty.rename(file, other), faulty.rename(other, file)]), [
        "EXDEV",
        "EXDEV"
      ])
      assert.isTrue(fs.existsSync(file))
    }))

  it.live("matches opens by their flags", () =>
    Effect.gen(function*() {
      const { faulty, file } = yield* ruled([{ operation: "open", flags: ["r+"], code: "EACCES" }])
      const codes = yield* codesOf([
        Effect.scoped(faulty.open(file, { flag: "r+" })),
        Effect.scoped(faulty.open(file)),
        Effect.scoped(faulty.open(file, { flag: "r" }))
      ])
      assert.deepStrictEqual(codes, ["EACCES", "works", "works"])
    }))

  it.live("counts its own calls from 1", () =>
    Effect.gen(function*() {
      const { faulty, file, other } = yield* ruled([{
        operation: "stat",
        path: /file/,
        code: "EIO",
        calls: (call) => call === 2
      }])
      const calls = [faulty.stat(file), Effect.exit(faulty.stat(other)), faulty.stat(file), faulty.stat(file)]
      assert.deepStrictEqual(yield* codesOf(calls), ["works", "works", "EIO", "works"])
    }))

  it.live("that comes first decides, and one that lets a call pass leaves it to the next", () =>
    Effect.gen(function*() {
      const { faulty, file } = yield* ruled([
        { operation: "stat", code: "EIO", calls: (call) => call === 1 },
        { operation: "stat", code: "EBUSY", calls: (call) => call === 1 }
      ])
      assert.deepStrictEqual(yield* codesOf([faulty.stat(file), faulty.stat(file), faulty.stat(file)]), [
        "EIO",
        "EBUSY",
        "works"
      ])
    }))

  it.live("fails after the call was made when it says so", () =>
    Effect.gen(function*() {
      const { faulty, file, other } = yield* ruled([{ operation: "rename", code: "EIO", afterwards: true }])
      assert.deepStrictEqual(yield* codesOf([faulty.rename(file, other)]), ["EIO"])
      assert.deepStrictEqual([fs.existsSync(file), fs.existsSync(other)], [false, true])
    }))

  it.live("lets so many bytes of a write through, of an open file and of a whole one", () =>
    Effect.gen(function*() {
      const { faulty, file, other } = yield* ruled([{ operation: "write", code: "ENOSPC", bytesBefore: 3 }])
      const opened = Effect.scoped(
        Effect.flatMap(faulty.open(file, { flag: "r+" }), (handle) => handle.writeAll(text("abcdef")))
      )
      assert.deepStrictEqual(yield* codesOf([opened, faulty.writeFile(other, text("abcdef"))]), ["ENOSPC", "ENOSPC"])
      assert.deepStrictEqual([fs.readFileSync(file, "utf8"), fs.readFileSync(other, "utf8")], ["abctent", "abc"])
    }))

  it.live("about a whole write holds beside one that lets bytes through", () =>
    Effect.gen(function*() {
      const { faulty, other } = yield* ruled([
        { operation: "write", code: "EIO", calls: (call) => call === 1 },
        { operation: "write", code: "ENOSPC", bytesBefore: 3, calls: (call) => call === 1 }
      ])
      const write = faulty.writeFile(other, text("abcdef"))
      assert.deepStrictEqual(yield* codesOf([write, write, write]), ["EIO", "ENOSPC", "works"])
    }))

  it.live("reaches calls on open files", () =>
    Effect.gen(function*() {
      const { faulty, file } = yield* ruled([{ operation: ["sync", "truncate", "read"], path: /file/, code: "EIO" }])
      const codes = yield* Effect.scoped(Effect.gen(function*() {
        const handle = yield* faulty.open(file, { flag: "r+" })
        return yield* codesOf([handle.sync, handle.truncate(0), handle.readAlloc(3), handle.stat])
      }))
      assert.deepStrictEqual(codes, ["EIO", "EIO", "EIO", "works"])
      assert.strictEqual(fs.readFileSync(file, "utf8"), "content")
    }))
})

/** What a program can tell from a failure. */
const facts = (error: PlatformError.PlatformError) => {
  const { cause, ...reason } = error.reason as typeof error.reason & { readonly syscall?: string }
  const native = cause as NodeJS.ErrnoException & { readonly dest?: string }
  return [
    reason._tag,
    reason.module,
    reason.syscall,
    native.code,
    native.errno,
    native.syscall,
    native.path,
    native.dest
  ]
}

describe("a failure", () => {
  it.live("looks like that of Node's own file system", () =>
    Effect.gen(function*() {
      const { faulty, folder } = yield* ruled([{
        operation: ["readFile", "rename", "readDirectory", "makeDirectory"],
        code: "ENOENT"
      }])
      const [from, to] = [path.join(folder, "absent", "a"), path.join(folder, "absent", "b")]
      const calls = (fileSystem: typeof realFileSystem) => [
        fileSystem.readFile(from),
        fileSystem.rename(from, to),
        fileSystem.readDirectory(from),
        fileSystem.makeDirectory(from)
      ]
      const injected = yield* Effect.forEach(calls(faulty), (call) => Effect.map(Effect.flip(call), facts))
      const real = yield* Effect.forEach(calls(realFileSystem), (call) => Effect.map(Effect.flip(call), facts))
      assert.deepStrictEqual(injected, real)
    }))
})

describe("the preset", () => {
  const tries = Effect.fnUntraced(function*(rules: Rules) {
    const { faulty, file, folder, other } = yield* ruled(rules)
    return yield* codesOf([
      faulty.readFile(file),
      faulty.readDirectory(folder),
      faulty.rename(file, other),
      faulty.writeFile(other, text("x")),
      faulty.makeDirectory(path.join(folder, "made")),
      faulty.remove(other)
    ])
  })
  const rows: ReadonlyArray<readonly [name: string, rules: Rules, codes: Array<string>]> = [
    ["msix", FaultyFileSystem.msix, ["works", "works", "EXDEV", "works", "works", "works"]],
    ["unreadableDirectories", FaultyFileSystem.unreadableDirectories, [
      "works",
      "UNKNOWN",
      "works",
      "works",
      "works",
      "works"
    ]],
    ["antivirus", FaultyFileSystem.antivirus(1), ["works", "works", "EPERM", "works", "works", "works"]],
    ["fullDisk", FaultyFileSystem.fullDisk(), ["works", "works", "works", "ENOSPC", "ENOSPC", "works"]],
    ["readOnlyRoot", FaultyFileSystem.readOnlyRoot, ["works", "works", "EROFS", "EROFS", "EROFS", "EROFS"]]
  ]
  for (const [name, rules, codes] of rows) {
    it.live(`${name} fails what it is named for and nothing else`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* tries(rules), codes)
      }))
  }
})
