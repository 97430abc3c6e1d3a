/**
 * Schema issues as text that holds no session content.
 *
 * Names of fields come from the schema and are shown; names that come from the data (keys of a record)
 * and rejected values are not, and neither are messages that a custom check made from them.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { nodesOf } from "./schemaShape.ts"

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

/** Every field name that a schema declares, on the type side and on the encoded side. */
const fieldNames = (root: SchemaAST.AST): ReadonlySet<string> =>
  new Set(
    [...nodesOf(root)].flatMap((ast) =>
      ast._tag === "Objects" ? ast.propertySignatures.map((property) => String(property.name)) : []
    )
  )

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
