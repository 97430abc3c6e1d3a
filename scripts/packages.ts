/**
 * Which packages of the workspace are published, read from the disk so that no list has to be kept up to date.
 */
import { globSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"

export interface PublishedPackage {
  readonly name: string
  /** Relative to the repository's root, with forward slashes. */
  readonly directory: string
}

/** Every package below `packages/` that is not private, sorted by directory. */
export const publishedPackages = (root: string): ReadonlyArray<PublishedPackage> =>
  globSync("packages/*/package.json", { cwd: root }).toSorted().flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as { name: string; private?: boolean }
    const directory = posix.dirname(path.split(sep).join("/"))
    return manifest.private === true ? [] : [{ name: manifest.name, directory }]
  })
