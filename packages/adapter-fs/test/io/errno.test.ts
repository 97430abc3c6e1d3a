import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import type { Outcome, Reason } from "@holdfast/core"
import { Effect, FileSystem, Option } from "effect"
import { renameOver } from "../../src/io/durable.ts"
import {
  codeOf,
  directoryReasonOf,
  type Environment,
  errnoTable,
  isMissing,
  lacksDirectorySync,
  type Platform,
  reasonOf,
  uncontained
} from "../../src/io/errno.ts"
import { IoFailure, makeIo } from "../../src/io/Io.ts"
import { FaultyFileSystem } from "../../src/testing/index.ts"

const platforms: ReadonlyArray<Platform> = ["linux", "darwin", "win32"]

// What each code means, written down a second time: a row that is moved by mistake shows.
const meanings: Record<string, readonly [tag: Reason["_tag"], remedy: Reason["remedy"]]> = {
  EXDEV: ["CrossDevice", "fallback"],
  EPERM: ["PermissionDenied", "fallback"],
  EACCES: ["PermissionDenied", "fallback"],
  EBUSY: ["Busy", "retry"],
  ETXTBSY: ["Busy", "retry"],
  EAGAIN: ["Busy", "retry"],
  EROFS: ["ReadOnly", "fallback"],
  ENOSPC: ["NoSpace", "fallback"],
  EDQUOT: ["NoSpace", "fallback"],
  EFBIG: ["NoSpace", "fallback"],
  ENAMETOOLONG: ["NameTooLong", "fallback"],
  EMFILE: ["TooManyOpenFiles", "retry"],
  ENFILE: ["TooManyOpenFiles", "retry"],
  EIO: ["Io", "fallback"],
  ESTALE: ["Io", "fallback"],
  ENXIO: ["Io", "fallback"],
  ENODEV: ["Unavailable", "fallback"],
  ENOTCONN: ["Unavailable", "fallback"],
  ETIMEDOUT: ["Unavailable", "fallback"],
  ECONNRESET: ["Unavailable", "fallback"],
  EHOSTDOWN: ["Unavailable", "fallback"],
  EHOSTUNREACH: ["Unavailable", "fallback"],
  ENOENT: ["DirectoryUnreadable", "fallback"],
  ENOTDIR: ["DirectoryUnreadable", "fallback"],
  EISDIR: ["Corrupt", "fallback"],
  ELOOP: ["Corrupt", "fallback"]
}

const unlisted = ["UNKNOWN", "EINVAL", "EEXIST", "ENOSYS", "EDOESNOTEXIST", "toString", "Unknown system error -71"]

/** The failure of a rename that this code meets, as it comes through the adapter's door. */
const failedRename = (code: string): Effect.Effect<IoFailure> =>
  Effect.gen(function*() {
    const faulty = FaultyFileSystem.make(yield* FileSystem.FileSystem, [{ operation: "rename", code }])
    return yield* Effect.flip(renameOver(makeIo(faulty, "followed"), "/from", "/to"))
  }).pipe(Effect.orDie, Effect.provide(NodeFileSystem.layer))

const describeReason = ({ _tag, outcome, remedy }: Reason) => ({ _tag, outcome, remedy })

describe("errnoTable", () => {
  it("has a meaning for each of its codes, and each meaning a code", () => {
    assert.deepStrictEqual(Object.keys(errnoTable).toSorted(), Object.keys(meanings).toSorted())
  })

  for (const platform of platforms) {
    for (const [code, [tag, remedy]] of Object.entries(meanings)) {
      it.live(`means ${tag} by ${code} on ${platform}, whatever the outcome`, () =>
        Effect.gen(function*() {
          const failure = yield* failedRename(code)
          for (const outcome of ["notApplied", "applied", "unknown"] satisfies ReadonlyArray<Outcome>) {
            const reason = reasonOf(failure, uncontained(platform), outcome)
            assert.deepStrictEqual(describeReason(reason), { _tag: tag, outcome, remedy })
            assert.strictEqual(reason.cause, failure.cause)
            assert.include(reason.message, "/from")
          }
        }))
    }

    for (const code of unlisted) {
      it.live(`folds ${code} into no neighbour on ${platform}`, () =>
        Effect.gen(function*() {
          const reason = reasonOf(yield* failedRename(code), uncontained(platform), "unknown")
          assert.deepStrictEqual(describeReason(reason), {
            _tag: "Unclassified",
            outcome: "unknown",
            remedy: "fallback"
          })
          assert.isTrue(reason._tag === "Unclassified" && reason.code === code && reason.syscall === "rename")
        }))
    }
  }

  it.live("names both files of a rename that crosses devices", () =>
    Effect.gen(function*() {
      const reason = reasonOf(yield* failedRename("EXDEV"), uncontained("linux"), "notApplied")
      assert.isTrue(reason._tag === "CrossDevice" && reason.from === "/from" && reason.to === "/to")
    }))
})

