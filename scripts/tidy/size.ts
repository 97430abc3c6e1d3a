/** The bans on size: what does not fit on a screen is not read before it is changed. */
import { ancestorsOf, type Place, type SourceFile } from "../sourceFile.ts"
import type { Finding, Rule } from "./rule.ts"
import { isArgumentOf, isFunctionNode, isTestFile, textWithoutComments } from "./syntax.ts"

const fileLinesMax = 250
const functionLinesMax = 70
const parameterCountMax = 3
const nestingMax = 3

const codeLineCount = (text: string): number => text.split("\n").filter((line) => line.trim() !== "").length

const fileLength: Rule = {
  id: "file-length",
  why: `A file above ${fileLinesMax} lines of code holds more than one idea; split it by what changes together.`,
  *check(file) {
    const count = codeLineCount(textWithoutComments(file))
    if (count > fileLinesMax) yield { line: 1, detail: `${count} lines of code` }
  }
}

/** The body of a suite is a list of tests, not a function that anyone has to follow. */
const isSuite = (file: SourceFile, place: Place): boolean =>
  isTestFile(file) && isArgumentOf(place, (path) => path[0] === "describe" || path.includes("layer"))

const functionLength: Rule = {
  id: "function-length",
  why: `A function above ${functionLinesMax} lines of code cannot be checked at one sitting; name its parts.`,
  *check(file) {
    const text = textWithoutComments(file)
    for (const place of file.places) {
      if (!isFunctionNode(place.node) || isSuite(file, place)) continue
      const count = codeLineCount(text.slice(place.node.start, place.node.end))
      if (count > functionLinesMax) {
        yield { line: file.lineOf(place.node.start), detail: `a function of ${count} lines` }
      }
    }
  }
}

const parameterCount: Rule = {
  id: "parameter-count",
  why: `Above ${parameterCountMax} positional parameters a caller mixes them up; take an options object.`,
  *check(file) {
    for (const { node } of file.places) {
      const isDeclaration = isFunctionNode(node) || node.type === "TSMethodSignature" ||
        node.type === "TSFunctionType"
      if (!isDeclaration) continue
      const count = node.params.filter((parameter) => !("name" in parameter && parameter.name === "this")).length
      if (count > parameterCountMax) yield { line: file.lineOf(node.start), detail: `${count} positional parameters` }
    }
  }
}

const nestingTypes: ReadonlySet<string> = new Set([
  "IfStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
  "SwitchStatement",
  "TryStatement"
])

/** An `else if` is one more case of its chain, not one more level. */
const isElseIf = (place: Place): boolean =>
  place.node.type === "IfStatement" && place.parent?.node.type === "IfStatement" &&
  place.parent.node.alternate === place.node

const nestingOf = (place: Place): number => {
  let depth = 1
  for (const ancestor of ancestorsOf(place)) {
    if (isFunctionNode(ancestor.node)) break
    if (nestingTypes.has(ancestor.node.type) && !isElseIf(ancestor)) depth += 1
  }
  return depth
}

const nesting: Rule = {
  id: "nesting",
  why: `Below ${nestingMax} levels nobody knows which conditions hold; return early or name the inner part.`,
  *check(file): Generator<Finding> {
    for (const place of file.places) {
      if (!nestingTypes.has(place.node.type) || isElseIf(place)) continue
      const depth = nestingOf(place)
      if (depth === nestingMax + 1) yield { line: file.lineOf(place.node.start), detail: `${depth} levels deep` }
    }
  }
}

export const sizeRules: ReadonlyArray<Rule> = [fileLength, functionLength, parameterCount, nesting]
