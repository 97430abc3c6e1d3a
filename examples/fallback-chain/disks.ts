/**
 * Small disks that are real: file systems of a few megabytes that the kernel makes read-only and that fill up.
 *
 * They are mounted in a mount namespace of the example's own. Nobody else sees them, and they are gone with the
 * last process in it, however that ends.
 */
import { spawnSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"

/** Runs a command to its end. */
const run = ([program = "", ...args]: ReadonlyArray<string>, stdio: "inherit" | "pipe") =>
  spawnSync(program, args, { encoding: "utf8", stdio })

/** Gives a command mounts of its own. Who is not root may do that where the system lets users have namespaces. */
const withOwnMounts = (...command: ReadonlyArray<string>): ReadonlyArray<string> => {
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"]
  return ["unshare", ...user, "--mount", "--propagation", "private", "--", ...command]
}

/** Why a disk cannot be mounted here; nothing when it can. */
export const whyNoMounts = (folder: string): string | undefined => {
  const { error, status, stderr } = run(withOwnMounts("mount", "-t", "tmpfs", "tmpfs", folder), "pipe")
  return status === 0 ? undefined : error?.message ?? stderr.trim()
}

/** Runs a program of Node where disks can be mounted, to its end. Gives its exit code. */
export const runWithOwnMounts = (file: string, ...args: ReadonlyArray<string>): number =>
  run(withOwnMounts(process.execPath, ...process.execArgv, file, ...args), "inherit").status ?? 1

const mount = (...args: ReadonlyArray<string>): void => {
  const { error, status, stderr } = run(["mount", ...args], "pipe")
  if (status !== 0) throw new Error(`mount ${args.join(" ")}: ${stderr}`, { cause: error })
}

/** A small disk. */
export interface Disk {
  readonly folder: string
  readonly makeReadOnly: () => void
  readonly makeWritable: () => void
  /** Takes all the space that is left. */
  readonly fill: () => void
  /** Gives that space back. */
  readonly free: () => void
}

const pageBytes = 4096

const writeUntilFull = (file: string): void => {
  const page = new Uint8Array(pageBytes)
  const ballast = openSync(file, "wx")
  try {
    for (;;) writeSync(ballast, page)
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== "ENOSPC") throw failure
  } finally {
    closeSync(ballast)
  }
}

/** Mounts a small disk. */
export const mountDisk = (folder: string): Disk => {
  mkdirSync(folder)
  mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", folder)
  const ballast = join(folder, "ballast")
  return {
    folder,
    // The kernel refuses to do that to a mount in which files are open for writing, and the app has its locks open. So
    // the same disk is mounted read-only above it: every path goes through that mount.
    makeReadOnly: () => mount("--bind", "-o", "ro", folder, folder),
    makeWritable: () => mount("-o", "remount,bind,rw", folder),
    fill: () => writeUntilFull(ballast),
    free: () => rmSync(ballast)
  }
}
