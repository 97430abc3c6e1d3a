/** The bans in tests: a title is the law that the test proves, and a test that does not run proves nothing. */
import type { Argument } from "oxc-parser"
import type { Rule } from "./rule.ts"
import { callsOf, isTestFile } from "./syntax.ts"

const runners: ReadonlySet<string> = new Set(["it", "test", "describe", "suite"])

const titleOf = (argument: Argument | undefined): string | undefined => {
  if (argument?.type === "Literal" && typeof argument.value === "string") return argument.value
  if (argument?.type === "TemplateLiteral") return argument.quasis[0]?.value.raw
  return undefined
}

const testTitles: Rule = {
  id: "test-title",
  why: "A title is a law in the present tense, so that the list of titles is the specification.",
  *check(file) {
    if (!isTestFile(file)) return
    for (const { node, path } of callsOf(file)) {
      const title = runners.has(path[0] ?? "") ? titleOf(node.arguments[0]) : undefined
      if (title !== undefined && /^should\b/i.test(title.trim())) {
        yield { line: file.lineOf(node.start), detail: `"${title}"` }
      }
    }
  }
}

const toggles: ReadonlySet<string> = new Set(["skip", "only", "todo"])

const testToggles: Rule = {
  id: "test-toggle",
  why: "A skipped test hides a broken guarantee, and `only` hides all the others; list a known gap as one.",
  *check(file) {
    if (!isTestFile(file)) return
    for (const { node, path } of callsOf(file)) {
      const toggle = runners.has(path[0] ?? "") ? path.find((name) => toggles.has(name)) : undefined
      if (toggle !== undefined && node.callee.type === "MemberExpression") {
        yield { line: file.lineOf(node.start), detail: `${path.join(".")}()` }
      }
    }
  }
}

export const testingRules: ReadonlyArray<Rule> = [testTitles, testToggles]
