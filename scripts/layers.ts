/**
 * Fails on an import that goes up: the picture of the layers in ARCHITECTURE.md, as a check.
 *
 * Guarantees that every import, re-export, dynamic import and imported type of the packages and the examples goes
 * to a layer that its own may use, and that a folder which the picture does not know is a violation rather than
 * a place without rules. Cycles between files of one layer are left to oxlint.
 */
import { join, posix } from "node:path"
import { type Picture, pictures } from "./layerPictures.ts"
import { type Place, readSources, type SourceFile } from "./sourceFile.ts"

export interface Violation {
  readonly path: string
  readonly line: number
  readonly specifier: string
  readonly why: string
}

interface Import {
  readonly specifier: string
  readonly line: number
}

const specifierOf = ({ node }: Place): string | undefined => {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
    case "TSImportType":
      return node.source?.value
    case "ImportExpression":
      return node.source.type === "Literal" ? String(node.source.value) : undefined
    default:
      return undefined
  }
}

const importsOf = (file: SourceFile): ReadonlyArray<Import> =>
  file.places.flatMap((place) => {
    const specifier = specifierOf(place)
    return specifier === undefined ? [] : [{ specifier, line: file.lineOf(place.node.start) }]
  })

/** The layer of a path inside a package: its folder, or `top` for the files beside the folders. */
const layerOf = (inside: string): string => inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : "top"

const judgeRelative = (picture: Picture, file: SourceFile, specifier: string): string | undefined => {
  const target = posix.join(posix.dirname(file.path), specifier)
  const reaches = [picture.reach, ...(picture.alsoReaches ?? [])]
  if (!reaches.some((root) => target.startsWith(root))) {
    return `${picture.name} reaches no file outside of ${reaches.join(" and ")}`
  }
  const layers = picture.layers
  if (layers === undefined) return undefined
  const from = layerOf(file.path.slice(picture.root.length))
  const to = layerOf(target.slice(picture.root.length))
  return from === to || layers[from]?.includes(to) === true ? undefined : `${from} does not import ${to}`
}

const judge = (picture: Picture, file: SourceFile, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return judgeRelative(picture, file, specifier)
  const isAllowed = picture.packages.some(({ specifiers, files }) =>
    specifiers.test(specifier) && (files === undefined || files.test(file.path.slice(picture.root.length)))
  )
  return isAllowed ? undefined : `${picture.name} does not import ${specifier} here`
}

const unknownFolder = (picture: Picture, file: SourceFile): ReadonlyArray<Violation> => {
  const layer = layerOf(file.path.slice(picture.root.length))
  if (picture.layers === undefined || layer in picture.layers) return []
  return [{ path: file.path, line: 1, specifier: "", why: `${layer} is no folder of the picture of ${picture.name}` }]
}

/** The violations of one file. */
export const checkFile = (file: SourceFile): ReadonlyArray<Violation> => {
  const picture = pictures(file.path)
  if (picture === undefined) return []
  const wrong = importsOf(file).flatMap(({ specifier, line }) => {
    const why = judge(picture, file, specifier)
    return why === undefined ? [] : [{ path: file.path, line, specifier, why }]
  })
  return [...unknownFolder(picture, file), ...wrong]
}

/** Every violation below `root`. */
export const findViolations = (root: string): ReadonlyArray<Violation> => readSources(root).flatMap(checkFile)

const run = (): void => {
  const violations = findViolations(join(import.meta.dirname, ".."))
  for (const { path, line, specifier, why } of violations) console.error(`${path}:${line} "${specifier}": ${why}`)
  console.log(violations.length === 0 ? "layers: every import goes down" : `layers: ${violations.length} violations`)
  if (violations.length > 0) process.exitCode = 1
}

if (import.meta.main) run()
