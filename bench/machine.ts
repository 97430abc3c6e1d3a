/** The machine line: what a figure has to be read with. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { join } from "node:path"
import { registry } from "./subjects/registry.ts"

export interface FileSystem {
  readonly type: string
  readonly source: string
  readonly options: string
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly fileSystem: FileSystem
  readonly node: string
  readonly sqlite: string
  readonly date: string
  /** The commit that was measured, with `+` where files differ from it. */
  readonly commit: string
  /** Of every package that was measured. */
  readonly versions: Readonly<Record<string, string>>
}

const output = (program: string, ...args: ReadonlyArray<string>): string => {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return ""
  }
}

export const fileSystemOf = (directory: string): FileSystem => {
  const fields = output("findmnt", "--noheadings", "--raw", "--output", "FSTYPE,SOURCE,OPTIONS", "--target", directory)
  const [type = "unknown", source = "", options = ""] = fields.split(" ")
  return { type: type === "" ? "unknown" : type, source, options }
}

const root = import.meta.dirname

const versionOf = (name: string): string => {
  if (name.startsWith("node:")) return process.version
  const places = [join(root, "dist/node_modules"), join(root, "node_modules")]
  for (const place of places) {
    try {
      return (JSON.parse(readFileSync(join(place, name, "package.json"), "utf8")) as { version: string }).version
    } catch {
      continue
    }
  }
  return "not installed"
}

const commit = (): string => {
  const id = output("git", "-C", root, "rev-parse", "--short=12", "HEAD")
  return output("git", "-C", root, "status", "--porcelain") === "" ? id : `${id}+`
}

export const readMachine = (directory: string): Machine => {
  const packages = ["effect", "@effect/platform-node", "keyv", ...registry.flatMap((entry) => entry.package ?? [])]
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    fileSystem: fileSystemOf(directory),
    node: process.version,
    sqlite: process.versions["sqlite"] ?? "",
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    versions: Object.fromEntries([...new Set(packages)].toSorted().map((name) => [name, versionOf(name)]))
  }
}

export const machineLine = (machine: Machine): string => {
  const { cores, cpu, date, fileSystem, kernel, memoryBytes, node, sqlite } = machine
  const disk = `${fileSystem.type} on ${fileSystem.source} (${fileSystem.options})`
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`
  return `${cpu}, ${cores} cores, ${memory}, Linux ${kernel}, ${disk}, Node ${node}, SQLite ${sqlite}, ${date}, ` +
    `Holdfast at ${machine.commit}`
}
