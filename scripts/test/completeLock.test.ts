// The laws of completing a lock file: every optional dependency gets an entry, and nothing else changes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { completeLock, gapsIn, type Lock, lockPaths, missingEntries, platformOf } from "../completeLock.ts"

const lock: Lock = {
  packages: {
    "": { version: "1.0.0" },
    "node_modules/parser": {
      version: "2.0.0",
      dev: true,
      optionalDependencies: { "@parser/binding-linux-x64-gnu": "2.0.0", "@parser/binding-win32-arm64-msvc": "2.0.0" }
    },
    "node_modules/@parser/binding-linux-x64-gnu": { version: "2.0.0", dev: true, optional: true }
  }
}

test("a missing optional dependency gets its version and the platform of its name", () => {
  expect(missingEntries(lock)).toEqual({
    "node_modules/@parser/binding-win32-arm64-msvc": {
      version: "2.0.0",
      os: ["win32"],
      cpu: ["arm64"],
      dev: true,
      optional: true
    }
  })
})

test("a completed lock file has no gaps, keeps every entry and is in npm's order", () => {
  const completed = completeLock(lock)
  expect(missingEntries(completed)).toEqual({})
  expect(completed.packages).toMatchObject(lock.packages)
  expect(Object.keys(completed.packages)).toEqual([
    "",
    "node_modules/@parser/binding-linux-x64-gnu",
    "node_modules/@parser/binding-win32-arm64-msvc",
    "node_modules/parser"
  ])
})

test("a range without a prefix is satisfied by the version that is there", () => {
  const packages = {
    "node_modules/parser": { version: "2.0.0", optionalDependencies: { gyp: "8.x" } },
    "node_modules/gyp": { version: "8.4.1", optional: true }
  }
  expect(missingEntries({ packages })).toEqual({})
})

test("completing twice changes nothing", () => {
  const once = completeLock(lock)
  expect(completeLock(once)).toEqual(once)
})

test("two owners of different versions get an entry each, where Node looks for it", () => {
  const entries = missingEntries({
    packages: {
      "node_modules/parser": { version: "2.0.0", optionalDependencies: { "parser-darwin-x64": "2.0.0" } },
      "node_modules/tool/node_modules/parser": {
        version: "1.0.0",
        optionalDependencies: { "parser-darwin-x64": "1.0.0" }
      }
    }
  })
  expect(Object.entries(entries).map(([place, { version }]) => [place, version])).toEqual([
    ["node_modules/parser-darwin-x64", "2.0.0"],
    ["node_modules/tool/node_modules/parser/node_modules/parser-darwin-x64", "1.0.0"]
  ])
})

test("an entry beside the owner or above it is found", () => {
  const owner = { version: "1.0.0", optionalDependencies: { "parser-darwin-x64": "1.0.0" } }
  const binding = { version: "1.0.0", optional: true }
  for (const place of ["node_modules/tool/node_modules/parser-darwin-x64", "node_modules/parser-darwin-x64"]) {
    expect(missingEntries({ packages: { "node_modules/tool/node_modules/parser": owner, [place]: binding } })).toEqual(
      {}
    )
  }
})

test("a range is satisfied by the version that npm locked, and is otherwise locked at its lowest version", () => {
  const owner = { version: "1.0.0", optionalDependencies: { fsevents: "~2.3.2" } }
  expect(missingEntries({ packages: { "node_modules/a": owner, "node_modules/fsevents": { version: "2.3.3" } } }))
    .toEqual({})
  expect(missingEntries({ packages: { "node_modules/a": owner } })["node_modules/fsevents"])
    .toEqual({ version: "2.3.2", os: ["darwin"], optional: true })
})

test("a name tells the system, the processor and on Linux the C library", () => {
  expect(platformOf("@oxlint/binding-linux-arm64-musl")).toEqual({ os: ["linux"], cpu: ["arm64"], libc: ["musl"] })
  expect(platformOf("@dprint/linux-x64-glibc")).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["glibc"] })
  expect(platformOf("@rollup/rollup-win32-x64-gnu")).toEqual({ os: ["win32"], cpu: ["x64"] })
  expect(platformOf("@esbuild/aix-ppc64")).toEqual({ os: ["aix"], cpu: ["ppc64"] })
  expect(platformOf("some-addon")).toEqual({})
})

test("every lock file of the repository is looked through, those of installed packages are not", () => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-locks-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, content: Lock): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), JSON.stringify(content))
  }
  write("package-lock.json", completeLock(lock))
  write("bench/package-lock.json", completeLock(lock))
  write("tools/docs/package-lock.json", lock)
  write("node_modules/parser/package-lock.json", lock)
  write("bench/node_modules/package-lock.json", lock)
  expect(lockPaths(root)).toEqual(["bench/package-lock.json", "package-lock.json", "tools/docs/package-lock.json"])
  expect(gapsIn(root)).toEqual(["tools/docs/package-lock.json: node_modules/@parser/binding-win32-arm64-msvc"])
})
