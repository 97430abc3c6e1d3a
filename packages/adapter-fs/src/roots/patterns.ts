/**
 * Every place where sessions of an app may lie, as patterns of paths: pure, from names and surroundings.
 *
 * The platform's own folders come first, then those that containers keep for the same app. Nothing here
 * looks at a disk; which of the places exist is found out by expanding the patterns.
 */
import * as Option from "effect/Option"
import { plain } from "../probe/paths.ts"
import type { Surroundings } from "../probe/surroundings.ts"
import { absolute, homeOf, join } from "./folders.ts"

/** What an app calls itself, where it was given other names than its folder's. `*` in a name stands for anything. */
export interface App {
  /** The folder of the app's data, for example `Claude`. */
  readonly name: string
  /** The store's folder below it, for example `claude-code-sessions`; the app's folder itself when absent. */
  readonly sessions?: string | undefined
  /** Where the app is configured to keep its sessions. */
  readonly directory?: string | undefined
  /** Folders of former versions: absolute, below the home as `~/name`, or beside `sessions` by name. */
  readonly legacy?: ReadonlyArray<string> | undefined
  /** The family of its Windows package, for example `Claude_*`; any package when absent. */
  readonly packageFamily?: string | undefined
  readonly snap?: string | undefined
  readonly flatpak?: string | undefined
  /** The bundle id of its macOS app. */
  readonly bundle?: string | undefined
}

/** What makes a folder a candidate. */
export type Origin =
  | "configured"
  | "roamingAppData"
  | "localAppData"
  | "packageLocalCache"
  | "packageLocalState"
  | "packageOnOtherDrive"
  | "xdgData"
  | "xdgConfig"
  | "xdgState"
  | "snap"
  | "flatpak"
  | "applicationSupport"
  | "macContainer"
  | "homeFolder"
  | "legacy"

/** A name, or anything that a pattern with `*` matches. */
export type Step = string | { readonly glob: string }

/** A place: a folder, and the way from it. */
export interface Pattern {
  readonly origin: Origin
  readonly base: string
  readonly steps: ReadonlyArray<Step>
  /** The path by which the app itself reaches the place, where a container leads it there. */
  readonly logical: Option.Option<string>
}

type Places = (app: App, around: Surroundings) => ReadonlyArray<Pattern>

const at = (origin: Origin, base: Option.Option<string>, ...steps: ReadonlyArray<Step>): ReadonlyArray<Pattern> =>
  Option.match(base, {
    onNone: () => [],
    onSome: (folder) => [{ origin, base: folder, steps, logical: Option.none() }]
  })

// A package on another volume keeps its private folders there, below a folder with the user's id.
const driveLetters = "CDEFGHIJKLMNOPQRSTUVWXYZ".split("")

const windowsPlaces: Places = (app, around) => {
  const { name, packageFamily = "*" } = app
  const home = homeOf(around)
  const below = (folder: string) => Option.map(home, (found) => join(around, found, "AppData", folder))
  const roaming = Option.orElse(absolute(around, "APPDATA"), () => below("Roaming"))
  const local = Option.orElse(absolute(around, "LOCALAPPDATA"), () => below("Local"))
  const family: Step = { glob: packageFamily }
  const redirected = (origin: Origin, base: Option.Option<string>, ...way: ReadonlyArray<Step>) =>
    ([["Roaming", roaming], ["Local", local]] as const).flatMap(([area, asked]) =>
      at(origin, base, ...way, "LocalCache", area, name)
        .map((pattern) => ({ ...pattern, logical: Option.map(asked, (folder) => join(around, folder, name)) }))
    )
  const packages = Option.map(local, (folder) => join(around, folder, "Packages"))
  return [
    ...at("roamingAppData", roaming, name),
    ...at("localAppData", local, name),
    ...at("homeFolder", home, `.${name}`),
    ...redirected("packageLocalCache", packages, family),
    ...at("packageLocalState", packages, family, "LocalState", name),
    ...driveLetters.flatMap((letter) => {
      const base = Option.some(`${letter}:\\WpSystem`)
      const way: ReadonlyArray<Step> = [{ glob: "*" }, "AppData", "Local", "Packages", family]
      return [
        ...redirected("packageOnOtherDrive", base, ...way),
        ...at("packageOnOtherDrive", base, ...way, "LocalState", name)
      ]
    })
  ]
}

