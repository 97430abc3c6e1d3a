/**
 * A plugin of TypeDoc that gives each module the name by which programs import it, as its package's `exports` say.
 *
 * TypeDoc would name them after their files, several of which are called `index`.
 */
import { globSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"

const root = join(import.meta.dirname, "..", "..")

/** The specifier of every published module, by its package and its source file in it. */
const specifiers = new Map(
  globSync("packages/*/package.json", { cwd: root }).flatMap((path) => {
    const { exports = {}, name } = JSON.parse(readFileSync(join(root, path), "utf8"))
    return Object.entries(exports).flatMap(([subpath, target]) => {
      const source = target["@holdfast/source"]
      return source === undefined ? [] : [[posix.join(name, source), posix.join(name, subpath)]]
    })
  })
)

/** Called by TypeDoc with its application, before anything is converted. */
export const load = (app) => {
  app.converter.on("resolveBegin", ({ project }) => {
    for (const module of project.children ?? []) {
      const { packageName, packagePath } = project.getSymbolIdFromReflection(module) ?? {}
      const specifier = specifiers.get(`${packageName}/${packagePath}`)
      if (specifier === undefined) throw new Error(`no package exports the module ${module.name}`)
      module.name = specifier
    }
  })
}
