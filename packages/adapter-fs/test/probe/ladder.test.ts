/** Which protocols a folder's facts allow, and what a save in it is worth. */
import { assert, describe, it } from "@effect/vitest"
import type { Platform } from "../../src/io/errno.ts"
import { type Fact, type FactName, fails, notTried } from "../../src/probe/facts.ts"
import { durabilityOf, ladderOf } from "../../src/probe/ladder.ts"
import { factsOf } from "./facts.ts"

type Differing = { readonly [name in FactName]?: Fact }

describe("ladderOf", () => {
  const none = notTried("no file can be written")
  const rows: ReadonlyArray<
    readonly [what: string, differing: Differing, isCreateContradicted: boolean, steps: ReadonlyArray<string>]
  > = [
    ["a good disk", {}, false, ["rename", "slots"]],
    ["no rename to a free name", { rename: fails("EXDEV") }, false, ["slots"]],
    ["no rename over a file", { renameOver: fails("EXDEV") }, false, ["slots"]],
    ["no rename at all", { rename: fails("EPERM"), renameOver: fails("EPERM") }, false, ["slots"]],
    ["no rename of a file that was not flushed", { rename: fails("EIO"), syncFile: fails("EIO") }, false, [
      "rename",
      "slots"
    ]],
    ["a probe that was cleared away", { rename: none, renameOver: none }, false, ["rename", "slots"]],
    ["nothing can be made", { create: fails("EROFS"), write: none, syncFile: none, rename: none }, false, [
      "rename",
      "slots"
    ]],
    ["names that are taken by nothing", { create: fails("EEXIST"), syncFile: none, rename: none }, true, ["slots"]],
    ["nothing can be overwritten", { overwrite: fails("EPERM") }, false, ["rename"]],
    ["neither renamed nor overwritten", { overwrite: fails("EPERM"), rename: fails("EXDEV") }, false, ["rename"]],
    ["no links", { link: fails("EPERM") }, false, ["rename", "slots"]],
    ["no listing", { list: fails("UNKNOWN") }, false, ["rename", "slots"]],
    ["no sync of folders", { syncFolder: fails("EINVAL") }, false, ["rename", "slots"]]
  ]
  for (const [what, differing, isCreateContradicted, steps] of rows) {
    it(`tries ${steps.join(", then ")} for ${what}`, () => {
      const ladder = ladderOf(factsOf(differing, { isCreateContradicted }), "auto")
      assert.deepStrictEqual(ladder.steps, steps)
      assert.isNotEmpty(ladder.because)
    })
    for (const commit of ["rename", "slots"] as const) {
      it(`tries ${commit} alone for ${what} where the app asks for it`, () => {
        assert.deepStrictEqual(ladderOf(factsOf(differing, { isCreateContradicted }), commit).steps, [commit])
      })
    }
  }
})

describe("durabilityOf", () => {
  const unsupported = ["EISDIR", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]
  const rows: ReadonlyArray<readonly [platform: Platform, code: string, durability: string]> = [
    ...(["linux", "darwin", "win32"] as const).flatMap((platform) =>
      unsupported.map((code) => [platform, code, "buffered"] as const)
    ),
    ["win32", "EPERM", "buffered"],
    ["win32", "EACCES", "buffered"],
    ["linux", "EPERM", "flushed"],
    ["darwin", "EACCES", "flushed"],
    ["linux", "EIO", "flushed"],
    ["win32", "ENOENT", "flushed"]
  ]
  for (const [platform, code, durability] of rows) {
    it(`is ${durability} where the sync of a folder fails with ${code} on ${platform}`, () => {
      assert.strictEqual(durabilityOf(factsOf({ syncFolder: fails(code) }), platform), durability)
    })
  }

  it("is flushed where folders are synced, or where that could not be tried", () => {
    assert.strictEqual(durabilityOf(factsOf(), "win32"), "flushed")
    assert.strictEqual(durabilityOf(factsOf({ syncFolder: notTried("EINVAL") }), "linux"), "flushed")
  })
})
