/** Whichever call fails, with whichever code, sessions kept by `rename` lose nothing. */
import { allFaults, losesNothing } from "./sweepSuite.ts"

losesNothing({ commit: "rename" }, allFaults)
