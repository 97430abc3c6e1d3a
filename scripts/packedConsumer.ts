/**
 * Installs the packages as a stranger would and runs a program against them.
 *
 * Builds and packs every published package, makes a project in a temporary directory that depends on the archives
 * alone (and on the pinned versions of Effect, the compiler and Node's types), compiles `scripts/consumer/main.ts` there
 * under the strictest flags, and runs it. Then bundles it into one file, as desktop apps ship, and runs that where no
 * package is in reach: it has to print the same. Guarantees that nothing of the repository is in reach: no source
 * condition, no workspace link, no hoisted dependency. Whether the exports are well formed is left to `verifyPackage.ts`.
 */
import { buildSync } from "esbuild"
import { deepStrictEqual } from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { type PublishedPackage, publishedPackages } from "./packages.ts"
import { repositoryRoot, seconds, strangersEnvironment } from "./steps.ts"

const outsideDependencies = ["effect", "@effect/platform-node", "typescript", "@types/node"]

const compilerOptions = {
  target: "es2023",
  module: "nodenext",
  moduleResolution: "nodenext",
  lib: ["es2024", "esnext.disposable"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true
}

/** Runs a program, fails when it fails, and gives what it printed. */
const run = (directory: string, program: string, ...args: ReadonlyArray<string>): string => {
  const started = performance.now()
  const ended = spawnSync(program, args, { cwd: directory, env: strangersEnvironment(), encoding: "utf8" })
  const command = [basename(program), ...args].join(" ").slice(0, 100)
  if (ended.status !== 0) {
    throw new Error(`${command} failed\n${ended.error?.message ?? ""}${ended.stdout ?? ""}${ended.stderr ?? ""}`)
  }
  console.log(`passed: ${command} (${seconds(started)})`)
  return ended.stdout
}

const pinnedVersions = (): Readonly<Record<string, string>> => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    devDependencies: Readonly<Record<string, string>>
  }
  return Object.fromEntries(outsideDependencies.map((name) => [name, manifest.devDependencies[name] ?? "*"]))
}

const pack = (packages: ReadonlyArray<PublishedPackage>, directory: string): Readonly<Record<string, string>> => {
  const workspaces = packages.map(({ name }) => `--workspace=${name}`)
  run(repositoryRoot, "npm", "pack", "--ignore-scripts", "--pack-destination", directory, ...workspaces)
  return Object.fromEntries(packages.map(({ name }) => {
    const prefix = name.replace("@", "").replace("/", "-")
    const archive = globSync(`${prefix}-[0-9]*.tgz`, { cwd: directory })[0]
    if (archive === undefined) throw new Error(`npm pack made no archive of ${name}`)
    return [name, `file:./${archive}`]
  }))
}

const makeProject = (directory: string, archives: Readonly<Record<string, string>>): void => {
  const manifest = { private: true, type: "module", dependencies: { ...archives, ...pinnedVersions() } }
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest, null, 2))
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }, null, 2))
  cpSync(join(repositoryRoot, "scripts", "consumer"), directory, { recursive: true })
}

const install = (directory: string): void => {
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
  run(directory, "npm", "install", ...options)
}

/** Makes one minified file of the program: names of classes and functions are lost, as in an app that is shipped. */
const bundle = (directory: string, outfile: string): void => {
  const started = performance.now()
  buildSync({
    absWorkingDir: directory,
    entryPoints: ["main.ts"],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node22"
  })
  console.log(`passed: bundle (${seconds(started)})`)
}

const main = (): void => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-consumer-"))
  const project = join(directory, "project")
  const shipped = join(directory, "shipped")
  try {
    for (const made of [project, shipped]) mkdirSync(made)
    run(repositoryRoot, process.execPath, "scripts/build.ts")
    makeProject(project, pack(publishedPackages(repositoryRoot), project))
    install(project)
    run(project, process.execPath, join("node_modules", "typescript", "bin", "tsc"), "-p", ".")
    const printed = run(project, process.execPath, "main.ts")
    // The program brings all it needs in its own archive.
    run(project, process.execPath, join("node_modules", "@holdfast", "cli", "bin", "holdfast.js"), "--version")
    bundle(project, join(shipped, "main.mjs"))
    deepStrictEqual(run(shipped, process.execPath, "main.mjs"), printed, "the bundled program prints something else")
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

main()
