// The law of the portable tests: what mounts, traces and changes users is reached only by the tests that they leave out.
import { posix } from "node:path"
import { expect, test } from "vitest"
import { linuxTests } from "../../vitest.config.ts"
import { readSources, type SourceFile } from "../sourceFile.ts"
import { repositoryRoot } from "../steps.ts"

const sources = new Map(readSources(repositoryRoot).map((file) => [file.path, file]))

const importsOf = (file: SourceFile): ReadonlyArray<string> =>
  file.places.flatMap(({ node }) =>
    node.type === "ImportDeclaration" && node.source.value.startsWith(".")
      ? [posix.join(posix.dirname(file.path), node.source.value)]
      : []
  )

/** The files that a file needs, itself included. */
const reachedFrom = (path: string, reached: Set<string> = new Set()): ReadonlySet<string> => {
  const file = sources.get(path)
  if (reached.has(path) || file === undefined) return reached
  reached.add(path)
  for (const imported of importsOf(file)) reachedFrom(imported, reached)
  return reached
}

const needsLinux = (path: string): boolean => [...reachedFrom(path)].some((file) => file.startsWith("testing/real/"))

const testFiles = [...sources.keys()].filter((path) => path.endsWith(".test.ts") && !path.endsWith(".slow.test.ts"))
const isLeftOut = (path: string): boolean => linuxTests.some((pattern) => posix.matchesGlob(path, pattern))

test("the tests of real faults are among those that are left out", () => {
  expect(testFiles.filter(isLeftOut).filter(needsLinux).length).toBeGreaterThan(3)
})

test("no other test reaches what needs Linux and root", () => {
  expect(testFiles.filter((path) => !isLeftOut(path) && needsLinux(path))).toEqual([])
})
