/** All laws, in the order in which reports show them. */
import type { Law } from "../Law.ts"
import { appendLaws } from "./append.ts"
import { atomicCommitLaws } from "./atomicCommit.ts"
import { badInputLaws } from "./badInput.ts"
import { changeDeliveryLaws } from "./changeDelivery.ts"
import { changeLaws } from "./changes.ts"
import { closingLaws } from "./closing.ts"
import { compareAndSetLaws } from "./compareAndSet.ts"
import { crashStateLaws } from "./crashStates.ts"
import { faultLaws } from "./faults.ts"
import { healthLaws } from "./health.ts"
import { idempotenceLaws } from "./idempotence.ts"
import { instanceLaws } from "./instances.ts"
import { isolationLaws } from "./isolation.ts"
import { keyLaws } from "./keys.ts"
import { killLaws } from "./kills.ts"
import { listingLaws } from "./listing.ts"
import { maintenanceLaws } from "./maintenance.ts"
import { pagingLaws } from "./paging.ts"
import { processLaws } from "./processes.ts"
import { removalLaws } from "./removal.ts"
import { restoreLaws } from "./restore.ts"
import { restoreRaceLaws } from "./restoreRaces.ts"
import { restoreRefusalLaws } from "./restoreRefusals.ts"
import { retirementLaws } from "./retirement.ts"
import { roleLaws } from "./role.ts"
import { roundTripLaws } from "./roundTrip.ts"
import { versionLaws } from "./versions.ts"

/** The laws of the port. */
export const laws: ReadonlyArray<Law> = [
  ...roundTripLaws,
  ...keyLaws,
  ...versionLaws,
  ...compareAndSetLaws,
  ...atomicCommitLaws,
  ...appendLaws,
  ...idempotenceLaws,
  ...removalLaws,
  ...restoreLaws,
  ...restoreRefusalLaws,
  ...restoreRaceLaws,
  ...listingLaws,
  ...pagingLaws,
  ...isolationLaws,
  ...instanceLaws,
  ...badInputLaws,
  ...closingLaws,
  ...healthLaws,
  ...maintenanceLaws,
  ...roleLaws,
  ...retirementLaws,
  ...changeLaws,
  ...changeDeliveryLaws,
  ...processLaws,
  ...killLaws,
  ...faultLaws,
  ...crashStateLaws
]
