/** What people are told about a folder: each line has its cause, and nothing is said of a good one. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import type { Platform } from "../../src/io/errno.ts"
import { adviceCodes, adviceOn } from "../../src/probe/advice.ts"
import { hintsOf } from "../../src/probe/containers.ts"
import { type Fact, type FactName, fails, notTried } from "../../src/probe/facts.ts"
import type { Surroundings } from "../../src/probe/surroundings.ts"
import { aroundOf, factsOf } from "./facts.ts"

const none = notTried("no file can be written")
const unwritten = { write: none, syncFile: none, rename: none, renameOver: none, overwrite: none, append: none }

interface Row {
  readonly differing?: { readonly [name in FactName]?: Fact }
  readonly isCreateContradicted?: boolean
  readonly around?: Partial<Surroundings>
  readonly given?: string
  readonly actual?: string
  readonly codes: ReadonlyArray<string>
}

const packaged: Partial<Surroundings> = {
  platform: "win32",
  execPath: "C:\\Program Files\\WindowsApps\\Claude_1.2.3.0_x64__pzs8sxrjxfjjc\\app\\claude.exe"
}
const roaming = "C:\\Users\\a\\AppData\\Roaming\\Claude"
const redirected = "C:\\Users\\a\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude"

const rows: { readonly [what: string]: Row } = {
  "a good disk": { codes: [] },
  "names that are taken by nothing": {
    differing: { ...unwritten, create: fails("EEXIST") },
    isCreateContradicted: true,
    codes: ["createContradicted"]
  },
  "a full disk that takes no name": { differing: { ...unwritten, create: fails("ENOSPC") }, codes: ["diskFull"] },
  "a full disk that takes no bytes": { differing: { ...unwritten, write: fails("ENOSPC") }, codes: ["diskFull"] },
  "a full quota": { differing: { ...unwritten, write: fails("Unknown system error -122") }, codes: ["diskFull"] },
  "a read-only volume": { differing: { ...unwritten, create: fails("EROFS") }, codes: ["readOnly"] },
  "a folder of somebody else": { differing: { ...unwritten, create: fails("EACCES") }, codes: ["createDenied"] },
  "a folder that takes no file": { differing: { ...unwritten, create: fails("UNKNOWN") }, codes: ["createRefused"] },
  "a name that is really taken": { differing: { ...unwritten, create: fails("EEXIST") }, codes: ["createRefused"] },
  "a disk that takes no bytes": { differing: { ...unwritten, write: fails("EIO") }, codes: ["createRefused"] },
  "files that cannot be flushed": { differing: { syncFile: fails("EINVAL") }, codes: ["fileSyncRefused"] },
  "no rename": { differing: { rename: fails("EXDEV") }, codes: ["renameRefused"] },
  "no rename over a file": { differing: { renameOver: fails("EXDEV") }, codes: ["renameRefused"] },
  "no rename and no overwriting": {
    differing: { rename: fails("EXDEV"), overwrite: fails("EPERM") },
    codes: ["noProtocol"]
  },
  "no overwriting": { differing: { overwrite: fails("EPERM") }, codes: ["overwriteRefused"] },
  "no appending": { differing: { append: fails("EPERM") }, codes: ["appendRefused"] },
  "folders without a sync": { differing: { syncFolder: fails("EINVAL") }, codes: ["folderSyncUnsupported"] },
  "folders without a sync on Windows": {
    differing: { syncFolder: fails("EPERM") },
    around: { platform: "win32" },
    codes: ["folderSyncUnsupported"]
  },
  "folders whose sync fails": { differing: { syncFolder: fails("EIO") }, codes: ["folderSyncFails"] },
  "a folder that cannot be listed": { differing: { list: fails("UNKNOWN") }, codes: ["listRefused"] },
  "a listing without a file": { differing: { listNew: fails("a new file is not listed") }, codes: ["listIncomplete"] },
  "files with another number": { differing: { keepIdentity: fails("changed") }, codes: ["identityChanges"] },
  "no links": { differing: { link: fails("EPERM") }, codes: ["linkRefused"] },
  "two causes, the problem first": {
    differing: { link: fails("EXDEV"), rename: fails("EXDEV"), list: fails("UNKNOWN") },
    codes: ["listRefused", "renameRefused", "linkRefused"]
  },
  "a package's private folder": {
    around: packaged,
    given: roaming,
    actual: redirected,
    codes: ["packagePrivateFolder"]
  },
  "a package's private folder, seen by a child of the package": {
    around: { platform: "win32" },
    given: roaming,
    actual: redirected,
    codes: ["packagePrivateFolder"]
  },
  "a package that does not redirect so far": {
    around: packaged,
    given: roaming,
    actual: roaming,
    codes: ["packageMayRedirect"]
  },
  "a package with a store outside of AppData": {
    around: packaged,
    given: "C:\\Users\\a\\.claude",
    actual: "C:\\Users\\a\\.claude",
    codes: []
  },
  "a revision of a snap": { given: "/home/a/snap/x/219/.config/x", codes: ["snapRevision"] },
  "what revisions of a snap share": { given: "/home/a/snap/x/common/x", codes: [] },
  "a Flatpak": { around: { files: ["/.flatpak-info"] }, codes: ["sandboxed"] },
  "a macOS sandbox": {
    around: { platform: "darwin", env: { APP_SANDBOX_CONTAINER_ID: "com.x" } },
    codes: ["sandboxed"]
  },
  "a disk of Windows in WSL": {
    around: { env: { WSL_DISTRO_NAME: "Ubuntu" } },
    given: "/mnt/c/Users/a",
    codes: ["windowsDisk"]
  },
  "a disk of Linux in WSL": { around: { env: { WSL_DISTRO_NAME: "Ubuntu" } }, given: "/home/a", codes: [] },
  "Docker": { around: { files: ["/.dockerenv"] }, codes: ["containerDisk"] },
  "OneDrive": { around: { platform: "win32" }, given: "C:\\Users\\a\\OneDrive\\x", codes: ["syncedFolder"] }
}

const linesOf = (
  { actual, around: differing, differing: tried, given = "/store", isCreateContradicted = false }: Row
) => {
  const around = aroundOf(differing)
  const store = { given, actual: Option.fromUndefinedOr(actual) }
  const facts = factsOf(tried, { folder: given, isCreateContradicted, actual: store.actual })
  const platform: Platform = around.platform
  return adviceOn({ facts, hints: hintsOf(around, store), store, platform })
}

describe("adviceOn", () => {
  for (const [what, row] of Object.entries(rows)) {
    it(`says ${row.codes.length === 0 ? "nothing" : row.codes.join(", ")} of ${what}`, () => {
      assert.deepStrictEqual(linesOf(row).map(({ code }) => code), row.codes)
    })
  }

  it("has a case here for every line that it can say", () => {
    assert.deepStrictEqual(
      [...new Set(Object.values(rows).flatMap(({ codes }) => codes))].toSorted(),
      adviceCodes.toSorted()
    )
  })

  it("says in whole sentences what to do about a problem, without the names of anybody's files", () => {
    for (const line of Object.values(rows).flatMap(linesOf)) {
      assert.match(line.text, /^[A-Z].*\.$/)
      assert.notMatch(line.text, /Users|home\/|undefined/)
      if (line.level === "problem") assert.isAbove(line.text.split(/[.:] /).length, 1, line.code)
    }
  })
})
