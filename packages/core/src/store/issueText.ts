/**
 * Schema issues as text that holds no session content.
 *
 * Names of fields come from the schema and are shown; names that come from the data (keys of a record)
 * and rejected values are not, and neither are messages that a custom check made from them.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

// An error message is one line; the first few problems are what helps.
const problemsMax = 3

const problems: Record<SchemaIssue.Leaf["_tag"], string> = {
  InvalidType: "has the wrong type",
  InvalidValue: "has an invalid value",
  MissingKey: "is missing",
  UnexpectedKey: "is not expected",
  Forbidden: "is forbidden",
  OneOf: "fits more than one member of the union"
}

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => problems[issue._tag],
  checkHook: () => "fails a check"
})

const childrenOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const encoded = ast.encoding?.map((link) => link.to) ?? []
  switch (ast._tag) {
    case "Objects":
      return [
        ...encoded,
        ...ast.propertySignatures.map((property) => property.type),
        ...ast.indexSignatures.map((signature) => signature.type)
      ]
    case "Arrays":
      return [...encoded, ...ast.elements, ...ast.rest]
    case "Union":
      return [...encoded, ...ast.types]
    case "Declaration":
      return [...encoded, ...ast.typeParameters]
    case "Suspend":
      return [...encoded, ast.thunk()]
    default:
      return encoded
  }
}

/** Every field name that a schema declares, on the type side and on the encoded side. */
const fieldNames = (root: SchemaAST.AST): ReadonlySet<string> => {
  const names = new Set<string>()
  const seen = new Set<SchemaAST.AST>()
  const pending = [root]
  for (let ast = pending.pop(); ast !== undefined; ast = pending.pop()) {
    if (seen.has(ast)) continue
    seen.add(ast)
    if (ast._tag === "Objects") ast.propertySignatures.forEach((property) => names.add(String(property.name)))
    pending.push(...childrenOf(ast))
  }
  return names
}

/** Makes the formatter of one schema's issues. */
export const makeIssueText = (schema: Schema.Constraint): (issue: SchemaIssue.Issue) => string => {
  const names = fieldNames(schema.ast)
  const segment = (part: unknown) => typeof part === "number" || names.has(String(part)) ? String(part) : "*"
  return (issue) =>
    format(issue).issues.slice(0, problemsMax).map(({ message, path }) => {
      const place = (path ?? []).map((part) => segment(typeof part === "object" ? part.key : part)).join(".")
      return place === "" ? `the value ${message}` : `${place} ${message}`
    }).join(", ")
}