describe("a code that Node has a number for and no name", () => {
  const rows: ReadonlyArray<readonly [errno: number, platform: Platform, tag: Reason["_tag"]]> = [
    [-122, "linux", "NoSpace"],
    [-116, "linux", "Io"],
    [-69, "linux", "Unclassified"],
    [-69, "darwin", "NoSpace"],
    [-70, "darwin", "Io"],
    [-122, "darwin", "Unclassified"],
    [-122, "win32", "Unclassified"],
    [-116, "win32", "Unclassified"]
  ]
  for (const [errno, platform, tag] of rows) {
    it.live(`is ${tag} by its number: ${errno} on ${platform}`, () =>
      Effect.gen(function*() {
        const failure = yield* failedRename(`Unknown system error ${errno}`)
        assert.strictEqual(failure.errno, errno)
        assert.strictEqual(reasonOf(failure, uncontained(platform), "notApplied")._tag, tag)
      }))
  }

  it.live("is known by the name that the platform's headers give it", () =>
    Effect.gen(function*() {
      assert.strictEqual(codeOf(yield* failedRename("Unknown system error -122"), "linux"), "EDQUOT")
      assert.strictEqual(codeOf(yield* failedRename("Unknown system error -116"), "linux"), "ESTALE")
      assert.strictEqual(codeOf(yield* failedRename("EIO"), "linux"), "EIO")
    }))
})

describe("directoryReasonOf", () => {
  for (const platform of platforms) {
    for (const code of [...Object.keys(meanings), ...unlisted]) {
      const expected = code === "EMFILE" || code === "ENFILE" ? "TooManyOpenFiles" : "DirectoryUnreadable"
      it.live(`says ${expected} of a folder that cannot be listed with ${code} on ${platform}`, () =>
        Effect.gen(function*() {
          const reason = directoryReasonOf(yield* failedRename(code), uncontained(platform))
          assert.deepStrictEqual([reason._tag, reason.outcome], [expected, "notApplied"])
          assert.isTrue("code" in reason && reason.code === code)
        }))
    }
  }
})

const failureAt = (code: string, path: string) =>
  new IoFailure({ code, errno: -1, syscall: "scandir", path, cause: "cause" })

describe("in a container", () => {
  const environment: Environment = {
    platform: "win32",
    container: Option.some({ name: "MSIX package X", given: "/from", actual: "/private/from" })
  }

  for (const [code, [tag]] of Object.entries(meanings)) {
    const expected = code === "EXDEV" ? "Virtualized" : tag
    it.live(`a failed call with ${code} is ${expected}`, () =>
      Effect.gen(function*() {
        const reason = reasonOf(yield* failedRename(code), environment, "unknown")
        assert.deepStrictEqual([reason._tag, reason.outcome], [expected, "unknown"])
      }))
  }

  const listings: Record<string, Reason["_tag"]> = {
    UNKNOWN: "Virtualized",
    EXDEV: "Virtualized",
    EACCES: "Virtualized",
    EPERM: "Virtualized",
    ELOOP: "Virtualized",
    EROFS: "Virtualized",
    ENOENT: "DirectoryUnreadable",
    ENOTDIR: "DirectoryUnreadable",
    ENOSPC: "DirectoryUnreadable",
    EDQUOT: "DirectoryUnreadable",
    EIO: "DirectoryUnreadable",
    EMFILE: "TooManyOpenFiles"
  }
  for (const [code, tag] of Object.entries(listings)) {
    it(`a failed listing with ${code} is ${tag}`, () => {
      const reason = directoryReasonOf(failureAt(code, "/from"), environment)
      assert.deepStrictEqual([reason._tag, reason.outcome], [tag, "notApplied"])
    })
  }

  const paths: ReadonlyArray<readonly [given: string, actual: string]> = [
    ["/from", "/private/from"],
    ["/from/a/b.json", "/private/from/a/b.json"],
    ["/from\\a", "/private/from\\a"],
    // Not below the store, though it begins alike: where it leads is not known.
    ["/fromage", "/private/from"]
  ]
  for (const [given, actual] of paths) {
    it(`${given} really is ${actual}`, () => {
      for (
        const reason of [
          reasonOf(failureAt("EXDEV", given), environment, "notApplied"),
          directoryReasonOf(failureAt("UNKNOWN", given), environment)
        ]
      ) {
        assert.isTrue(
          reason._tag === "Virtualized" && reason.given === given && reason.actual === actual
            && reason.container === "MSIX package X" && reason.cause === "cause"
        )
      }
    })
  }
})

describe("lacksDirectorySync", () => {
  it("takes no failure of a disk for a missing ability", () => {
    for (const platform of platforms) {
      for (const code of ["EIO", "ENOSPC", "ENOENT", "EROFS", "UNKNOWN"]) {
        assert.isFalse(lacksDirectorySync(platform, code), `${code} on ${platform}`)
      }
    }
  })
})

describe("isMissing", () => {
  it.live("is true of ENOENT only: whatever else keeps a file from being read, it may be there", () =>
    Effect.gen(function*() {
      assert.isTrue(isMissing(yield* failedRename("ENOENT")))
      for (const code of ["ENOTDIR", "EACCES", "EIO", "UNKNOWN", "ELOOP"]) {
        assert.isFalse(isMissing(yield* failedRename(code)), code)
      }
    }))
})
