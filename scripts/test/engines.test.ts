// The law of the oldest Node: what the tests run under is what every package promises.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { otherEngines } from "../engines.ts"

const root = mkdtempSync(join(tmpdir(), "holdfast-engines-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const writeManifest = (directory: string, manifest: object): void => {
  mkdirSync(join(root, directory), { recursive: true })
  writeFileSync(join(root, directory, "package.json"), JSON.stringify(manifest))
}

test("a package that promises an older, a newer or no Node is named, and a private one is not asked", () => {
  writeManifest(".", { private: true, engines: { node: ">=22.19" } })
  writeManifest("packages/exact", { name: "exact", engines: { node: ">=22.19.0" } })
  writeManifest("packages/newer", { name: "newer", engines: { node: ">=24" } })
  writeManifest("packages/older", { name: "older", engines: { node: ">=22.1" } })
  writeManifest("packages/private", { name: "private", private: true })
  writeManifest("packages/silent", { name: "silent" })
  expect(otherEngines(root, "22.19.0")).toEqual([
    "packages/newer/package.json promises >=24, the tests run under 22.19.0",
    "packages/older/package.json promises >=22.1, the tests run under 22.19.0",
    "packages/silent/package.json promises nothing, the tests run under 22.19.0"
  ])
})
