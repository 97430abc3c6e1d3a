/**
 * What an example prints, line by line, and compares with its golden file in the end.
 *
 * With `REWRITE_TIMELINE=1` in the environment the file is written instead; whoever does that reads what changed.
 */
import { readFileSync, writeFileSync } from "node:fs"

export interface Timeline {
  /** Prints a paragraph. */
  readonly say: (text: string) => void
  /** Prints what happened to whom. */
  readonly tell: (who: string, what: string) => void
  /** Compares what was printed with the golden file; the exit code is 1 when they differ. */
  readonly compareWithGolden: () => void
}

/** Begins a timeline that is compared with this file. */
export const openTimeline = (goldenFile: URL): Timeline => {
  const lines: Array<string> = []
  const print = (line: string): void => {
    lines.push(line)
    console.log(line)
  }
  return {
    say: (text) => text.split("\n").forEach(print),
    tell: (who, what) => print(`   ${who.padEnd(10)} ${what}`),
    compareWithGolden: () => {
      if (process.env["REWRITE_TIMELINE"] === "1") return writeFileSync(goldenFile, `${lines.join("\n")}\n`)
      const golden = readFileSync(goldenFile, "utf8").trimEnd().split("\n")
      const at = Array.from({ length: Math.max(golden.length, lines.length) }, (_, index) => index)
        .find((index) => golden[index] !== lines[index])
      if (at === undefined) return
      console.error(`
What happened differs from ${goldenFile.pathname.split("/").slice(-2).join("/")} in line ${at + 1}.
there: ${golden[at] ?? "nothing"}
here:  ${lines[at] ?? "nothing"}
REWRITE_TIMELINE=1 writes that file anew.`)
      process.exitCode = 1
    }
  }
}
