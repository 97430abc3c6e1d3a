/**
 * Which containers the process and its store are in, as far as the surroundings and the paths tell.
 *
 * A hint with `redirects` shows a container that leads this store's path elsewhere or restricts it, so that
 * a refused rename or listing is its doing. The others are worth knowing and explain no failure. An
 * environment variable alone is weak: children of a packaged program inherit it.
 */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type { Container } from "../io/errno.ts"
import type { Hint, StoreFolder } from "./hint.ts"
import { isSamePath, isWithin, plain } from "./paths.ts"
import type { Surroundings } from "./surroundings.ts"
import { syncedFolderHints } from "./syncedFolders.ts"

type Detect = (around: Surroundings, store: StoreFolder) => Option.Option<Hint>

const appDataFolder = /\/AppData\/(Local|LocalLow|Roaming)(\/|$)/i

/** Whether a path lies where Windows redirects the writes of packaged programs. */
export const isRedirectable = (path: string, { env }: Surroundings): boolean =>
  appDataFolder.test(plain(path))
  || [env["APPDATA"], env["LOCALAPPDATA"]].some((folder) => folder !== undefined && isWithin(path, folder, "win32"))

// Name_Version_Architecture_ResourceId_PublisherId; the family is the first part and the last.
const familyOf = (fullName: string): string => fullName.replace(/^([^_]+)_.*_([^_]+)$/, "$1_$2")

/** The family of the package that this very process runs from, if it does. */
export const packageFamily = ({ execPath, windowsStore }: Surroundings): Option.Option<string> => {
  const fullName = /\/WindowsApps\/([^/]+)\//i.exec(plain(execPath))?.[1]
  if (fullName !== undefined) return Option.some(familyOf(fullName))
  return windowsStore ? Option.some("") : Option.none()
}

// The private folder of a package: on the drive of the user's profile, or of a package that is elsewhere.
const privateFolder = /\/(?:AppData\/Local\/Packages\/([^/]+)\/(?:LocalCache|LocalState)|WpSystem\/[^/]+)(\/|$)/i

/** The package whose private folder a path is in; an empty name where the path does not tell. */
const packageOf = (path: string): Option.Option<string> =>
  Option.map(
    Option.fromNullishOr(privateFolder.exec(plain(path))),
    (match) => match[1] ?? /\/Packages\/([^/]+)\//i.exec(plain(path))?.[1] ?? ""
  )

const msixNamed = (family: string): string => family === "" ? "an MSIX package" : `MSIX package ${family}`

const detectMsix: Detect = (around, { actual, given }) => {
  if (around.platform !== "win32") return Option.none()
  const family = packageFamily(around)
  const redirected = Option.filter(actual, (path) => !isSamePath(path, given, "win32"))
  const target = Option.flatMap(redirected, packageOf)
  if (Option.isSome(target)) {
    const name = msixNamed(target.value === "" ? Option.getOrElse(family, () => "") : target.value)
    return Option.some({ kind: "msix", name, because: "files lie in a package's private folder", redirects: true })
  }
  if (Option.isSome(family)) {
    const because = around.windowsStore ? "the process has a package identity" : "the program lies in WindowsApps"
    return Option.some({
      kind: "msix",
      name: msixNamed(family.value),
      because,
      redirects: isRedirectable(given, around)
    })
  }
  // By its own path a private folder is an ordinary one.
  const because = "the folder is a package's private one"
  return Option.map(packageOf(given), (own) => ({ kind: "msix", name: msixNamed(own), because, redirects: false }))
}

const detectFlatpak: Detect = ({ env, files, platform }) => {
  const hasFile = files.includes("/.flatpak-info")
  const id = env["FLATPAK_ID"]
  if (platform !== "linux" || (!hasFile && id === undefined)) return Option.none()
  const because = hasFile ? "/.flatpak-info exists" : "FLATPAK_ID is set"
  return Option.some({ kind: "flatpak", name: `Flatpak ${id ?? "sandbox"}`, because, redirects: true })
}

const snapFolder = /\/snap\/([^/]+)\/(?:current|common|x?\d+)(\/|$)/

