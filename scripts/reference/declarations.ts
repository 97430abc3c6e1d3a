/**
 * Classes and interfaces as their source declares them: the documentation and the fields with their types, as text.
 *
 * This is what the generated documents quote, so that they say what the source says. Fields of the interfaces that a
 * declaration extends or intersects are the declaration's own only as far as `fieldsOf` follows them in one file.
 */
import type { Node } from "oxc-parser"
import { ancestorsOf, type Place, type SourceFile } from "../sourceFile.ts"

export interface Field {
  readonly name: string
  /** The type as it is written, on one line. */
  readonly type: string
  readonly isOptional: boolean
  readonly doc: string
}

export interface Declaration {
  readonly name: string
  readonly doc: string
  /** The fields of its own type literal or body, in their order. */
  readonly fields: ReadonlyArray<Field>
  /** The names of the types that it extends or intersects. */
  readonly bases: ReadonlyArray<string>
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** The text of a JSDoc comment without its marks; lists keep their lines. */
const withoutMarks = (comment: string): string =>
  comment.replace(/^\*/, "").split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd()).join("\n").trim()

/** The JSDoc comment that stands directly before a node, or nothing. */
const docBefore = (file: SourceFile, node: Node): string => {
  const comment = file.comments.findLast(({ end }) => end <= node.start)
  const isDoc = comment?.type === "Block" && comment.value.startsWith("*")
  return isDoc && file.text.slice(comment.end, node.start).trim() === "" ? withoutMarks(comment.value) : ""
}

type Declaring = Extract<Node, { type: "ClassDeclaration" | "TSInterfaceDeclaration" }>

const isDeclaring = (node: Node): node is Declaring =>
  node.type === "ClassDeclaration" || node.type === "TSInterfaceDeclaration"

/** The declaration that a place belongs to, unless it is part of a field: fields of fields are their types' business. */
const ownerOf = (place: Place): Declaring | undefined => {
  for (const { node } of ancestorsOf(place)) {
    if (node.type === "TSPropertySignature" || node.type === "ClassBody") return undefined
    if (isDeclaring(node)) return node
  }
  return undefined
}

const fieldOf = (file: SourceFile, node: Node): ReadonlyArray<Field> => {
  if (node.type !== "TSPropertySignature" || node.key.type !== "Identifier") return []
  const type = node.typeAnnotation?.typeAnnotation
  return [{
    name: node.key.name,
    type: oneLine(type === undefined ? "" : file.text.slice(type.start, type.end)),
    isOptional: node.optional,
    doc: docBefore(file, node)
  }]
}

const baseOf = (node: Node): ReadonlyArray<string> => {
  if (node.type === "TSTypeReference" && node.typeName.type === "Identifier") return [node.typeName.name]
  return node.type === "TSInterfaceHeritage" && node.expression.type === "Identifier" ? [node.expression.name] : []
}

/** Every class and interface of a file, in the file's order. */
export const declarationsOf = (file: SourceFile): ReadonlyArray<Declaration> =>
  file.places.flatMap(({ node, parent }) => {
    if (!isDeclaring(node)) return []
    const own = file.places.filter((place) => ownerOf(place) === node).map((place) => place.node)
    const outermost = parent?.node.type === "ExportNamedDeclaration" ? parent.node : node
    return [{
      name: node.id?.name ?? "",
      doc: docBefore(file, outermost),
      fields: own.flatMap((inner) => fieldOf(file, inner)),
      bases: own.flatMap(baseOf)
    }]
  })

/** The fields of a declaration after those of the file's interfaces that it is made of. */
export const fieldsOf = (
  all: ReadonlyArray<Declaration>,
  { bases, fields, name }: Declaration
): ReadonlyArray<Field> => {
  const inherited = all.filter((other) => other.name !== name && bases.includes(other.name))
  return [...inherited.flatMap((base) => fieldsOf(all, base)), ...fields]
}
