/** All mutants, in three parts that are tested side by side. */
import { changeMutants } from "./mutants/changes.ts"
import { entryMutants } from "./mutants/entries.ts"
import { failureMutants } from "./mutants/failures.ts"
import { instanceMutants } from "./mutants/instances.ts"
import { keyMutants } from "./mutants/keys.ts"
import { listingMutants } from "./mutants/listings.ts"
import type { Mutant } from "./mutants/mutant.ts"
import { preconditionMutants } from "./mutants/preconditions.ts"
import { processMutants } from "./mutants/processes.ts"
import { raceMutants } from "./mutants/races.ts"
import { removalMutants } from "./mutants/removals.ts"
import { repeatMutants } from "./mutants/repeats.ts"
import { restoreRaceMutants, restoreWorldMutants } from "./mutants/restoreRaces.ts"
import { restoreRefusalMutants } from "./mutants/restoreRefusals.ts"
import { restoreMutants } from "./mutants/restores.ts"
import { roleMutants, roleWorldMutants } from "./mutants/roles.ts"
import { stateMutants } from "./mutants/states.ts"

/** What can be wrong with writes. */
export const writeMutants: ReadonlyArray<Mutant> = [
  ...stateMutants,
  ...preconditionMutants,
  ...entryMutants,
  ...repeatMutants,
  ...removalMutants,
  ...raceMutants,
  ...restoreMutants,
  ...restoreRefusalMutants,
  ...restoreRaceMutants
]

/** What can be wrong with keys, listings, instances and the store-level record. */
export const placeMutants: ReadonlyArray<Mutant> = [
  ...keyMutants,
  ...listingMutants,
  ...instanceMutants,
  ...roleMutants
]

/** What can be wrong with what is reported, between processes, and when something fails. */
export const worldMutants: ReadonlyArray<Mutant> = [
  ...changeMutants,
  ...processMutants,
  ...failureMutants,
  ...restoreWorldMutants,
  ...roleWorldMutants
]

export const mutants: ReadonlyArray<Mutant> = [...writeMutants, ...placeMutants, ...worldMutants]
