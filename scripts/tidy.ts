/**
 * Fails on what the project's style bans, so that reviews can talk about design.
 *
 * Guarantees that every hand-written TypeScript file is judged by every rule of the table in `tidy/rules.ts`, and
 * that a rule without a fixture that breaks it fails the tests. Formatting is left to dprint, the directions of
 * imports to `layers.ts`, general mistakes to oxlint.
 */
import { join } from "node:path"
import { readSources, type SourceFile } from "./sourceFile.ts"
import type { Rule } from "./tidy/rule.ts"
import { rules } from "./tidy/rules.ts"

export interface Violation {
  readonly rule: string
  readonly path: string
  readonly line: number
  readonly detail: string
  readonly why: string
}

const violationsIn = (file: SourceFile, rule: Rule): ReadonlyArray<Violation> =>
  [...rule.check(file)].map((finding) => ({ rule: rule.id, path: file.path, ...finding, why: rule.why }))

/** Every violation below `root`, by file, then by rule. */
export const findViolations = (root: string): ReadonlyArray<Violation> =>
  readSources(root).flatMap((file) => rules.flatMap((rule) => violationsIn(file, rule)))

const run = (): void => {
  const violations = findViolations(join(import.meta.dirname, ".."))
  for (const { rule, path, line, detail, why } of violations) {
    console.error(`${path}:${line} ${rule}: ${detail}\n  ${why}`)
  }
  console.log(violations.length === 0 ? `tidy: ${rules.length} rules hold` : `tidy: ${violations.length} violations`)
  if (violations.length > 0) process.exitCode = 1
}

if (import.meta.main) run()
