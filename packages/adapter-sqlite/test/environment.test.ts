import { assert, describe, it } from "@effect/vitest"
import { remoteFileSystem, remoteFileSystems } from "@holdfast/core"
import { type EnvironmentFacts, hasWalResetBug, type Mode, modeOf } from "../src/environment.ts"

const soundVersion = "3.53.4"
const facts: EnvironmentFacts = {
  platform: "linux",
  sqliteVersion: soundVersion,
  folder: "/home/me/sessions",
  fileSystemType: 0xef53
}

const shared: Mode = { journal: "wal", locking: "normal", sharedBy: "host" }
const alone: Mode = { journal: "wal", locking: "exclusive", sharedBy: "process" }
const remote: Mode = { journal: "delete", locking: "normal", sharedBy: "process" }

// statfs(2), linux/magic.h, and the file systems that stat(1) of coreutils lists as remote.
const linuxFileSystems: ReadonlyArray<readonly [name: string, type: number, mode: Mode]> = [
  ["ext4", 0xef53, shared],
  ["xfs", 0x58465342, shared],
  ["btrfs", 0x9123683e, shared],
  ["zfs", 0x2fc12fc1, shared],
  ["f2fs", 0xf2f52010, shared],
  ["tmpfs", 0x01021994, shared],
  ["overlayfs", 0x794c7630, shared],
  ["vfat", 0x4d44, shared],
  ["ntfs3", 0x7366746e, shared],
  ["not known", 0, shared],
  ["NFS", 0x6969, remote],
  ["SMB", 0x517b, remote],
  ["SMB2", 0xfe534d42, remote],
  ["CIFS", 0xff534d42, remote],
  ["9P, as under WSL", 0x01021997, remote],
  ["FUSE", 0x65735546, remote],
  ["AFS", 0x5346414f, remote],
  ["Coda", 0x73757245, remote],
  ["Ceph", 0x00c36400, remote],
  ["NCP", 0x564c, remote],
  ["GFS2", 0x01161970, remote],
  ["OCFS2", 0x7461636f, remote],
  ["Lustre", 0x0bd00bd0, remote],
  ["GPFS", 0x47504653, remote],
  ["BeeGFS", 0x19830326, remote],
  ["kAFS", 0x6b414653, remote],
  ["PanFS", 0xaad7aaea, remote],
  ["ACFS", 0x61636673, remote],
  ["OrangeFS", 0x20030528, remote],
  ["Parallels", 0x7c7c6673, remote],
  ["StorNext", 0xbeefdead, remote],
  ["VxFS", 0xa501fcf5, remote],
  ["IBRIX", 0x013111a8, remote],
  ["VirtualBox", 0x786f4256, remote],
  ["VMware", 0xbacbacbc, remote]
]

describe("on Linux", () => {
  it.each(linuxFileSystems)("%s has the mode of its kind", (_name, fileSystemType, mode) => {
    assert.deepStrictEqual(modeOf({ ...facts, fileSystemType }), mode)
  })

  it("a number is the same file system read as signed", () => {
    for (const fileSystemType of [0xfe534d42, 0xff534d42, 0xbacbacbc]) {
      assert.deepStrictEqual(modeOf({ ...facts, fileSystemType: fileSystemType | 0 }), remote)
      assert.isBelow(fileSystemType | 0, 0)
    }
  })

  it("every file system of the table is named here", () => {
    const named = new Set(linuxFileSystems.map(([, type]) => type))
    assert.deepStrictEqual([...remoteFileSystems.keys()].filter((type) => !named.has(type)), [])
  })

  it("a path that looks like one of Windows is a path", () => {
    assert.deepStrictEqual(modeOf({ ...facts, folder: "//server/share" }), shared)
  })
})

const windowsFolders: ReadonlyArray<readonly [folder: string, mode: Mode]> = [
  ["C:\\Users\\me\\AppData\\Roaming\\App", shared],
  ["C:/Users/me", shared],
  ["\\\\?\\C:\\Users\\me", shared],
  ["\\\\.\\C:\\Users\\me", shared],
  ["\\\\?\\Volume{b75e2c83-0000-0000-0000-602f00000000}\\sessions", shared],
  ["\\\\server\\share\\sessions", remote],
  ["//server/share/sessions", remote],
  ["\\\\wsl$\\Debian\\home\\me", remote],
  ["\\\\wsl.localhost\\Debian\\home\\me", remote],
  ["\\\\?\\UNC\\server\\share\\sessions", remote],
  ["\\\\?\\unc\\server\\share", remote],
  ["\\\\127.0.0.1\\c$\\Users\\me", remote]
]

describe("on Windows", () => {
  it.each(windowsFolders)("%s has the mode of its kind", (folder, mode) => {
    assert.deepStrictEqual(modeOf({ ...facts, platform: "win32", folder, fileSystemType: 0 }), mode)
  })

  it("numbers of Linux mean nothing", () => {
    const onWindows = { ...facts, platform: "win32", folder: "C:\\sessions", fileSystemType: 0x6969 } as const
    assert.isUndefined(remoteFileSystem(onWindows))
  })
})

describe("on other systems", () => {
  it("numbers of Linux mean nothing", () => {
    for (const platform of ["darwin", "freebsd"] as const) {
      assert.deepStrictEqual(modeOf({ ...facts, platform, fileSystemType: 0x6969 }), shared)
    }
  })
})

// https://sqlite.org/wal.html#walresetbug: up to 3.51.2, but for 3.50.7 and later of that branch.
const versions: ReadonlyArray<readonly [version: string, hasBug: boolean]> = [
  ["3.53.4", false],
  ["3.52.0", false],
  ["3.51.10", false],
  ["3.51.3", false],
  ["3.51.2", true],
  ["3.51.0", true],
  ["3.51", true],
  ["3.50.10", false],
  ["3.50.7", false],
  ["3.50.6", true],
  ["3.50.4", true],
  ["3.49.2", true],
  ["3.7.0", true],
  ["4.0.0", false],
  ["0", true],
  ["", true],
  ["unknown", true]
]

describe("the WAL-reset bug", () => {
  it.each(versions)("of SQLite %s: %s", (sqliteVersion, hasBug) => {
    assert.strictEqual(hasWalResetBug(sqliteVersion), hasBug)
    assert.deepStrictEqual(modeOf({ ...facts, sqliteVersion }), hasBug ? alone : shared)
  })

  it("is not met where there is no write-ahead log", () => {
    assert.deepStrictEqual(modeOf({ ...facts, sqliteVersion: "3.50.4", fileSystemType: 0x6969 }), remote)
  })
})
