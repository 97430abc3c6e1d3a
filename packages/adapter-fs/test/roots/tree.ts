/** A disk for tables: files by path, folders that follow from them, and folders that cannot be listed. */
import { Effect } from "effect"
import type { Entry, Folders } from "../../src/roots/expand.ts"

export interface Tree {
  /** A path that ends in a separator is an empty folder. */
  readonly files: ReadonlyArray<string>
  readonly unreadable?: { readonly [path: string]: string }
  /** Folders by a second path: the path, and the one that is real. */
  readonly links?: { readonly [path: string]: string }
}

const through = (path: string, links: { readonly [path: string]: string }): string => {
  const link = Object.keys(links).find((from) => path === from || path.startsWith(from + separatorOf(from)))
  return link === undefined ? path : links[link]! + path.slice(link.length)
}

const separatorOf = (path: string) => path.includes("\\") ? "\\" : "/"

/** Lists folders of the tree, and counts how often each is listed. */
export const foldersOf = (
  { files, links = {}, unreadable = {} }: Tree
): Folders & { readonly listed: Array<string> } => {
  const listed: Array<string> = []
  return {
    listed,
    realPath: (path) => Effect.succeed(through(path, links)),
    list: (asked) => {
      listed.push(asked)
      const path = through(asked, links)
      const code = unreadable[path]
      if (code !== undefined) return Effect.fail(code)
      if (files.includes(path)) return Effect.fail("ENOTDIR")
      const separator = separatorOf(files[0] ?? path)
      const start = path.endsWith(separator) ? path : path + separator
      const inside = [...files, ...Object.keys(links).map((link) => link + separator)].filter((file) =>
        file.startsWith(start)
      )
      if (inside.length === 0) return Effect.fail("ENOENT")
      const entries = new Map<string, Entry>()
      for (const file of inside.filter((found) => found !== start)) {
        const [name = "", ...rest] = file.slice(start.length).split(separator)
        entries.set(name, { name, isFolder: rest.length > 0 })
      }
      return Effect.succeed([...entries.values()])
    }
  }
}
