// The laws of the API documentation's entry points: they are what the packages export, and nothing is left out.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { entryPoints } from "../docs.ts"
import { publishedPackages } from "../packages.ts"
import { repositoryRoot } from "../steps.ts"

const rootWith = (exports: object): string => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-docs-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, "packages", "one"), { recursive: true })
  writeFileSync(join(root, "packages", "one", "package.json"), JSON.stringify({ name: "one", exports }))
  return root
}

test("the entry points are the sources of the exports, without the manifest", () => {
  const exports = {
    ".": { "@holdfast/source": "./src/index.ts", "default": "./dist/index.js" },
    "./testing": { "@holdfast/source": "./src/testing/index.ts" },
    "./package.json": "./package.json"
  }
  expect(entryPoints(rootWith({ ...exports }))).toEqual([
    "packages/one/src/index.ts",
    "packages/one/src/testing/index.ts"
  ])
})

test("an export without a source is refused: it would have no documentation", () => {
  expect(() => entryPoints(rootWith({ ".": { default: "./dist/index.js" } }))).toThrow(
    "packages/one exports . without a source"
  )
})

const isProgram = (directory: string) => existsSync(join(repositoryRoot, directory, "bin"))

test("a package has an entry point and a program none, and every entry point is a file", () => {
  const found = entryPoints(repositoryRoot)
  for (const { directory } of publishedPackages(repositoryRoot)) {
    expect([directory, found.includes(`${directory}/src/index.ts`)]).toEqual([directory, !isProgram(directory)])
  }
  expect(found.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([])
})
