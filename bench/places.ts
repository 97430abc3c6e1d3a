/**
 * Where stores lie while they are measured: a folder on the disk that was asked for, and an ext4 with a journal in a loop
 * file beside it, where a rename and its flush cost a commit of the journal.
 *
 * Guarantees that every case gets a folder that nothing was in before, and that a mount is taken down again. Folders are
 * removed at the end only: files are created more slowly where many were deleted.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileSystemOf } from "./machine.ts"
import type { PlaceName } from "./options.ts"

export interface Place {
  readonly name: PlaceName
  readonly description: string
  /** A folder of its own for whoever asks. */
  readonly fresh: (label: string) => string
  /** Waits until nothing is left to be written, so that no case pays for the one before. */
  readonly quiet: () => void
  readonly remove: () => void
}

const loopBytes = 8 * 2 ** 30

const placeIn = (name: PlaceName, root: string, remove: () => void): Place => {
  let count = 0
  const { options, source, type } = fileSystemOf(root)
  return {
    name,
    description: `${type} on ${source} (${options})`,
    fresh: (label) => {
      const folder = join(root, `${count++}-${label.replace(/[^A-Za-z0-9]+/g, "-")}`)
      mkdirSync(folder, { recursive: true })
      return folder
    },
    quiet: () => {
      spawnSync("sync", ["--file-system", root])
    },
    remove
  }
}

const onDisk = (directory: string): Place => {
  const root = join(directory, "disk")
  mkdirSync(root, { recursive: true })
  return placeIn("disk", root, () => rmSync(root, { recursive: true, force: true }))
}

const run = (program: string, ...args: ReadonlyArray<string>) =>
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] })

const journaled = (directory: string): Place => {
  const file = join(directory, "journaled.img")
  const root = join(directory, "journaled")
  mkdirSync(root, { recursive: true })
  writeFileSync(file, "")
  truncateSync(file, loopBytes)
  run("mkfs.ext4", "-q", "-F", "-O", "has_journal", file)
  run("mount", "-o", "loop", file, root)
  return placeIn("journaled", root, () => {
    // A case that is cut short may have its files open for a few seconds more.
    if (spawnSync("umount", [root], { stdio: "ignore" }).status !== 0) spawnSync("umount", ["--lazy", root])
    rmSync(file, { force: true })
  })
}

/** Makes a place; one that cannot be made gives the reason. */
export const makePlace = (name: PlaceName, directory: string): Place | { readonly failure: string } => {
  try {
    return name === "disk" ? onDisk(directory) : journaled(directory)
  } catch (cause) {
    return { failure: (cause as Error).message.split("\n").filter((line) => line !== "").at(-1) ?? "" }
  }
}
