/** The ban on modules without a header: what it is, what it guarantees, what it leaves to others. */
import type { SourceFile } from "../sourceFile.ts"
import type { Rule } from "./rule.ts"

const headerLinesMin = 3
const headerLinesMax = 10

const isText = (line: string): boolean => line.replace(/[\s/*]/g, "") !== ""

/** The comment at the very top, as far as it belongs to the module: an import or a blank line ends it. */
const headerLineCount = ({ text }: SourceFile): number => {
  const block = /^\s*(\/\*\*?[^]*?\*\/)[ \t]*\n(?=\s*\n|\s*import\b|\s*export (\*|\{)|\s*$)/.exec(text)?.[1]
  const lines = /^\s*((?:[ \t]*\/\/[^\n]*\n)+)(?=\s*\n|\s*import\b|\s*export (\*|\{)|\s*$)/.exec(text)?.[1]
  return (block ?? lines ?? "").split("\n").filter(isText).length
}

export const moduleHeader: Rule = {
  id: "module-header",
  why:
    `A module starts with ${headerLinesMin} to ${headerLinesMax} lines: what it is, guarantees and leaves to others.`,
  *check(file) {
    if (file.area !== "src") return
    const isIndex = file.path.endsWith("/index.ts")
    const count = headerLineCount(file)
    if (count < (isIndex ? 1 : headerLinesMin) || count > headerLinesMax) {
      yield { line: 1, detail: count === 0 ? "no header before the imports" : `a header of ${count} lines` }
    }
  }
}