const detectSnap: Detect = ({ env, execPath, platform }, { actual, given }) => {
  if (platform !== "linux") return Option.none()
  const paths = [given, ...Option.toArray(actual)]
  const own = snapFolder.exec(paths.find((path) => snapFolder.test(path)) ?? "")?.[1]
  const snap = env["SNAP"]
  if (own === undefined && snap === undefined) return Option.none()
  // A terminal inside a snap hands its variables to every program that is started in it.
  const runsFromSnap = snap !== undefined && isWithin(execPath, snap, platform)
  const name = `snap ${own ?? env["SNAP_NAME"] ?? env["SNAP_INSTANCE_NAME"] ?? ""}`.trim()
  const because = own === undefined
    ? runsFromSnap ? "the program lies in $SNAP" : "SNAP is set, perhaps by the program that started this one"
    : "the folder is a snap's own"
  return Option.some({
    kind: "snap",
    name,
    because,
    redirects: snap !== undefined && (own !== undefined || runsFromSnap)
  })
}

const macContainer = /\/Library\/Containers\/([^/]+)\/Data(\/|$)/

const detectMacSandbox: Detect = ({ env, macAppStore, platform }, { given }) => {
  if (platform !== "darwin") return Option.none()
  const id = env["APP_SANDBOX_CONTAINER_ID"]
  const folder = macContainer.exec(env["HOME"] ?? "")?.[1]
  if (id !== undefined || macAppStore || folder !== undefined) {
    const because = id !== undefined
      ? "APP_SANDBOX_CONTAINER_ID is set"
      : macAppStore
      ? "the program is a build for the Mac App Store"
      : "the home folder is a container's"
    const name = `macOS sandbox ${id ?? folder ?? ""}`.trim()
    return Option.some({ kind: "macSandbox", name, because, redirects: true })
  }
  const other = macContainer.exec(given)?.[1]
  return Option.map(Option.fromUndefinedOr(other), (bundle) => ({
    kind: "macSandbox",
    name: `macOS container ${bundle}`,
    because: "the folder is another program's container",
    redirects: false
  }))
}

const detectWsl: Detect = ({ env, platform }, { given }) => {
  const distribution = env["WSL_DISTRO_NAME"]
  if (platform !== "linux" || (distribution === undefined && env["WSL_INTEROP"] === undefined)) return Option.none()
  const because = /^\/mnt\/[a-z](\/|$)/.test(given) ? "the folder is on a disk of Windows" : "WSL_DISTRO_NAME is set"
  return Option.some({ kind: "wsl", name: `WSL ${distribution ?? ""}`.trim(), because, redirects: false })
}

const detectDocker: Detect = ({ files, platform }) => {
  const file = files.find((name) => name === "/.dockerenv" || name === "/run/.containerenv")
  return platform === "linux" && file !== undefined
    ? Option.some({ kind: "docker", name: "a Docker or Podman container", because: `${file} exists`, redirects: false })
    : Option.none()
}

const detectors: ReadonlyArray<Detect> = [
  detectMsix,
  detectFlatpak,
  detectSnap,
  detectMacSandbox,
  detectWsl,
  detectDocker
]

/** Every sign of a container, those that redirect first. */
export const hintsOf = (around: Surroundings, store: StoreFolder): ReadonlyArray<Hint> => {
  const hints = [...Arr.getSomes(detectors.map((detect) => detect(around, store))), ...syncedFolderHints(around, store)]
  return [...hints.filter(({ redirects }) => redirects), ...hints.filter(({ redirects }) => !redirects)]
}

/** Where Windows documents that a package's writes to AppData go; the path itself where that is not known. */
const documented = (given: string, around: Surroundings, hint: Hint): string => {
  const family = Option.getOrElse(packageFamily(around), () => "")
  const match = /^(.*[\\/]AppData[\\/])(Local|Roaming)([\\/].*)?$/i.exec(given)
  if (hint.kind !== "msix" || family === "" || match === null) return given
  const [, appData = "", area = "", rest = ""] = match
  const separator = appData.slice(-1)
  return `${appData}${["Local", "Packages", family, "LocalCache", area].join(separator)}${rest}`
}

/** The container that failures are to be read with: one that redirects or restricts the store's folder. */
export const containerOf = (around: Surroundings, store: StoreFolder): Option.Option<Container> =>
  Option.map(Arr.findFirst(hintsOf(around, store), ({ redirects }) => redirects), (hint) => ({
    name: hint.name,
    given: store.given,
    actual: Option.getOrElse(store.actual, () => documented(store.given, around, hint))
  }))
