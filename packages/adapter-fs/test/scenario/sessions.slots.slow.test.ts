/** Whichever call fails for whichever of fifty sessions, kept in slots, nothing is lost and every answer is true. */
import { losesNothing } from "./sweepSuite.ts"

losesNothing("slots")
