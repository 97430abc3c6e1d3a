/** The bans on names: a name that fits everything tells nothing. */
import type { ParamPattern } from "oxc-parser"
import { ancestorsOf, type Place, type SourceFile } from "../sourceFile.ts"
import type { Rule } from "./rule.ts"
import { isFunctionNode } from "./syntax.ts"

const bannedFileNames: ReadonlySet<string> = new Set([
  "utils",
  "util",
  "common",
  "helpers",
  "helper",
  "types",
  "shared"
])

const fileNames: Rule = {
  id: "file-name",
  why: "A file named after no idea collects everything; name it after the one thing that it holds.",
  *check({ path }) {
    const names = path.split("/").map((name) => name.split(".")[0] ?? name)
    const banned = names.find((name) => bannedFileNames.has(name.toLowerCase()))
    if (banned !== undefined) yield { line: 1, detail: `"${banned}"` }
  }
}

interface Declared {
  readonly name: string
  readonly line: number
}

interface Named {
  readonly type: string
  readonly start: number
}

const named = (file: SourceFile, id: Named | null): ReadonlyArray<Declared> =>
  id !== null && "name" in id && typeof id.name === "string" ? [{ name: id.name, line: file.lineOf(id.start) }] : []

/** Names in the file's own declarations; property keys are left out, for they are often somebody else's words. */
const declaredAt = (file: SourceFile, { node }: Place): ReadonlyArray<Declared> => {
  switch (node.type) {
    case "VariableDeclarator":
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return named(file, node.id)
    default:
      return []
  }
}

const bannedSuffix = /(Manager|Helper|Util|Utils|Impl|Base|Handler|Data|Info)$/

const declaredNames: Rule = {
  id: "declared-name",
  why: "Manager, Helper, Util, Impl, Base, Handler, Data and Info fit everything; say what the thing is or does.",
  *check(file) {
    for (const { name, line } of file.places.flatMap((place) => declaredAt(file, place))) {
      if (bannedSuffix.test(name)) yield { line, detail: `"${name}"` }
    }
  }
}

/** Names of functions, those in classes, interfaces and object literals included. */
const functionAt = (file: SourceFile, { node }: Place): ReadonlyArray<Declared> => {
  switch (node.type) {
    case "FunctionDeclaration":
      return named(file, node.id)
    case "VariableDeclarator":
      return node.init !== null && isFunctionNode(node.init) ? named(file, node.id) : []
    case "MethodDefinition":
    case "TSMethodSignature":
      return named(file, node.key)
    case "Property":
    case "PropertyDefinition":
      return node.value !== null && isFunctionNode(node.value) ? named(file, node.key) : []
    default:
      return []
  }
}

const vagueVerbs: ReadonlySet<string> = new Set(["do", "process", "handle"])

const functionNames: Rule = {
  id: "function-name",
  why: "Every function does, processes or handles something; the name has to say what it does to it.",
  *check(file) {
    for (const { name, line } of file.places.flatMap((place) => functionAt(file, place))) {
      if (vagueVerbs.has(name)) yield { line, detail: `"${name}"` }
    }
  }
}

const isBoolean = (parameter: ParamPattern): boolean => {
  if (parameter.type === "AssignmentPattern") {
    const isBooleanDefault = parameter.right.type === "Literal" && typeof parameter.right.value === "boolean"
    return isBooleanDefault || isBoolean(parameter.left)
  }
  return "typeAnnotation" in parameter && parameter.typeAnnotation?.typeAnnotation.type === "TSBooleanKeyword"
}

/** Whether the function itself is what is exported, rather than a function inside of it. */
const isExported = (place: Place): boolean => {
  for (const { node } of ancestorsOf(place)) {
    if (node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration") return true
    if (isFunctionNode(node) || node.type === "CallExpression") return false
  }
  return false
}

const booleanParameters: Rule = {
  id: "boolean-parameter",
  why: "At the call nobody can read what `true` means; take a union of literals or an options object.",
  *check(file) {
    for (const place of file.places) {
      const { node } = place
      if (!isFunctionNode(node)) continue
      if (node.params.some(isBoolean) && isExported(place)) {
        yield { line: file.lineOf(node.start), detail: "an exported function takes a boolean by position" }
      }
    }
  }
}

export const namingRules: ReadonlyArray<Rule> = [fileNames, declaredNames, functionNames, booleanParameters]
