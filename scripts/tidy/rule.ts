/** What a ban is: a name, a reason that the report prints, and a function from a file to the places that break it. */
import type { SourceFile } from "../sourceFile.ts"

export interface Finding {
  readonly line: number
  readonly detail: string
}

export interface Rule {
  readonly id: string
  /** One sentence: what goes wrong where the rule is broken, and so what to do instead. */
  readonly why: string
  readonly check: (file: SourceFile) => Iterable<Finding>
}
