/** The same for long: every schedule has up to thirty steps on three tiers. */
import { survivesSchedules } from "./search.ts"

survivesSchedules(6_000)
