/** Paths as text: what is in a folder is in it on every platform, and a name that only begins alike is not. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { isSamePath, isWithin, parentOf, plain } from "../../src/probe/paths.ts"

const names = Arbitrary.array(Arbitrary.schema(Schema.Literals(["a", "B", "c d", ".x"])), {
  minLength: 1,
  maxLength: 9
})
const starts = Arbitrary.schema(Schema.Literals(["/r", "C:\\r", "\\\\host\\r"]))
const separators = Arbitrary.schema(Schema.Literals(["/", "\\"]))

describe("a path", () => {
  it.prop(
    "is in its parent, and not the other way round, whichever separator it has",
    { names, start: starts, separator: separators },
    ({ names, separator, start }) => {
      const path = [start, ...names].join(separator)
      const parent = parentOf(path)
      assert.strictEqual([parent, names.at(-1)].join(separator), path)
      assert.isTrue(isWithin(path, parent, "linux"))
      assert.isTrue(isWithin(path, `${path}${separator}`, "linux"))
      assert.isFalse(isWithin(parent, path, "win32"))
      assert.isFalse(isWithin(`${path}x`, path, "win32"))
      assert.isTrue(isWithin(path.toUpperCase(), parent, "win32"))
      assert.strictEqual(isWithin(path.toUpperCase(), path, "linux"), path === path.toUpperCase())
      assert.isTrue(isSamePath(`\\\\?\\${path}`, path, "win32"))
      assert.strictEqual(plain(plain(path)), plain(path))
    }
  )

  for (
    const [path, parent] of [
      ["/a", "/"],
      ["/a/b", "/a"],
      ["/a/b c", "/a"],
      ["C:\\a", "C:\\"],
      ["C:\\a\\b", "C:\\a"],
      ["a", ""]
    ] as const
  ) {
    it(`has the parent ${JSON.stringify(parent)}: ${path}`, () => {
      assert.strictEqual(parentOf(path), parent)
    })
  }
})
