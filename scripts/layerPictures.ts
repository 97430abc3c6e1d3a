/**
 * Which layer may import which: the one place to change when the picture in ARCHITECTURE.md changes.
 *
 * A folder's list names every folder that it may import beside itself; what is not listed is above it or a sibling.
 * `top` are the files beside the folders.
 */

export interface PackageRule {
  readonly specifiers: RegExp
  /** The files, relative to the picture's root, for which the rule holds; all of them where it is left out. */
  readonly files?: RegExp
}

export interface Picture {
  readonly name: string
  /** The folder that the layers divide, with its last slash. */
  readonly root: string
  /** Relative imports stay below this path. */
  readonly reach: string
  /** What they may go to beside that. */
  readonly alsoReaches?: ReadonlyArray<string>
  readonly packages: ReadonlyArray<PackageRule>
  readonly layers?: Readonly<Record<string, ReadonlyArray<string>>>
}

/** Modules of Effect one by one: the barrel `effect` loads all of it. */
const effectModules: PackageRule = { specifiers: /^effect\/./ }

/** For files that load everything anyway: tests and programs. */
const anyPackage: PackageRule = { specifiers: /^(?!\.)/ }

const policyAndBelow = ["model", "errors", "port", "policy"]

const core: Picture = {
  name: "@holdfast/core",
  root: "packages/core/src/",
  reach: "packages/core/src/",
  packages: [
    effectModules,
    { specifiers: /^(vitest|@effect\/vitest)$/, files: /^testing\/vitest(\.ts$|\/)/ }
  ],
  layers: {
    model: [],
    errors: ["model"],
    port: ["model", "errors"],
    policy: ["model", "errors", "port"],
    store: policyAndBelow,
    switching: policyAndBelow,
    config: policyAndBelow,
    keyValueStore: ["model", "errors", "port", "store"],
    promise: ["model", "errors", "port", "store"],
    testing: ["model", "errors", "port", "store"],
    top: [...policyAndBelow, "store", "switching", "config", "keyValueStore", "promise"]
  }
}

const adapterLayers: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  "adapter-fs": {
    layout: [],
    io: ["layout"],
    probe: ["layout", "io"],
    commit: ["layout", "io", "probe"],
    roots: ["layout", "io", "probe"],
    catalog: ["layout", "io", "commit"],
    recovery: ["layout", "io", "commit", "catalog"],
    testing: ["layout", "io", "commit", "recovery", "probe", "catalog", "top"],
    top: ["layout", "io", "commit", "recovery", "probe", "catalog", "roots"]
  }
}

const adapter = (name: string): Picture => {
  const root = `packages/${name}/src/`
  const layers = adapterLayers[name]
  const packages: ReadonlyArray<PackageRule> = [
    effectModules,
    { specifiers: /^node:/ },
    { specifiers: /^@holdfast\/core\/port$/ },
    // To know Node's own file system again; the app brings it.
    { specifiers: /^@effect\/platform-node\/NodeFileSystem$/, files: /^io\/nodeFileSystem\.ts$/ },
    { specifiers: /^@holdfast\/core\/testing$/, files: /^testing\// }
  ]
  return { name: `@holdfast/${name}`, root, reach: root, packages, ...(layers === undefined ? {} : { layers }) }
}

/** Tests and programs may use every package by its public name, and no other package's files. */
const byPublicName = (name: string, root: string): Picture => ({ name, root, reach: root, packages: [anyPackage] })

/** Tests of adapters play the same real faults: how they are made is nobody's package. */
const testOf = (name: string): Picture => ({
  ...byPublicName(`a test of ${name}`, `packages/${name}/`),
  alsoReaches: ["testing/"]
})

/** The picture that a file belongs to, if any does: scripts and tests of scripts are outside of it. */
export const pictures = (path: string): Picture | undefined => {
  const [top, name, area] = path.split("/")
  if (top === "examples") return byPublicName("an example", "examples/")
  if (top === "testing") return byPublicName("what tests share", "testing/")
  if (top !== "packages" || name === undefined) return undefined
  if (area !== "src") return testOf(name)
  if (name === "core") return core
  return name.startsWith("adapter-") ? adapter(name) : byPublicName(`@holdfast/${name}`, `packages/${name}/src/`)
}
