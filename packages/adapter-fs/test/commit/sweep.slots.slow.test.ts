/** Whichever call fails, with whichever code, sessions kept by `slots` lose nothing. */
import { allFaults, losesNothing } from "./sweepSuite.ts"

losesNothing({ commit: "slots" }, allFaults)
