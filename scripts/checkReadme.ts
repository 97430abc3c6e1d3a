/**
 * Fails when a TypeScript fence in the documents is not, letter for letter, a file that is compiled and run.
 *
 * A fence names its file in its info string (`ts source=examples/01-quickstart.ts`) or in an HTML comment on the
 * line before it (`source: examples/01-quickstart.ts`). Guarantees that no TypeScript is shown that names no file, so
 * that an example cannot stop working without a test that fails. Fences in other languages are left alone.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, sep } from "node:path"

export interface Fence {
  /** The line of the opening marks, counted from 1. */
  readonly line: number
  readonly info: string
  readonly before: string
  readonly text: string
}

export interface Violation {
  readonly path: string
  readonly line: number
  readonly detail: string
}

const documents = ["README.md", "packages/*/README.md", "docs/**/*.md"]

const openingMarks = /^(\s*)(`{3,}|~{3,})\s*(.*)$/

const withoutIndent = (line: string, indent: number): string => line.slice(Math.min(indent, line.search(/\S|$/)))

/** The fences of a Markdown text, those in lists included. */
export const fencesOf = (markdown: string): ReadonlyArray<Fence> => {
  const lines = markdown.split(/\r?\n/)
  const fences: Array<Fence> = []
  for (let at = 0; at < lines.length; at += 1) {
    const opening = openingMarks.exec(lines[at] ?? "")
    if (opening === null) continue
    const [, indent = "", marks = "", info = ""] = opening
    const isClosing = (line: string): boolean => line.trim().startsWith(marks) && /^[`~]+$/.test(line.trim())
    const length = lines.slice(at + 1).findIndex(isClosing)
    const end = length === -1 ? lines.length : at + 1 + length
    const text = lines.slice(at + 1, end).map((line) => withoutIndent(line, indent.length)).join("\n")
    const before = lines.slice(0, at).findLast((line) => line.trim() !== "") ?? ""
    fences.push({ line: at + 1, info: info.trim(), before: before.trim(), text })
    at = end
  }
  return fences
}

const isTypeScript = ({ info }: Fence): boolean => /^(ts|tsx|mts|cts|typescript)\b/i.test(info)

const sourceOf = ({ info, before }: Fence): string | undefined =>
  /\bsource[=:]\s*"?([^\s"]+)/.exec(info)?.[1] ?? /^<!--\s*source:\s*(\S+)\s*-->$/.exec(before)?.[1]

const complaintAbout = (root: string, fence: Fence): string | undefined => {
  const source = sourceOf(fence)
  if (source === undefined) return "a TypeScript fence names no source file"
  const file = join(root, source)
  if (!existsSync(file)) return `${source} does not exist`
  return readFileSync(file, "utf8").trim() === fence.text.trim() ? undefined : `differs from ${source}`
}

/** What is wrong with the fences of one document. */
export const checkDocument = (root: string, path: string): ReadonlyArray<Violation> =>
  fencesOf(readFileSync(join(root, path), "utf8")).filter(isTypeScript).flatMap((fence) => {
    const detail = complaintAbout(root, fence)
    return detail === undefined ? [] : [{ path, line: fence.line, detail }]
  })

/** What is wrong with the documents below `root`. */
export const findViolations = (root: string): ReadonlyArray<Violation> =>
  globSync(documents, { cwd: root })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !path.includes("node_modules/"))
    .toSorted()
    .flatMap((path) => checkDocument(root, path))

const run = (): void => {
  const violations = findViolations(join(import.meta.dirname, ".."))
  for (const { path, line, detail } of violations) console.error(`${path}:${line} ${detail}`)
  console.log(violations.length === 0 ? "readme: every fence is a file" : `readme: ${violations.length} violations`)
  if (violations.length > 0) process.exitCode = 1
}

if (import.meta.main) run()
