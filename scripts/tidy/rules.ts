/** The table of all bans. Each has a fixture of its name below `scripts/test/fixtures/tidy` that breaks it alone. */
import { wordRules } from "./comments.ts"
import { commentedOutCode } from "./deadCode.ts"
import { effectRules } from "./effects.ts"
import { moduleHeader } from "./header.ts"
import { namingRules } from "./naming.ts"
import type { Rule } from "./rule.ts"
import { sizeRules } from "./size.ts"
import { testingRules } from "./testing.ts"
import { typingRules } from "./typing.ts"

export const rules: ReadonlyArray<Rule> = [
  ...sizeRules,
  moduleHeader,
  ...namingRules,
  ...wordRules,
  commentedOutCode,
  ...typingRules,
  ...effectRules,
  ...testingRules
]