const linuxPlaces: Places = (app, around) => {
  const { flatpak = "*", name, snap = "*" } = app
  const home = homeOf(around)
  const below = (...names: ReadonlyArray<string>) => Option.map(home, (folder) => join(around, folder, ...names))
  // Inside a Flatpak the plain variables name its own folders, and these the user's.
  const named = (origin: Origin, kind: string) =>
    [`XDG_${kind}_HOME`, `HOST_XDG_${kind}_HOME`].flatMap((set) => at(origin, absolute(around, set), name))
  const own = [["data", name], ["config", name], [".local", "state", name]]
  const inSnap = [[".config", name], [".local", "share", name], [`.${name}`], [name]]
  return [
    ...named("xdgData", "DATA"),
    ...at("xdgData", below(".local", "share"), name),
    ...named("xdgConfig", "CONFIG"),
    ...at("xdgConfig", below(".config"), name),
    ...named("xdgState", "STATE"),
    ...at("xdgState", below(".local", "state"), name),
    ...at("homeFolder", home, `.${name}`),
    ...inSnap.flatMap((way) => at("snap", below("snap"), { glob: snap }, { glob: "*" }, ...way)),
    ...own.flatMap((way) => at("flatpak", below(".var", "app"), { glob: flatpak }, ...way))
  ]
}

const macPlaces: Places = (app, around) => {
  const { bundle = "*", name } = app
  const home = homeOf(around)
  const library = Option.map(home, (folder) => join(around, folder, "Library"))
  const support = Option.map(library, (folder) => join(around, folder, "Application Support"))
  const containers = Option.map(library, (folder) => join(around, folder, "Containers"))
  return [
    ...at("applicationSupport", support, name),
    ...at("xdgData", absolute(around, "XDG_DATA_HOME"), name),
    ...at("xdgConfig", absolute(around, "XDG_CONFIG_HOME"), name),
    ...at("homeFolder", home, `.${name}`),
    ...at("macContainer", containers, { glob: bundle }, "Data", "Library", "Application Support", name)
      .map((pattern) => ({ ...pattern, logical: Option.map(support, (folder) => join(around, folder, name)) }))
  ]
}

const isAbsolute = (path: string): boolean => /^([A-Za-z]:)?\//.test(plain(path))

/** A place continued to a folder below it. */
const continued = (pattern: Pattern, folder: string, around: Surroundings): Pattern => ({
  ...pattern,
  steps: [...pattern.steps, folder],
  logical: Option.map(pattern.logical, (path) => join(around, path, folder))
})

const legacyPlaces = (app: App, around: Surroundings, own: ReadonlyArray<Pattern>): ReadonlyArray<Pattern> =>
  (app.legacy ?? []).flatMap((folder) => {
    if (isAbsolute(folder)) return at("legacy", Option.some(folder))
    if (/^~[\\/]/.test(folder)) return at("legacy", homeOf(around), folder.slice(2))
    return own.map((pattern): Pattern => ({ ...continued(pattern, folder, around), origin: "legacy" }))
  })

/** The places of an app, the configured one first. */
export const patternsOf: Places = (app, around) => {
  const { directory, sessions } = app
  const places = around.platform === "win32" ? windowsPlaces : around.platform === "darwin" ? macPlaces : linuxPlaces
  const own = places(app, around)
  return [
    ...at("configured", Option.fromUndefinedOr(directory)),
    ...own.map((pattern) => sessions === undefined ? pattern : continued(pattern, sessions, around)),
    ...legacyPlaces(app, around, own)
  ]
}
