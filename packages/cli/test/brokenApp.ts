/**
 * The folder that an app leaves whose renames fail: sessions as plain JSON under `.json.tmp`, some of them torn, some
 * of zero bytes, some beside a finished file that is newer, older or void.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { testTime } from "./cli.ts"

const idOf = (number: number): string => `local_${String(number).padStart(8, "0")}-0000-4000-8000-000000000000`

/** A session as the app writes it; later ones were active later. */
const documentOf = (number: number, title: string, minutes = number): string => {
  const createdAt = testTime - 86_400_000
  return JSON.stringify({
    sessionId: idOf(number),
    title,
    cwd: "/src",
    createdAt,
    lastActivityAt: createdAt + minutes * 60_000,
    messages: [{ role: "user", text: `about ${title}` }]
  })
}

const files: ReadonlyArray<readonly [path: string, text: string]> = [
  [`acct-one/org-a/${idOf(1)}.json.tmp`, documentOf(1, "Fix EXDEV")],
  [`acct-one/org-a/${idOf(2)}.json.tmp`, documentOf(2, "Read the logs")],
  [`acct-one/org-a/${idOf(3)}.json.tmp`, documentOf(3, "Torn").slice(0, 90)],
  [`acct-one/org-b/${idOf(4)}.json.tmp`, documentOf(4, "Plans")],
  [`acct-one/org-b/${idOf(5)}.json.tmp`, ""],
  [`acct-two/org-a/${idOf(6)}.json`, documentOf(6, "Newer and finished", 60)],
  [`acct-two/org-a/${idOf(6)}.json.tmp`, documentOf(6, "Older")],
  [`acct-two/org-a/${idOf(7)}.json`, documentOf(7, "Older and finished")],
  [`acct-two/org-a/${idOf(7)}.json.tmp`, documentOf(7, "Newer", 60)],
  [`acct-two/org-a/${idOf(8)}.json`, "\0".repeat(300)],
  [`acct-two/org-a/${idOf(8)}.json.tmp`, documentOf(8, "Beside a void file")],
  ["config.json", "{\"theme\":\"dark\"}"]
]

/** The titles of the sessions that can be brought back: of each the newest whole copy. */
export const wholeTitles: ReadonlyArray<string> = [
  "Beside a void file",
  "Fix EXDEV",
  "Newer",
  "Newer and finished",
  "Plans",
  "Read the logs"
]

/** Makes the folder; its files were written a day ago. */
export const makeBrokenApp = (directory: string): void => {
  const at = new Date(testTime - 86_400_000)
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
    utimesSync(join(directory, path), at, at)
  }
}

/** Every file and folder below a folder, with bytes, permissions and times of files, to the millisecond. */
export const contentOf = (directory: string): ReadonlyArray<unknown> =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted().map((name) => {
    const stats = statSync(join(directory, name))
    return stats.isFile()
      ? [name, stats.mode & 0o777, Math.floor(stats.mtimeMs), readFileSync(join(directory, name), "latin1")]
      : [name]
  })
