/**
 * The timeline: lines that are printed as they happen, and compared with the golden file in the end.
 *
 * With `REWRITE_TIMELINE=1` in the environment the file is written instead; whoever does that reads what changed.
 */
import { readFileSync, writeFileSync } from "node:fs"

const goldenFile = new URL("timeline.txt", import.meta.url)

const lines: Array<string> = []

const print = (line: string): void => {
  lines.push(line)
  console.log(line)
}

/** Prints a paragraph. */
export const say = (text: string): void => text.split("\n").forEach(print)

/** Opens a chapter. */
export const chapter = (title: string): void => say(`\n${title}`)

/** Prints what happened. */
export const tell = (what: string, text: string): void => print(`   ${what.padEnd(10)} ${text}`)

/** Prints what was found, and that the line is untrue when that is not what was claimed. */
export const check = (what: string, found: { readonly text: string; readonly holds: boolean }): void => {
  tell(what, found.text)
  if (found.holds) return
  tell("DIFFERS", "from what was acknowledged")
  process.exitCode = 1
}

/** Compares what was printed with the golden file; the exit code is 1 when they differ. */
export const compareWithGolden = (): void => {
  if (process.env["REWRITE_TIMELINE"] === "1") return writeFileSync(goldenFile, `${lines.join("\n")}\n`)
  const golden = readFileSync(goldenFile, "utf8").trimEnd().split("\n")
  const at = Array.from({ length: Math.max(golden.length, lines.length) }, (_, index) => index)
    .find((index) => golden[index] !== lines[index])
  if (at === undefined) return
  console.error(`
The timeline differs from timeline.txt in line ${at + 1}.
there: ${golden[at] ?? "nothing"}
here:  ${lines[at] ?? "nothing"}
REWRITE_TIMELINE=1 writes that file anew.`)
  process.exitCode = 1
}
