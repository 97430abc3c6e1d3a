/** Whichever call fails for whichever of fifty sessions, kept by renaming, nothing is lost and every answer is true. */
import { losesNothing } from "./sweepSuite.ts"

losesNothing("rename")
