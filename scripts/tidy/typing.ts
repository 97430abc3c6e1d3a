/** The bans on silencing a tool: what a tool was told to overlook, it overlooks for every later change as well. */
import type { SourceFile } from "../sourceFile.ts"
import type { Finding, Rule } from "./rule.ts"

/** Tests of types have to write down what must not compile. */
const isTypeTest = (file: SourceFile): boolean => file.path.endsWith(".test-d.ts")

const asAny: Rule = {
  id: "as-any",
  why: "`any` switches the checker off for everything that the value touches; narrow from `unknown`.",
  *check(file): Generator<Finding> {
    if (isTypeTest(file)) return
    for (const { node } of file.places) {
      const isCast = node.type === "TSAsExpression" || node.type === "TSTypeAssertion"
      if (isCast && node.typeAnnotation.type === "TSAnyKeyword") {
        yield { line: file.lineOf(node.start), detail: "a cast to any" }
      }
    }
  }
}

const suppressionPattern = /@ts-(ignore|expect-error|nocheck)/

const typeSuppression: Rule = {
  id: "type-suppression",
  why: "A suppressed type error hides the next one on the same line; mend the types.",
  *check(file) {
    if (isTypeTest(file)) return
    for (const { value, start } of file.comments) {
      const found = suppressionPattern.exec(value)
      if (found !== null) yield { line: file.lineOf(start), detail: found[0] }
    }
  }
}

const lintSuppression: Rule = {
  id: "lint-suppression",
  why: "A rule with exceptions is no rule; change the code, or the rule for everyone.",
  *check(file) {
    for (const { value, start } of file.comments) {
      const found = /(eslint|oxlint)-disable/.exec(value)
      if (found !== null) yield { line: file.lineOf(start), detail: found[0] }
    }
  }
}

export const typingRules: ReadonlyArray<Rule> = [asAny, typeSuppression, lintSuppression]
