/** The laws see every flaw in writes. */
import { writeMutants } from "./mutants.ts"
import { seesFlaws } from "./mutants/suite.ts"

seesFlaws("flaws in writes", "instance", writeMutants)
