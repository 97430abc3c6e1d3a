/**
 * Documents that are made from the source: written by `npm run generate`, compared by `npm run lint`.
 *
 * Guarantees that a generated document is formatted as every other file, so that making it again changes nothing,
 * and that one which differs from its source fails the check with the command that mends it.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { needsShell, repositoryRoot, toolEnvironment } from "../steps.ts"

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string
  readonly text: string
}

const formatted = ({ path, text }: GeneratedFile): string =>
  execFileSync("dprint", ["fmt", "--stdin", path], {
    cwd: repositoryRoot,
    env: toolEnvironment(),
    shell: needsShell,
    input: text,
    encoding: "utf8"
  })

const committed = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw cause
  }
}

/** What is wrong with the document below `root`, or nothing. */
export const complaintAbout = (root: string, file: GeneratedFile): string | undefined => {
  const found = committed(join(root, file.path))
  if (found === undefined) return `${file.path} is missing (npm run generate makes it)`
  const expected = formatted(file)
  if (found === expected) return undefined
  const lines = expected.split("\n")
  const line = found.split("\n").findIndex((text, index) => text !== lines[index])
  return `${file.path}:${
    line === -1 ? lines.length : line + 1
  } differs from its source (npm run generate makes it again)`
}

/** Writes the document, or with `--check` compares it. */
export const writeOrCheck = (file: GeneratedFile): void => {
  if (!process.argv.includes("--check")) {
    writeFileSync(join(repositoryRoot, file.path), formatted(file))
    console.log(`${file.path} is written`)
    return
  }
  const complaint = complaintAbout(repositoryRoot, file)
  if (complaint !== undefined) process.exitCode = 1
  console.log(complaint ?? `${file.path} is what its source says`)
}

/** A cell of a Markdown table. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim()

/** A Markdown table; dprint aligns its columns. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n")
