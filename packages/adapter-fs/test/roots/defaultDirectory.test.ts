/** Where sessions go when nobody says where: never into what goes with a package. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { UserDirectories } from "effect/persistence"
import { CurrentSurroundings, type Surroundings } from "../../src/probe/surroundings.ts"
import { defaultDirectory } from "../../src/roots/defaultDirectory.ts"
import { aroundOf } from "../probe/facts.ts"

const windowsEnv = {
  USERPROFILE: "C:\\Users\\a",
  APPDATA: "C:\\Users\\a\\AppData\\Roaming",
  LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local"
}
const windowsApps = "D:\\WindowsApps\\Claude_1.2.3.0_x64__pzs8sxrjxfjjc\\app\\claude.exe"
const snapHome = "/home/a/snap/claude/219"

const rows: { readonly [what: string]: readonly [around: Partial<Surroundings>, folder: string] } = {
  "Windows": [{ platform: "win32", env: windowsEnv }, "C:\\Users\\a\\AppData\\Roaming\\claude"],
  "a package by its identity": [
    { platform: "win32", env: windowsEnv, windowsStore: true },
    "C:\\Users\\a\\.claude"
  ],
  "a package by its program's path": [
    { platform: "win32", env: windowsEnv, execPath: windowsApps },
    "C:\\Users\\a\\.claude"
  ],
  "a package whose data lies outside of AppData": [
    { platform: "win32", env: { ...windowsEnv, XDG_DATA_HOME: "E:\\data" }, execPath: windowsApps },
    "E:\\data\\claude"
  ],
  "a private folder that a variable names": [
    {
      platform: "win32",
      env: { ...windowsEnv, APPDATA: "C:\\Users\\a\\AppData\\Local\\Packages\\X_1\\LocalCache\\Roaming" }
    },
    "C:\\Users\\a\\.claude"
  ],
  "a private folder on another drive": [
    { platform: "win32", env: { ...windowsEnv, APPDATA: "D:\\WpSystem\\S-1-5\\AppData\\Roaming" } },
    "C:\\Users\\a\\.claude"
  ],
  "Linux": [{ env: { HOME: "/home/a" } }, "/home/a/.local/share/claude"],
  "Linux with a data folder": [{ env: { HOME: "/home/a", XDG_DATA_HOME: "/data" } }, "/data/claude"],
  "a snap": [
    { env: { HOME: snapHome, SNAP_USER_COMMON: "/home/a/snap/claude/common" } },
    "/home/a/snap/claude/common/claude"
  ],
  "a snap without its variables": [{ env: { HOME: snapHome } }, "/home/a/snap/claude/common/claude"],
  "a snap's link to a revision": [
    { env: { HOME: "/home/a", XDG_DATA_HOME: "/home/a/snap/claude/current/data" } },
    "/home/a/snap/claude/common/claude"
  ],
  "a Flatpak": [
    { env: { HOME: "/home/a", XDG_DATA_HOME: "/home/a/.var/app/x/data" }, files: ["/.flatpak-info"] },
    "/home/a/.var/app/x/data/claude"
  ],
  "macOS": [{ platform: "darwin", env: { HOME: "/Users/a" } }, "/Users/a/Library/Application Support/claude"]
}

const find = (around: Surroundings) =>
  defaultDirectory("claude").pipe(
    Effect.provideService(CurrentSurroundings, around),
    Effect.provide(UserDirectories.layerPlatform(around.platform)),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: around.env as Record<string, string> })
    )
  )

describe("the default folder", () => {
  for (const [what, [around, folder]] of Object.entries(rows)) {
    it.effect(`is ${folder} for ${what}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* find(aroundOf(around)), folder)
      }))
  }

  it.effect("is a failure where the user has no home, never a guess", () =>
    Effect.gen(function*() {
      for (const platform of ["win32", "linux", "darwin"] as const) {
        const error = yield* Effect.flip(find(aroundOf({ platform, windowsStore: true })))
        assert.strictEqual(error.reason._tag, "NotFound")
      }
    }))
})
