/**
 * Fails when docs/DURABILITY.md claims what no test shows.
 *
 * A claim names its test in a code span, `file › title` or `file › suite › title`, the file below `packages/`.
 * Guarantees that each named test is in the named file, and that every row of every table names one or says
 * `not tested:` and why. Whether a test shows what its row says is left to people.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { CallExpression, Expression, Node } from "oxc-parser"
import { ancestorsOf, parseSource, type Place } from "./sourceFile.ts"
import { repositoryRoot } from "./steps.ts"

const document = "docs/DURABILITY.md"

/** A title as it stands in a source: its text with its variables, and the texts between them. */
interface Title {
  readonly source: string
  readonly literals: ReadonlyArray<string>
}

/** A title with those of the suites around it, the outermost first. */
interface Titled {
  readonly title: Title
  readonly suites: ReadonlyArray<Title>
}

/** What is wrong, by line. */
interface Violation {
  readonly line: number
  readonly detail: string
}

const titleFunctions: ReadonlySet<string> = new Set(["it", "test", "describe", "layer"])

/** The function at the root of a call such as `it.live.each(cases)(title)`. */
const rootOf = (callee: Expression): string => {
  switch (callee.type) {
    case "Identifier":
      return callee.name
    case "MemberExpression":
      return rootOf(callee.object)
    case "CallExpression":
      return rootOf(callee.callee)
    case "TaggedTemplateExpression":
      return rootOf(callee.tag)
    default:
      return ""
  }
}

// What vitest fills in from the rows of `each`: %s and its like, $name.
const filledIn = /%[sdifjo#$%]|\$[A-Za-z_][\w.]*/

const titleOf = (node: Node | undefined, text: string): Title | undefined => {
  if (node?.type === "Literal" && typeof node.value === "string") {
    return { source: node.value, literals: node.value.split(filledIn) }
  }
  if (node?.type !== "TemplateLiteral") return undefined
  return {
    source: text.slice(node.start + 1, node.end - 1),
    literals: node.quasis.flatMap(({ value }) => (value.cooked ?? value.raw).split(filledIn))
  }
}

const isTitleCall = (node: Node): node is CallExpression =>
  node.type === "CallExpression" && titleFunctions.has(rootOf(node.callee))

/** The title that a node gives: the first argument of a test or suite, or the property `title` of a law. */
const titleAt = ({ node }: Place, text: string): Title | undefined => {
  if (isTitleCall(node)) return titleOf(node.arguments[0], text)
  const isLaw = node.type === "Property" && node.key.type === "Identifier" && node.key.name === "title"
  return isLaw ? titleOf(node.value, text) : undefined
}

/** All titles of a file's tests, suites and laws. */
export const titlesOf = (path: string, text: string): ReadonlyArray<Titled> =>
  parseSource(path, text).places.flatMap((place) => {
    const title = titleAt(place, text)
    if (title === undefined) return []
    const suites = [...ancestorsOf(place)].flatMap((above) => titleAt(above, text) ?? []).toReversed()
    return [{ title, suites }]
  })

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

// A title that is all variables would fit every name; such a test is named by its source, letter for letter.
const lettersMin = 3

const fits = (name: string, { literals, source }: Title): boolean => {
  if (name === source) return true
  const letters = literals.join("").replaceAll(/[^\p{L}]/gu, "").length
  return letters >= lettersMin && new RegExp(`^${literals.map(escaped).join(".*")}$`, "su").test(name)
}

/** Whether names of suites fit some of those around a test, in their order. */
const fitSuites = (names: ReadonlyArray<string>, suites: ReadonlyArray<Title>): boolean => {
  let rest = suites
  for (const name of names) {
    const at = rest.findIndex((suite) => fits(name, suite))
    if (at < 0) return false
    rest = rest.slice(at + 1)
  }
  return true
}

const isNamed = (names: ReadonlyArray<string>, { suites, title }: Titled): boolean =>
  fits(names.at(-1) ?? "", title) && fitSuites(names.slice(0, -1), suites)

const separator = " › "

/** The names of tests in a line: code spans with a separator. In a table a bar inside of one is escaped. */
const referencesIn = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/(`+)(.+?)\1(?!`)/g)].flatMap(([, , span = ""]) =>
    span.includes(separator) ? [span.trim().replaceAll(String.raw`\|`, "|")] : []
  )

const isTableLine = (line: string): boolean => line.trimStart().startsWith("|")

const isDelimiter = (line: string): boolean => /^\s*\|[\s:|-]+\|\s*$/.test(line)

/** Whether a line is a row of a table, below its head and the line under that. */
const isRow = (lines: ReadonlyArray<string>, at: number): boolean => {
  if (!isTableLine(lines[at] ?? "") || isDelimiter(lines[at] ?? "")) return false
  return !isDelimiter(lines[at + 1] ?? "")
}

/** The text of a file below `packages/`; none when there is no such file. */
type Read = (path: string) => string | undefined

/** The titles in a file, which is parsed once; none when there is no such file. */
const titleReader = (read: Read): (path: string) => ReadonlyArray<Titled> | undefined => {
  const known = new Map<string, ReadonlyArray<Titled>>()
  return (path) => {
    const text = known.has(path) ? undefined : read(path)
    if (text !== undefined) known.set(path, titlesOf(path, text))
    return known.get(path)
  }
}

const complaintAbout = (reference: string, titlesIn: ReturnType<typeof titleReader>): string | undefined => {
  const [path = "", ...names] = reference.split(separator)
  const titles = titlesIn(path)
  if (titles === undefined) return `there is no file ${path}`
  return titles.some((titled) => isNamed(names, titled))
    ? undefined
    : `${path} has no test ${names.join(separator)}`
}

/** What is wrong with the claims of a document. */
export const findViolations = (markdown: string, read: Read): ReadonlyArray<Violation> => {
  const lines = markdown.split(/\r?\n/)
  const titlesIn = titleReader(read)
  return lines.flatMap((line, at) => {
    const references = referencesIn(line)
    const isBare = isRow(lines, at) && references.length === 0 && !/not tested: [^\s|]/.test(line)
    const details = [
      ...(isBare ? ["a row names no test and does not say why it is not tested"] : []),
      ...references.flatMap((reference) => complaintAbout(reference, titlesIn) ?? [])
    ]
    return details.map((detail) => ({ line: at + 1, detail }))
  })
}

const readBelowPackages: Read = (path) => {
  const file = join(repositoryRoot, "packages", path)
  return existsSync(file) ? readFileSync(file, "utf8") : undefined
}

const run = (): void => {
  const violations = findViolations(readFileSync(join(repositoryRoot, document), "utf8"), readBelowPackages)
  for (const { detail, line } of violations) console.error(`${document}:${line} ${detail}`)
  console.log(
    violations.length === 0 ? "durability: every row names a test" : `durability: ${violations.length} violations`
  )
  if (violations.length > 0) process.exitCode = 1
}

if (import.meta.main) run()
