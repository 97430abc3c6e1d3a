/**
 * Makes sure that the system tools of the real-fault tests are here: strace (system calls that fail or kill), FUSE with
 * its Python binding (kernel file systems that fail on purpose), and mounts. Runs before all tests, and by itself.
 *
 * Guarantees that a missing tool is installed by apt-get or named in a failure that says how to get it, never a
 * test that is left out in silence. Costs a few milliseconds where everything is present. Other systems than
 * Debian's family have to bring the tools themselves.
 */
import { spawnSync } from "node:child_process"
import { accessSync, constants, existsSync } from "node:fs"
import { delimiter, join } from "node:path"

interface Tool {
  readonly name: string
  readonly debianPackage: string
  readonly isPresent: () => boolean
}

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((directory) => existsSync(join(directory, program)))

const succeeds = (program: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0

const tools: ReadonlyArray<Tool> = [
  { name: "strace", debianPackage: "strace", isPresent: () => isOnPath("strace") },
  { name: "fusermount3", debianPackage: "fuse3", isPresent: () => isOnPath("fusermount3") },
  {
    name: "the Python module fusepy",
    debianPackage: "python3-fusepy",
    // The system's own interpreter: another Python on the path does not see Debian's modules. Debian's name for the
    // module is `fusepy`, since `fuse` is another package's.
    isPresent: () => succeeds("/usr/bin/python3", "-c", "import fusepy")
  }
]

const missingTools = (): ReadonlyArray<Tool> => tools.filter((tool) => !tool.isPresent())

const aptGet = (...args: ReadonlyArray<string>): boolean => {
  const isRoot = process.getuid?.() === 0
  const [program, ...rest] = isRoot ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args]
  const ended = spawnSync(program ?? "apt-get", rest, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"]
  })
  return ended.status === 0
}

const install = (missing: ReadonlyArray<Tool>): void => {
  const packages = missing.map(({ debianPackage }) => debianPackage)
  console.log(`installing ${packages.join(", ")}`)
  const args = ["install", "--yes", "--quiet", "--no-install-recommends", ...packages]
  // The package lists are fetched only where the ones that are here do not know the packages.
  if (!aptGet(...args) && aptGet("update", "--quiet")) aptGet(...args)
}

const assertFuseDevice = (): void => {
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw new Error("the tests need /dev/fuse: load the kernel module fuse, or give the container the device", {
      cause
    })
  }
}

const assertMounts = (): void => {
  if (succeeds("unshare", "--mount", "true")) return
  throw new Error("the tests need mount namespaces: run them as root, in a container with the capability SYS_ADMIN")
}

/** Installs what is missing; vitest calls it before the tests. */
export const setup = (): void => {
  if (missingTools().length > 0) install(missingTools())
  const missing = missingTools()
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ")
    const packages = missing.map(({ debianPackage }) => debianPackage).join(" ")
    throw new Error(`the tests need ${names}, which could not be installed; try: apt-get install ${packages}`)
  }
  assertFuseDevice()
  assertMounts()
}

if (import.meta.main) {
  setup()
  console.log("strace, fuse3 and python3-fusepy are here")
}
