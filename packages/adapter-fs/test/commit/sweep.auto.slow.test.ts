/** Whichever call fails, with a code after which `auto` goes on with slots, sessions lose nothing. */
import { allFaults, losesNothing } from "./sweepSuite.ts"

const climbing = allFaults.filter(({ code, when }) => when === "before" && ["EXDEV", "EPERM", "UNKNOWN"].includes(code))

losesNothing({ commit: "auto" }, climbing)
