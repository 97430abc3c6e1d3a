/** Which container the surroundings, the path and the probe's real path show, and whether it explains a failure. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { containerOf, hintsOf } from "../../src/probe/containers.ts"
import type { Surroundings } from "../../src/probe/surroundings.ts"
import { aroundOf } from "./facts.ts"

const windows: Partial<Surroundings> = { platform: "win32", execPath: "C:\\Program Files\\nodejs\\node.exe" }
const windowsApps = "C:\\Program Files\\WindowsApps\\Claude_1.2.3.0_x64__pzs8sxrjxfjjc\\app\\claude.exe"
const roaming = "C:\\Users\\a\\AppData\\Roaming\\Claude\\sessions"
const cache = "C:\\Users\\a\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\sessions"
const otherDrive =
  "D:\\WpSystem\\S-1-5-21-1\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\sessions"

interface Row {
  readonly around: Partial<Surroundings>
  readonly given: string
  readonly actual?: string
  /** Each hint's kind and name, with `!` where it redirects. */
  readonly hints: ReadonlyArray<string>
  /** The real path of the container that failures are read with. */
  readonly leads?: string
}

const rows: { readonly [what: string]: Row } = {
  "a plain Linux process": { around: {}, given: "/home/a/.local/share/x", actual: "/home/a/.local/share/x", hints: [] },
  "a plain Windows process": { around: windows, given: roaming, actual: roaming, hints: [] },
  "a Windows path in another spelling": {
    around: windows,
    given: roaming,
    actual: `\\\\?\\${roaming.toUpperCase()}`,
    hints: []
  },
  "a package that redirects": {
    around: { ...windows, windowsStore: true, execPath: windowsApps },
    given: roaming,
    actual: cache,
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: cache
  },
  "a package on another drive": {
    around: { ...windows, execPath: windowsApps.replace("C:\\Program Files", "E:") },
    given: roaming,
    actual: otherDrive,
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: otherDrive
  },
  "a private folder on another drive that does not name the package": {
    around: { ...windows, execPath: windowsApps },
    given: roaming,
    actual: "D:\\WpSystem\\S-1-5-21-1\\x",
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: "D:\\WpSystem\\S-1-5-21-1\\x"
  },
  "a child of a package, which looks like any program": {
    around: windows,
    given: roaming,
    actual: cache,
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: cache
  },
  "a package before anything was tried": {
    around: { ...windows, execPath: windowsApps },
    given: roaming,
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: cache
  },
  "a package of which only the identity is known": {
    around: { ...windows, windowsStore: true },
    given: roaming,
    hints: ["!msix an MSIX package"],
    leads: roaming
  },
  "a package whose folder was there before it": {
    around: { ...windows, execPath: windowsApps },
    given: roaming,
    actual: roaming,
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: roaming
  },
  "a package with AppData elsewhere": {
    around: { ...windows, execPath: windowsApps, env: { APPDATA: "E:\\Profile\\Roaming" } },
    given: "E:\\Profile\\Roaming\\Claude",
    hints: ["!msix MSIX package Claude_pzs8sxrjxfjjc"],
    leads: "E:\\Profile\\Roaming\\Claude"
  },
  "a package with a store outside of AppData": {
    around: { ...windows, execPath: windowsApps },
    given: "C:\\Users\\a\\.claude",
    actual: "C:\\Users\\a\\.claude",
    hints: ["msix MSIX package Claude_pzs8sxrjxfjjc"]
  },
  "a private folder by its own path": {
    around: windows,
    given: cache,
    actual: cache,
    hints: ["msix MSIX package Claude_pzs8sxrjxfjjc"]
  },
  "paths of Windows on Linux": { around: { execPath: windowsApps }, given: roaming, actual: cache, hints: [] },
  "a Flatpak": {
    around: { files: ["/.flatpak-info"], env: { FLATPAK_ID: "org.x.X" } },
    given: "/home/a/.var/app/org.x.X/data/x",
    hints: ["!flatpak Flatpak org.x.X"],
    leads: "/home/a/.var/app/org.x.X/data/x"
  },
  "a Flatpak without a name": {
    around: { files: ["/.flatpak-info"] },
    given: "/run/user/1000/doc/1/x",
    hints: ["!flatpak Flatpak sandbox"],
    leads: "/run/user/1000/doc/1/x"
  },
  "a Flatpak that is told by its variable alone": {
    around: { env: { FLATPAK_ID: "org.x.X" } },
    given: "/x",
    hints: ["!flatpak Flatpak org.x.X"],
    leads: "/x"
  },
  "a snap": {
    around: { env: { SNAP: "/snap/x/219", SNAP_NAME: "x" }, execPath: "/snap/x/219/bin/x" },
    given: "/srv/x",
    hints: ["!snap snap x"],
    leads: "/srv/x"
  },
  "a snap's own folder from inside": {
    around: { env: { SNAP: "/snap/x/219" } },
    given: "/home/a/snap/x/219/.config/x",
    hints: ["!snap snap x"],
    leads: "/home/a/snap/x/219/.config/x"
  },
  "a snap's own folder from outside": {
    around: {},
    given: "/home/a/snap/x/common/x",
    hints: ["snap snap x"]
  },
  "a program that was started from a snap's terminal": {
    around: { env: { SNAP: "/snap/code/1", SNAP_NAME: "code" } },
    given: "/home/a/x",
    hints: ["snap snap code"]
  },
  "a macOS sandbox": {
    around: { platform: "darwin", env: { APP_SANDBOX_CONTAINER_ID: "com.x" } },
    given: "/Users/a/x",
    hints: ["!macSandbox macOS sandbox com.x"],
    leads: "/Users/a/x"
  },
  "a build for the Mac App Store": {
    around: { platform: "darwin", macAppStore: true },
    given: "/Users/a/x",
    hints: ["!macSandbox macOS sandbox"],
    leads: "/Users/a/x"
  },
  "a home that is a container's": {
    around: { platform: "darwin", env: { HOME: "/Users/a/Library/Containers/com.x/Data" } },
    given: "/Users/a/x",
    hints: ["!macSandbox macOS sandbox com.x"],
    leads: "/Users/a/x"
  },
  "another program's container": {
    around: { platform: "darwin" },
    given: "/Users/a/Library/Containers/com.y/Data/x",
    hints: ["macSandbox macOS container com.y"]
  },
  "WSL": { around: { env: { WSL_DISTRO_NAME: "Ubuntu" } }, given: "/mnt/c/x", hints: ["wsl WSL Ubuntu"] },
  "WSL without a name": { around: { env: { WSL_INTEROP: "/run/1" } }, given: "/home/a", hints: ["wsl WSL"] },
  "Docker": { around: { files: ["/.dockerenv"] }, given: "/data", hints: ["docker a Docker or Podman container"] },
  "Podman": {
    around: { files: ["/run/.containerenv"] },
    given: "/data",
    hints: ["docker a Docker or Podman container"]
  },
  "OneDrive of an organisation": {
    around: windows,
    given: "C:\\Users\\a\\OneDrive - Org\\x",
    hints: ["syncedFolder OneDrive"]
  },
  "OneDrive elsewhere": {
    around: { ...windows, env: { OneDriveCommercial: "F:\\Work" } },
    given: "f:\\work\\x",
    hints: ["syncedFolder OneDrive"]
  },
  "OneDrive by a link": {
    around: { platform: "darwin" },
    given: "/Users/a/x",
    actual: "/Users/a/Library/CloudStorage/OneDrive-Personal/x",
    hints: ["syncedFolder OneDrive"]
  },
  "Dropbox": { around: {}, given: "/home/a/Dropbox/x", hints: ["syncedFolder Dropbox"] },
  "Dropbox of an organisation": { around: {}, given: "/home/a/Dropbox (Org)/x", hints: ["syncedFolder Dropbox"] },
  "iCloud": {
    around: { platform: "darwin" },
    given: "/Users/a/Library/Mobile Documents/com~apple~CloudDocs/x",
    hints: ["syncedFolder iCloud Drive"]
  },
  "Google Drive": {
    around: { platform: "darwin" },
    given: "/Users/a/Library/CloudStorage/GoogleDrive-a@b.c/My Drive/x",
    hints: ["syncedFolder Google Drive"]
  },
  "names that only begin alike": { around: {}, given: "/home/a/DropboxOld/OneDriver/x", hints: [] },
  "a sandbox and a synced folder": {
    around: { files: ["/.dockerenv", "/.flatpak-info"] },
    given: "/home/a/Dropbox/x",
    hints: ["!flatpak Flatpak sandbox", "docker a Docker or Podman container", "syncedFolder Dropbox"],
    leads: "/home/a/Dropbox/x"
  }
}

describe("the signs of a container", () => {
  for (const [what, { actual, around: differing, given, hints, leads }] of Object.entries(rows)) {
    const around = aroundOf(differing)
    const store = { given, actual: Option.fromUndefinedOr(actual) }
    it(`are ${hints.length === 0 ? "none" : hints.join(", ")} for ${what}`, () => {
      const seen = hintsOf(around, store)
      assert.deepStrictEqual(seen.map(({ kind, name, redirects }) => `${redirects ? "!" : ""}${kind} ${name}`), hints)
      for (const { because } of seen) assert.isNotEmpty(because)
    })

    it(`${leads === undefined ? "explain no failure" : "explain failures by where the path leads"}: ${what}`, () => {
      assert.deepStrictEqual(
        Option.map(containerOf(around, store), ({ actual, given }) => ({ actual, given })),
        Option.map(Option.fromUndefinedOr(leads), (path) => ({ actual: path, given }))
      )
    })
  }
})
