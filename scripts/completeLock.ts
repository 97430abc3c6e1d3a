/**
 * Completes the repository's lock files with the optional dependencies that `npm install` left out.
 *
 * Behind a registry that lacks the binaries for other platforms, `npm install` drops them from the lock file
 * without a word, and `npm ci` then refuses that file ("Missing: X from lock file"). Guarantees that afterwards
 * every optional dependency that a locked package names has an entry, marked with the platform that its name
 * states, and that nothing else of the file changes. With `--check` it writes nothing and fails on a gap.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join, sep } from "node:path"
import { repositoryRoot } from "./steps.ts"

export interface LockedPackage {
  readonly version?: string
  readonly optional?: boolean
  readonly dev?: boolean
  readonly peer?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** The words of package names, as Node and npm spell the platforms. */
const systemNames = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32"
]
const processorNames = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64"
]
const libraryNames: Readonly<Record<string, string>> = { gnu: "glibc", glibc: "glibc", musl: "musl" }

/** Reads the platform off a package's name; a word that the name does not have restricts nothing. */
export const platformOf = (name: string): Pick<LockedPackage, "os" | "cpu" | "libc"> => {
  if (name === "fsevents") return { os: ["darwin"] }
  const words = name.split(/[/-]/)
  const os = words.filter((word) => systemNames.includes(word))
  const cpu = words.filter((word) => processorNames.includes(word))
  const libc = os.includes("linux") ? words.flatMap((word) => libraryNames[word] ?? []) : []
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {})
  }
}

/** The folder whose `node_modules` holds the package at `path`; the root is the empty path. */
const ownerOf = (path: string): string => {
  const cut = path.lastIndexOf("node_modules/")
  return cut <= 0 ? "" : path.slice(0, cut - 1)
}

/** The places where Node would look for a dependency of the package at `path`, nearest first. */
const placesOf = (path: string, name: string): ReadonlyArray<string> =>
  path === "" ? [`node_modules/${name}`] : [`${path}/node_modules/${name}`, ...placesOf(ownerOf(path), name)]

/** The lowest version that a range allows; ranges in published optional dependencies are a version with a prefix. */
const lowestVersion = (range: string): string => range.replace(/^[^\d]*/, "").split(" ")[0] ?? range

const missingEntry = (
  packages: Readonly<Record<string, LockedPackage>>,
  path: string,
  name: string
): readonly [string, LockedPackage] | undefined => {
  const owner = packages[path]
  const version = lowestVersion(owner?.optionalDependencies?.[name] ?? "")
  // A range such as `8.x` has no prefix either, and is no version.
  const isExact = owner?.optionalDependencies?.[name] === version && /^\d+\.\d+\.\d/.test(version)
  const places = placesOf(path, name)
  const found = places.find((place) => packages[place] !== undefined)
  if (found !== undefined && (!isExact || packages[found]?.version === version)) return undefined
  // The top is taken by another version, so this one lies beside the package that asks for it, as npm would put it.
  const place = found === undefined ? `node_modules/${name}` : places[0] ?? `node_modules/${name}`
  const { dev, peer } = owner ?? {}
  return [place, {
    version,
    ...platformOf(name),
    ...(dev === undefined ? {} : { dev }),
    optional: true,
    ...(peer === undefined ? {} : { peer })
  }]
}

/** The entries that a lock file lacks, by their place in it. */
export const missingEntries = (lock: Lock): Readonly<Record<string, LockedPackage>> => {
  const packages: Record<string, LockedPackage> = { ...lock.packages }
  const missing: Record<string, LockedPackage> = {}
  for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const entry = missingEntry(packages, path, name)
      if (entry === undefined) continue
      // Entries found so far count, so that two owners of different versions do not share one place.
      packages[entry[0]] = entry[1]
      missing[entry[0]] = entry[1]
    }
  }
  return missing
}

/** The lock file with its gaps filled, its entries in npm's order. */
export const completeLock = <L extends Lock>(lock: L): L => {
  const entries = Object.entries({ ...lock.packages, ...missingEntries(lock) })
  const sorted = entries.toSorted(([left], [right]) => left.localeCompare(right, "en"))
  return { ...lock, packages: Object.fromEntries(sorted) }
}

/** The lock files below `root`: its own, and those of the tools that are no workspaces. */
export const lockPaths = (root: string): ReadonlyArray<string> =>
  globSync(["package-lock.json", "*/package-lock.json", "*/*/package-lock.json"], { cwd: root })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !path.split("/").includes("node_modules"))
    .toSorted()

const readLock = (root: string, path: string): Lock => JSON.parse(readFileSync(join(root, path), "utf8")) as Lock

/** The places that the lock files below `root` lack, each after its file. */
export const gapsIn = (root: string): ReadonlyArray<string> =>
  lockPaths(root).flatMap((path) =>
    Object.keys(missingEntries(readLock(root, path))).map((place) => `${path}: ${place}`)
  )

const run = (): void => {
  const gaps = gapsIn(repositoryRoot)
  if (!process.argv.includes("--check")) {
    for (const path of lockPaths(repositoryRoot)) {
      const completed = completeLock(readLock(repositoryRoot, path))
      writeFileSync(join(repositoryRoot, path), `${JSON.stringify(completed, null, 2)}\n`)
    }
    console.log(`lock files: ${gaps.length} entries added`)
  } else if (gaps.length > 0) {
    console.error(`lock files lack ${gaps.length} entries (npm run lock adds them):\n${gaps.join("\n")}`)
    process.exitCode = 1
  } else {
    console.log("the lock files are complete")
  }
}

if (import.meta.main) run()
