/** Disks of each platform, with the places where sessions of an app are or may be. */
import type { Surroundings } from "../../src/probe/surroundings.ts"
import type { App, Origin } from "../../src/roots/patterns.ts"
import { aroundOf } from "../probe/facts.ts"
import type { Tree } from "./tree.ts"

export const claude: App = { name: "Claude", sessions: "claude-code-sessions", packageFamily: "Claude_*" }

export const user = "C:\\Users\\a"
export const roaming = `${user}\\AppData\\Roaming`
export const local = `${user}\\AppData\\Local`
export const windows = aroundOf({
  platform: "win32",
  env: { USERPROFILE: user, APPDATA: roaming, LOCALAPPDATA: local }
})
export const linux = aroundOf({ env: { HOME: "/home/a" } })
const mac = aroundOf({ platform: "darwin", env: { HOME: "/Users/a" } })
export const family = "Claude_pzs8sxrjxfjjc"
const cache = `${local}\\Packages\\${family}\\LocalCache`
const sid = "S-1-5-21-1"
const session = "acct\\org\\local_1.json"

export interface Row {
  readonly app?: App
  readonly around: Surroundings
  readonly tree: Tree
  /** The places that may hold sessions: origin, path, and `documents/temporaries` or the code. */
  readonly live: ReadonlyArray<readonly [origin: Origin, path: string, seen: string]>
  readonly unlisted?: ReadonlyArray<string>
}

