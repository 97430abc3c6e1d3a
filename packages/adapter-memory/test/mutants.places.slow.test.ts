/** The laws see every flaw in keys, listings and instances. */
import { placeMutants } from "./mutants.ts"
import { seesFlaws } from "./mutants/suite.ts"

seesFlaws("flaws in places", "instance", placeMutants)
