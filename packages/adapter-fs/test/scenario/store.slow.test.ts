/** Whichever call of the store itself fails, opening and listing, its sessions lose nothing. */
import { opensAndListsTruly } from "./sweepSuite.ts"

// How heads are published makes little of a store's own calls: where that is fixed, a third of the cases is tried.
opensAndListsTruly("auto", 1)
opensAndListsTruly("rename", 3)
opensAndListsTruly("slots", 3)