export const rows: { readonly [what: string]: Row } = {
  "nothing anywhere": { around: windows, tree: { files: [`${roaming}\\Other\\x.json`] }, live: [] },
  "the real AppData": {
    around: windows,
    tree: { files: [`${roaming}\\Claude\\claude-code-sessions\\${session}`] },
    live: [["roamingAppData", `${roaming}\\Claude\\claude-code-sessions`, "1/0"]]
  },
  "the private folder of a package, where nothing got its name": {
    around: windows,
    tree: {
      files: [
        `${cache}\\Roaming\\Claude\\claude-code-sessions\\${session}.tmp`,
        `${cache}\\Roaming\\Claude\\claude-code-sessions\\acct\\org\\local_2.json.tmp`
      ]
    },
    live: [["packageLocalCache", `${cache}\\Roaming\\Claude\\claude-code-sessions`, "0/2"]]
  },
  "both: what was there before the package, and what the package wrote": {
    around: windows,
    tree: {
      files: [
        `${roaming}\\Claude\\claude-code-sessions\\${session}`,
        `${cache}\\Roaming\\Claude\\claude-code-sessions\\${session}`
      ]
    },
    live: [
      ["roamingAppData", `${roaming}\\Claude\\claude-code-sessions`, "1/0"],
      ["packageLocalCache", `${cache}\\Roaming\\Claude\\claude-code-sessions`, "1/0"]
    ]
  },
  "two packages of one app, and one of another": {
    around: windows,
    tree: {
      files: [
        `${cache}\\Roaming\\Claude\\claude-code-sessions\\${session}`,
        `${local}\\Packages\\claude_other\\LocalCache\\Local\\Claude\\claude-code-sessions\\${session}`,
        `${local}\\Packages\\Else_pzs8\\LocalCache\\Roaming\\Claude\\claude-code-sessions\\${session}`
      ]
    },
    live: [
      ["packageLocalCache", `${cache}\\Roaming\\Claude\\claude-code-sessions`, "1/0"],
      [
        "packageLocalCache",
        `${local}\\Packages\\claude_other\\LocalCache\\Local\\Claude\\claude-code-sessions`,
        "1/0"
      ]
    ]
  },
  "a package's own data": {
    around: windows,
    tree: { files: [`${local}\\Packages\\${family}\\LocalState\\Claude\\claude-code-sessions\\${session}`] },
    live: [["packageLocalState", `${local}\\Packages\\${family}\\LocalState\\Claude\\claude-code-sessions`, "1/0"]]
  },
  "a package on another drive": {
    around: windows,
    tree: {
      files: [
        `D:\\WpSystem\\${sid}\\AppData\\Local\\Packages\\${family}\\LocalCache\\Roaming\\Claude\\claude-code-sessions\\${session}`
      ]
    },
    live: [[
      "packageOnOtherDrive",
      `D:\\WpSystem\\${sid}\\AppData\\Local\\Packages\\${family}\\LocalCache\\Roaming\\Claude\\claude-code-sessions`,
      "1/0"
    ]]
  },
  "a folder in the home, as packages should use": {
    around: windows,
    tree: { files: [`${user}\\.Claude\\claude-code-sessions\\.holdfast\\store.json`] },
    live: [["homeFolder", `${user}\\.Claude\\claude-code-sessions`, "0/0"]]
  },
  "AppData without its variables": {
    around: aroundOf({ platform: "win32", env: { USERPROFILE: user } }),
    tree: { files: [`${roaming}\\Claude\\claude-code-sessions\\${session}`] },
    live: [["roamingAppData", `${roaming}\\Claude\\claude-code-sessions`, "1/0"]]
  },
  "a folder that cannot be listed beside one that can": {
    around: windows,
    tree: {
      files: [`${cache}\\Roaming\\Claude\\claude-code-sessions\\${session}`],
      unreadable: { [`${roaming}\\Claude\\claude-code-sessions`]: "UNKNOWN" }
    },
    live: [
      ["roamingAppData", `${roaming}\\Claude\\claude-code-sessions`, "UNKNOWN"],
      ["packageLocalCache", `${cache}\\Roaming\\Claude\\claude-code-sessions`, "1/0"]
    ]
  },
  "packages that cannot be listed": {
    around: windows,
    tree: {
      files: [`${roaming}\\Claude\\claude-code-sessions\\${session}`],
      unreadable: { [`${local}\\Packages`]: "EPERM", "E:\\WpSystem": "UNKNOWN" }
    },
    live: [["roamingAppData", `${roaming}\\Claude\\claude-code-sessions`, "1/0"]],
    unlisted: [`${local}\\Packages`, "E:\\WpSystem"]
  },
  "a former folder beside the sessions, wherever the app's folder is": {
    app: { ...claude, legacy: ["local-agent-mode-sessions"] },
    around: windows,
    tree: { files: [`${cache}\\Roaming\\Claude\\local-agent-mode-sessions\\${session}`] },
    live: [["legacy", `${cache}\\Roaming\\Claude\\local-agent-mode-sessions`, "1/0"]]
  },
  "former folders by path and below the home": {
    app: { ...claude, legacy: ["~\\old", "F:\\older"] },
    around: windows,
    tree: { files: [`${user}\\old\\a.json`, "F:\\older\\b.json", "F:\\older\\b.alt.json"] },
    live: [["legacy", `${user}\\old`, "1/0"], ["legacy", "F:\\older", "2/0"]]
  },
  "a configured folder that is one of the known": {
    app: { ...claude, directory: `${roaming.toUpperCase()}\\Claude\\claude-code-sessions` },
    around: windows,
    tree: {
      files: [`${roaming}\\Claude\\claude-code-sessions\\a.json`],
      links: {
        [`${roaming.toUpperCase()}\\Claude\\claude-code-sessions`]: `${roaming}\\Claude\\claude-code-sessions`
      }
    },
    live: [["configured", `${roaming.toUpperCase()}\\Claude\\claude-code-sessions`, "1/0"]]
  },
  "the data folder of Linux": {
    around: linux,
    tree: { files: ["/home/a/.local/share/Claude/claude-code-sessions/a/b.json"] },
    live: [["xdgData", "/home/a/.local/share/Claude/claude-code-sessions", "1/0"]]
  },
  "the configuration folder, as Electron uses it": {
    around: linux,
    tree: { files: ["/home/a/.config/Claude/claude-code-sessions/b.json"] },
    live: [["xdgConfig", "/home/a/.config/Claude/claude-code-sessions", "1/0"]]
  },
  "folders that variables name": {
    around: aroundOf({
      env: { HOME: "/home/a", XDG_DATA_HOME: "/d", HOST_XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "relative" }
    }),
    tree: { files: ["/d/Claude/claude-code-sessions/b.json", "/c/Claude/claude-code-sessions/b.json", "/relative/x"] },
    live: [
      ["xdgData", "/d/Claude/claude-code-sessions", "1/0"],
      ["xdgConfig", "/c/Claude/claude-code-sessions", "1/0"]
    ]
  },
  "two revisions of a snap, what they share, and the link to the newer": {
    app: { name: "Claude", snap: "claude" },
    around: linux,
    tree: {
      files: [
        "/home/a/snap/claude/218/.config/Claude/a.json",
        "/home/a/snap/claude/219/.config/Claude/a.json",
        "/home/a/snap/claude/common/Claude/a.json",
        "/home/a/snap/other/1/.config/Claude/a.json"
      ],
      links: { "/home/a/snap/claude/current": "/home/a/snap/claude/219" }
    },
    live: [
      ["snap", "/home/a/snap/claude/218/.config/Claude", "1/0"],
      ["snap", "/home/a/snap/claude/219/.config/Claude", "1/0"],
      ["snap", "/home/a/snap/claude/common/Claude", "1/0"]
    ]
  },
  "the user's home, asked from inside a snap": {
    around: aroundOf({ env: { HOME: "/home/a/snap/claude/219" } }),
    tree: { files: ["/home/a/.config/Claude/claude-code-sessions/a.json"] },
    live: [["xdgConfig", "/home/a/.config/Claude/claude-code-sessions", "1/0"]]
  },
  "a Flatpak": {
    app: { name: "Claude", flatpak: "com.*" },
    around: linux,
    tree: {
      files: [
        "/home/a/.var/app/com.x.Claude/config/Claude/a.json.0123456789abcdef0123.tmp",
        "/home/a/.var/app/com.x.Claude/data/Claude/a.entries.jsonl",
        "/home/a/.var/app/org.y/data/Claude/a.json"
      ]
    },
    live: [["flatpak", "/home/a/.var/app/com.x.Claude/config/Claude", "0/1"]]
  },
  "Application Support": {
    around: mac,
    tree: { files: ["/Users/a/Library/Application Support/Claude/claude-code-sessions/a.json"] },
    live: [["applicationSupport", "/Users/a/Library/Application Support/Claude/claude-code-sessions", "1/0"]]
  },
  "a container of macOS, asked from inside": {
    app: { name: "Claude", bundle: "com.claude" },
    around: aroundOf({ platform: "darwin", env: { HOME: "/Users/a/Library/Containers/com.claude/Data" } }),
    tree: {
      files: [
        "/Users/a/Library/Containers/com.claude/Data/Library/Application Support/Claude/a.json",
        "/Users/a/Library/Containers/com.other/Data/Library/Application Support/Claude/a.json"
      ]
    },
    live: [[
      "macContainer",
      "/Users/a/Library/Containers/com.claude/Data/Library/Application Support/Claude",
      "1/0"
    ]]
  }
}
