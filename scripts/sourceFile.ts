/**
 * A parsed TypeScript file of the repository, as the style and layer checks see it.
 *
 * Guarantees that every check judges the same set of files, by paths with forward slashes relative to the
 * repository's root, and that a file that cannot be parsed is an error rather than a file without findings.
 * What is wrong with a file is left to the checks.
 */
import { globSync, readFileSync } from "node:fs"
import { join, sep } from "node:path"
import { type Comment, type Node, parseSync, visitorKeys } from "oxc-parser"

/** A syntax node with its way up to the program. */
export interface Place {
  readonly node: Node
  readonly parent: Place | undefined
}

/** Where a file lives decides which bans apply to it. */
export type Area = "src" | "test" | "scripts" | "examples"

export interface SourceFile {
  readonly path: string
  readonly area: Area
  readonly text: string
  readonly comments: ReadonlyArray<Comment>
  readonly places: ReadonlyArray<Place>
  readonly lineOf: (offset: number) => number
}

const patterns = [
  "packages/*/src/**/*.ts",
  "packages/*/test/**/*.ts",
  "scripts/**/*.ts",
  "examples/**/*.ts",
  "testing/**/*.ts"
]

const excludedPattern = /(^|\/)(node_modules|dist)(\/|$)|^scripts\/test\/fixtures(\/|$)/

const toPosix = (path: string): string => path.split(sep).join("/")

/** Lists the hand-written TypeScript files below `root`, sorted, so that reports are stable. */
export const listSourceFiles = (root: string): ReadonlyArray<string> =>
  globSync(patterns, { cwd: root }).map(toPosix).filter((path) => !excludedPattern.test(path)).toSorted()

const areaOf = (path: string): Area => {
  if (path.startsWith("scripts/")) return "scripts"
  if (path.startsWith("examples/")) return "examples"
  return path.startsWith("testing/") || path.split("/")[2] === "test" ? "test" : "src"
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

const childrenOf = (node: Node): ReadonlyArray<Node> =>
  (visitorKeys[node.type] ?? []).flatMap((key) => [Reflect.get(node, key) as unknown].flat()).filter(isNode)

const collectPlaces = (node: Node, parent: Place | undefined, into: Array<Place>): void => {
  const place: Place = { node, parent }
  into.push(place)
  for (const child of childrenOf(node)) collectPlaces(child, place, into)
}

const lineCounter = (text: string): (offset: number) => number => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset) => {
    const next = starts.findIndex((start) => start > offset)
    return next === -1 ? starts.length : next
  }
}

/** Parses one file's text; `path` is relative to the repository's root. */
export const parseSource = (path: string, text: string): SourceFile => {
  const parsed = parseSync(path, text, { sourceType: "module" })
  const failure = parsed.errors[0]
  if (failure !== undefined) throw new Error(`${path} cannot be parsed: ${failure.message}`)
  const places: Array<Place> = []
  collectPlaces(parsed.program, undefined, places)
  return { path, area: areaOf(path), text, comments: parsed.comments, places, lineOf: lineCounter(text) }
}

/** Reads and parses every source file below `root`. */
export const readSources = (root: string): ReadonlyArray<SourceFile> =>
  listSourceFiles(root).map((path) => parseSource(path, readFileSync(join(root, path), "utf8")))

/** The ancestors of a place, nearest first. */
export const ancestorsOf = function*(place: Place): Generator<Place> {
  for (let at = place.parent; at !== undefined; at = at.parent) yield at
}
