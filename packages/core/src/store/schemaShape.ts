/**
 * What a schema's syntax tree says of its values before any is there.
 *
 * A value is walked once where once is enough: a schema that fills nothing in has nothing to make of what it is
 * given, and values that are their own JSON need no encoding.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

const childrenOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const encoded = ast.encoding?.map((link) => link.to) ?? []
  switch (ast._tag) {
    case "Objects":
      return [
        ...encoded,
        ...ast.propertySignatures.map((property) => property.type),
        ...ast.indexSignatures.flatMap((signature) => [signature.parameter, signature.type])
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

/** Every node of a schema, on the type side and on the encoded side. */
export const nodesOf = (root: SchemaAST.AST): ReadonlySet<SchemaAST.AST> => {
  const seen = new Set<SchemaAST.AST>()
  const pending = [root]
  for (let ast = pending.pop(); ast !== undefined; ast = pending.pop()) {
    if (seen.has(ast)) continue
    seen.add(ast)
    pending.push(...childrenOf(ast))
  }
  return seen
}

/** A class is declared with its fields as the encoded side, and is made from them. */
const isClass = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Declaration" && ast.encoding?.some(({ to }) => to._tag === "Objects") === true

/** Whether making a value is more than checking it: a field has a constructor default, or a class is made from its fields. */
export const fillsIn = ({ ast }: Schema.Constraint): boolean =>
  [...nodesOf(ast)].some((node) => node.context?.constructorDefault !== undefined || isClass(node))

const isOwnJson = (ast: SchemaAST.AST): boolean => {
  if (ast.encoding !== undefined) return false
  switch (ast._tag) {
    case "Null":
    case "String":
    case "Boolean":
    case "Number":
    case "Literal":
    case "Arrays":
    case "Union":
    case "Suspend":
      return true
    case "Objects": {
      // A struct without fields lets anything through.
      const { indexSignatures, propertySignatures } = ast
      return propertySignatures.length + indexSignatures.length > 0
        && propertySignatures.every(({ name }) => typeof name === "string")
    }
    default:
      return false
  }
}

/** Whether the values of a JSON codec are what they are encoded to. */
export const isItsOwnJson = ({ ast }: Schema.Constraint): boolean => [...nodesOf(ast)].every(isOwnJson)
