/**
 * What the calls of a file system do to a disk in memory, one by one as Node's would answer them.
 *
 * Files, folders and hard links are there. A rename over another name of the same file does nothing, and
 * a folder takes the place of an empty one only, as POSIX says.
 */
import type { OpenFlag } from "effect/FileSystem"
import * as Result from "effect/Result"
import type { NamePlace } from "./disk.ts"
import type { Answer, Found, LiveDisk } from "./LiveDisk.ts"

/** The answer of a call that has nothing to say. */
export const done: Answer<void> = Result.succeed(undefined)

/** The bytes of a file. */
export const fileContent = ({ node }: Found): Answer<Uint8Array> =>
  node.kind === "file" ? Result.succeed(node.seen.bytes) : Result.fail("EISDIR")

/** The node that an open leads to: found, made or emptied, as its flag says. */
export const opened = (disk: LiveDisk, path: string, how: { readonly flag: OpenFlag; readonly at: number }) => {
  const { at, flag } = how
  const creates = !flag.startsWith("r")
  return Result.flatMap(disk.find(path), (found): Answer<Found> => {
    if (flag.includes("x")) return Result.fail("EEXIST")
    if (found.node.kind === "folder") return flag === "r" ? Result.succeed(found) : Result.fail("EISDIR")
    if (flag.startsWith("w") && found.node.seen.bytes.length > 0) {
      disk.change(found.id, { _tag: "Resize", length: 0, at })
    }
    return Result.succeed(found)
  }).pipe((found) =>
    Result.isFailure(found) && found.failure === "ENOENT" && creates
      ? Result.map(disk.placeOf(path), (place) => disk.make(place, "file", at))
      : found
  )
}

/** Makes one folder. */
export const makeFolder = (disk: LiveDisk, path: string, at: number): Answer<void> =>
  Result.flatMap(disk.placeOf(path), (place) => {
    if (disk.named(place) !== undefined) return Result.fail("EEXIST")
    disk.make(place, "folder", at)
    return done
  })

/** The paths above a path and itself, the highest first. */
const pathsDownTo = (path: string): ReadonlyArray<string> => {
  const parts = path.split("/")
  return parts.map((_, index) => parts.slice(0, index + 1).join("/")).filter((above) => above !== "")
}

/** Makes a folder and those above it that are missing. */
export const makeFolders = (disk: LiveDisk, path: string, at: number): Answer<void> => {
  for (const above of pathsDownTo(path)) {
    if (above.length <= disk.root.length || Result.isSuccess(disk.find(above))) continue
    const made = makeFolder(disk, above, at)
    if (Result.isFailure(made)) return made
  }
  return done
}

/** Takes a name away, and with `recursive` all below it first. */
export const removeNode = (
  disk: LiveDisk,
  place: NamePlace,
  how: { readonly recursive: boolean; readonly at: number }
): Answer<void> => {
  const found = disk.named(place)
  if (found === undefined) return Result.fail("ENOENT")
  if (found.node.kind === "folder") {
    if (!how.recursive) return Result.fail("ERR_FS_EISDIR")
    for (const name of found.node.seen.keys()) removeNode(disk, { folder: found.id, name }, how)
  }
  disk.unlink(place, how.at)
  return done
}

const refusesRename = (source: Found, target: Found | undefined): string | undefined => {
  if (target === undefined) return undefined
  if (source.node.kind === "file") return target.node.kind === "folder" ? "EISDIR" : undefined
  if (target.node.kind === "file") return "ENOTDIR"
  return target.node.seen.size > 0 ? "ENOTEMPTY" : undefined
}

/** Gives a node another name. */
export const rename = (
  disk: LiveDisk,
  { path, target }: { readonly path: string; readonly target: string },
  at: number
) =>
  Result.flatMap(Result.all([disk.placeOf(path), disk.placeOf(target)]), ([from, to]): Answer<void> => {
    const source = disk.named(from)
    if (source === undefined) return Result.fail("ENOENT")
    const replaced = disk.named(to)
    const refusal = refusesRename(source, replaced)
    if (refusal !== undefined) return Result.fail(refusal)
    // Two names of one file: nothing happens, as POSIX says.
    if (replaced?.id !== source.id) disk.move(from, to, { node: source.id, at })
    return done
  })

/** Gives a file a second name. */
export const link = (
  disk: LiveDisk,
  { path, target }: { readonly path: string; readonly target: string },
  at: number
) =>
  Result.flatMap(Result.all([disk.find(path), disk.placeOf(target)]), ([source, place]): Answer<void> => {
    if (source.node.kind === "folder") return Result.fail("EPERM")
    if (disk.named(place) !== undefined) return Result.fail("EEXIST")
    disk.link(place, source.id, at)
    return done
  })

/** The names in a folder. */
export const namesIn = (disk: LiveDisk, path: string): Answer<ReadonlyArray<string>> =>
  Result.flatMap(
    disk.find(path),
    ({ node }) => node.kind === "folder" ? Result.succeed([...node.seen.keys()]) : Result.fail("ENOTDIR")
  )

/** The paths below a folder. */
export const namesBelow = (disk: LiveDisk, path: string): Answer<ReadonlyArray<string>> =>
  Result.map(namesIn(disk, path), (names) =>
    names.flatMap((name) => {
      const below = namesBelow(disk, `${path}/${name}`)
      return Result.isSuccess(below) ? [name, ...below.success.map((inner) => `${name}/${inner}`)] : [name]
    }))
