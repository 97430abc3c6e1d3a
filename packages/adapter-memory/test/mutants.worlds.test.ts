/** The laws see every flaw in what is reported, between processes, under faults and after crashes. */
import { worldMutants } from "./mutants.ts"
import { seesFlaws } from "./mutants/suite.ts"

seesFlaws("flaws in the world around", "world", worldMutants)
