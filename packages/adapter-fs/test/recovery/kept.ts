/** What `lost-found/` keeps: the copies, and what is told of each. */
import { Option } from "effect"
import * as path from "node:path"
import { aboutFile, isAboutFile, parseAbout } from "../../src/commit/setAside.ts"
import { lostFound, sessionFiles } from "../kit.ts"

/** The copies, by path below the store's folder. */
export const keptCopies = (folder: string): ReadonlyArray<string> =>
  lostFound(folder).filter((name) => !isAboutFile(name))

/** What is told of each copy, in the order of the copies; a copy of which nothing is told is an error. */
export const keptAbout = (folder: string) => {
  const files = sessionFiles(folder)
  return keptCopies(folder).map((copy) =>
    Option.getOrThrow(parseAbout(Buffer.from(files[aboutFile(copy)] ?? "", "latin1")))
  )
}

/** The copies' bytes as text, by the place they were taken from. */
export const keptBytes = (folder: string): Record<string, string> => {
  const files = sessionFiles(folder)
  const about = keptAbout(folder)
  return Object.fromEntries(keptCopies(folder).map((copy, index) => [about[index]!.from, files[copy]!]))
}

/** The name of a file without its folders. */
export const nameOf = (file: string): string => path.basename(file)
