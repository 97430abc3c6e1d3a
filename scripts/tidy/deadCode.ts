/**
 * The ban on code in comments. A comment counts as code when it parses as code that would do something; prose does
 * not parse, and a bare name or a labelled word ("Needs: x") parses but does nothing. Documentation comments
 * are left alone, for they contain examples.
 */
import { type Comment, type Node, parseSync } from "oxc-parser"
import type { SourceFile } from "../sourceFile.ts"
import type { Rule } from "./rule.ts"

const actingExpressions: ReadonlySet<string> = new Set([
  "CallExpression",
  "AssignmentExpression",
  "AwaitExpression",
  "YieldExpression",
  "NewExpression",
  "UpdateExpression"
])

const proseStatements: ReadonlySet<string> = new Set(["LabeledStatement", "EmptyStatement", "BlockStatement"])

/** A `return` of a bare word is how prose begins now and then. */
const isActing = (statement: Node): boolean => {
  if (statement.type === "ExpressionStatement") return actingExpressions.has(statement.expression.type)
  if (statement.type === "ReturnStatement") return statement.argument?.type !== "Identifier"
  return !proseStatements.has(statement.type)
}

const parsed = (text: string): ReadonlyArray<Node> => {
  const { errors, program } = parseSync("comment.ts", text, { sourceType: "module" })
  return errors.length > 0 ? [] : program.body
}

/** Imports parse at the top of a module only, `return` and `yield` in a function only. */
const isCode = (text: string): boolean => {
  const wrapped = parsed(`async function* wrapped() {\n${text}\n}`)[0]
  const inside = wrapped?.type === "FunctionDeclaration" ? wrapped.body?.body ?? [] : []
  return [...parsed(text), ...inside].some(isActing)
}

const isDocumentation = (type: Comment["type"], value: string): boolean => type === "Block" && value.startsWith("*")

interface CommentRun {
  readonly text: string
  readonly start: number
}

/** Line comments on consecutive lines are one run, for code is seldom commented out by the line. */
const runsOf = (file: SourceFile): ReadonlyArray<CommentRun> => {
  const runs: Array<{ text: string; start: number; end: number }> = []
  for (const { type, value, start, end } of file.comments) {
    const last = runs.at(-1)
    const isNext = last !== undefined && type === "Line" && /^\n[ \t]*$/.test(file.text.slice(last.end, start))
    if (isNext) Object.assign(last, { text: `${last.text}\n${value}`, end })
    else if (!isDocumentation(type, value)) runs.push({ text: value, start, end })
  }
  return runs
}

/** A line that can hardly be anything but code, even among lines of prose. */
const codeLine =
  /^\s*((const|let) [\w{[].* = |import .* from "|export (const|function|class|\*|\{)|if \(.*\) (\{|return)|(const .* = )?(yield\*|await) \w+[.(])/

export const commentedOutCode: Rule = {
  id: "commented-out-code",
  why: "Code in a comment is neither compiled nor tested, and nobody dares to remove it; the commits keep it.",
  *check(file) {
    for (const { text, start } of runsOf(file)) {
      const lines = text.split("\n").map((line) => line.replace(/^\s*\*/, ""))
      if (isCode(lines.join("\n")) || lines.some((line) => codeLine.test(line))) {
        yield { line: file.lineOf(start), detail: `"${(lines.find((line) => line.trim() !== "") ?? "").trim()}"` }
      }
    }
  }
}
