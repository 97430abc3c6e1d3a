/**
 * What is around the process: platform, environment variables, its own program, a few telling files.
 *
 * It is read here and nowhere else, so that a test, or a tool that looks at another machine, can be in any
 * environment. What follows from it is for others to say.
 */
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import { existsSync } from "node:fs"
import type { Platform } from "../io/errno.ts"

/** Facts of the process that tell which container it may be in. */
export interface Surroundings {
  readonly platform: Platform
  readonly env: { readonly [name: string]: string | undefined }
  /** The program that runs, as `process.execPath` names it. */
  readonly execPath: string
  /** Electron's `process.windowsStore`: the process has a Windows package identity. */
  readonly windowsStore: boolean
  /** Electron's `process.mas`: a build for the Mac App Store, which is always sandboxed. */
  readonly macAppStore: boolean
  /** Files that container runtimes put into their containers, as far as they exist. */
  readonly files: ReadonlyArray<string>
}

/** Files that container runtimes put into their containers. */
const tellingFiles: ReadonlyArray<string> = ["/.flatpak-info", "/.dockerenv", "/run/.containerenv"]

const isFlagged = (name: string): boolean => Predicate.hasProperty(process, name) && process[name] === true

// These files are no part of a store, so they are looked for without the door that stores go through.
const observe = (): Surroundings => ({
  platform: process.platform,
  env: process.env,
  execPath: process.execPath,
  windowsStore: isFlagged("windowsStore"),
  macAppStore: isFlagged("mas"),
  files: process.platform === "linux" ? tellingFiles.filter((file) => existsSync(file)) : []
})

/** The surroundings of this process, unless somebody provides others. */
export const CurrentSurroundings: Context.Reference<Surroundings> = Context.Reference(
  "@holdfast/adapter-fs/probe/CurrentSurroundings",
  { defaultValue: observe }
)
