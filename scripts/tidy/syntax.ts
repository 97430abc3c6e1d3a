/** The few questions about syntax that several bans ask. */
import type { ArrowFunctionExpression, CallExpression, Expression, Function, Node } from "oxc-parser"
import { ancestorsOf, type Place, type SourceFile } from "../sourceFile.ts"

export type FunctionNode = Function | ArrowFunctionExpression

/** Overload signatures count: they have parameters, too. */
export const isFunctionNode = (node: Node): node is FunctionNode =>
  node.type === "FunctionDeclaration" || node.type === "FunctionExpression" ||
  node.type === "ArrowFunctionExpression" || node.type === "TSDeclareFunction" ||
  node.type === "TSEmptyBodyFunctionExpression"

/** The names of `a.b.c` from left to right; a call in the chain counts as what it calls, so `it.each(rows)` is `it.each`. */
const namePath = (expression: Expression): ReadonlyArray<string> => {
  switch (expression.type) {
    case "Identifier":
      return [expression.name]
    case "CallExpression":
      return namePath(expression.callee)
    case "ChainExpression":
      return namePath(expression.expression)
    case "MemberExpression":
      return expression.property.type === "Identifier" && !expression.computed
        ? [...namePath(expression.object), expression.property.name]
        : namePath(expression.object)
    default:
      return []
  }
}

export interface Call {
  readonly place: Place
  readonly node: CallExpression
  readonly path: ReadonlyArray<string>
}

/** Every call of the file with the name path of what it calls. */
export const callsOf = (file: SourceFile): ReadonlyArray<Call> =>
  file.places.flatMap((place) =>
    place.node.type === "CallExpression" ? [{ place, node: place.node, path: namePath(place.node.callee) }] : []
  )

/** The local names that the file imports from modules whose specifier matches. */
export const importedNames = (file: SourceFile, specifier: RegExp): ReadonlySet<string> =>
  new Set(
    file.places.flatMap(({ node }) =>
      node.type === "ImportDeclaration" && specifier.test(node.source.value)
        ? node.specifiers.map(({ local }) => local.name)
        : []
    )
  )

/**
 * Whether a function is handed straight to a call that `accepts` chooses: as an argument, or as a property, at any
 * depth, of an object literal that is one.
 */
export const isArgumentOf = (place: Place, accepts: (path: ReadonlyArray<string>) => boolean): boolean => {
  for (const { node } of ancestorsOf(place)) {
    if (node.type === "CallExpression") return accepts(namePath(node.callee))
    if (node.type !== "Property" && node.type !== "ObjectExpression") return false
  }
  return false
}

/** The text without its comments, line for line. */
export const textWithoutComments = (file: SourceFile): string => {
  let text = file.text
  for (const { start, end } of file.comments) {
    const blank = text.slice(start, end).replace(/[^\n]/g, " ")
    text = text.slice(0, start) + blank + text.slice(end)
  }
  return text
}

const testAreas: ReadonlyArray<string> = ["test", "scripts"]

/** Whether the file holds tests. */
export const isTestFile = (file: SourceFile): boolean =>
  testAreas.includes(file.area) && /\.test(-d)?\.ts$/.test(file.path)
