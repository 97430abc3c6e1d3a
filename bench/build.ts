/**
 * Builds what is measured into `dist`: the packages as they are published, and the programs of the cases.
 *
 * The packages are bundled by their own configurations and lie in `dist/node_modules`, so that the cases import them as
 * an app imports them from the registry. The programs are JavaScript, for stripping types would be measured as start-up.
 * Nothing is written into the packages' folders.
 */
import { build as bundle } from "esbuild"
import { spawnSync } from "node:child_process"
import { cpSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { registry } from "./subjects/registry.ts"

const benchRoot = import.meta.dirname
const repositoryRoot = join(benchRoot, "..")
export const distRoot: string = join(benchRoot, "dist")

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | { readonly default?: string }>>
}

/** Every published package, by name, with its folder. */
const publishedPackages = (): ReadonlyArray<{ readonly name: string; readonly directory: string }> =>
  globSync("packages/*/package.json", { cwd: repositoryRoot }).flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as Manifest
    const directory = join(repositoryRoot, path, "..")
    return manifest.private === true || manifest.exports === undefined ? [] : [{ name: manifest.name, directory }]
  })

const installedAt = (name: string): string => join(distRoot, "node_modules", ...name.split("/"))

const buildPackage = ({ directory, name }: { readonly name: string; readonly directory: string }): void => {
  const target = installedAt(name)
  mkdirSync(target, { recursive: true })
  cpSync(join(directory, "package.json"), join(target, "package.json"))
  const tsup = join(repositoryRoot, "node_modules", "tsup", "dist", "cli-default.js")
  const ended = spawnSync(process.execPath, [tsup, "--silent", "--out-dir", join(target, "dist")], {
    cwd: directory,
    stdio: ["ignore", "inherit", "inherit"]
  })
  if (ended.status !== 0) throw new Error(`${name} cannot be bundled`)
}

const programs = ["caseProcess", "openProcess", "bareProcess", "guaranteeProcess"] as const
export type Program = typeof programs[number]

export const programPath = (program: Program): string => join(distRoot, `${program}.js`)

/** Where the program of a bundled subject lies. */
export const bundledPath = (name: string): string => join(distRoot, `bundled-${name.replace(/[^A-Za-z]+/g, "-")}.js`)

const common = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  logLevel: "warning",
  absWorkingDir: benchRoot
} as const

/** Every module that a package exports, with the file where it was built. */
const builtModules = (packageName: string): ReadonlyArray<readonly [specifier: string, path: string]> => {
  const manifest = JSON.parse(readFileSync(join(installedAt(packageName), "package.json"), "utf8")) as Manifest
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) =>
    typeof target === "string" || target.default === undefined
      ? []
      : [[`${packageName}${subpath.slice(1)}`, join(installedAt(packageName), target.default)] as const]
  )
}

/** The measuring programs, a chunk per subject; what subjects import stays a package. */
const buildPrograms = () =>
  bundle({
    ...common,
    entryPoints: Object.fromEntries(programs.map((program) => [program, join("measuring", `${program}.ts`)])),
    outdir: distRoot,
    packages: "external",
    splitting: true
  })

/** A program with everything in it, minified, as an app that bundles ships it. */
const buildBundled = async (names: ReadonlyArray<string>): Promise<void> => {
  const alias = Object.fromEntries(names.flatMap(builtModules))
  for (const { bundled, name } of registry) {
    if (bundled === undefined) continue
    await bundle({
      ...common,
      stdin: {
        contents: `import { ${bundled.name} } from "./subjects/${bundled.module}"
          import { openCase } from "./measuring/openCase.ts"
          await openCase(${bundled.name})`,
        resolveDir: benchRoot,
        loader: "ts"
      },
      outfile: bundledPath(name),
      minify: true,
      alias,
      // Modules that were CommonJS ask for this function, which ES modules lack.
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` }
    })
  }
}

export const build = async (): Promise<void> => {
  rmSync(join(distRoot, "node_modules"), { recursive: true, force: true })
  for (const path of globSync("*.js", { cwd: distRoot })) rmSync(join(distRoot, path))
  const packages = publishedPackages()
  for (const one of packages) buildPackage(one)
  await buildPrograms()
  await buildBundled(packages.map(({ name }) => name))
}
