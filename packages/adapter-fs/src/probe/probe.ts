/**
 * The probe of a store: its folder is tried afresh, and everything found is told in rows.
 *
 * It never takes what is known for true, and what it finds replaces what is known. It changes nothing
 * about how an open store works: that is decided when a store is opened and when a call is refused.
 */
import type { ProbeCheck } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import type { Environment } from "../io/errno.ts"
import { type Door, probeFacts } from "./experiment.ts"
import type { LadderStep } from "./ladder.ts"
import { rememberFacts } from "./probeMemory.ts"
import { reportRows } from "./report.ts"
import { CurrentSurroundings } from "./surroundings.ts"

/** What a probe needs to know of a store; a `Place` is such a thing. */
export interface Probable extends Door {
  readonly root: string
  readonly environment: Environment
  readonly protocol: { readonly first: LadderStep; readonly isFixed: boolean }
}

/** Tries a store's folder and tells facts, surroundings, choices and advice in rows. */
export const probePlace = Effect.fnUntraced(function*(
  { environment, io, path, protocol, root }: Probable
): Effect.fn.Return<ReadonlyArray<ProbeCheck>> {
  const around = { ...yield* CurrentSurroundings, platform: environment.platform }
  const facts = yield* probeFacts({ io, path }, root)
  rememberFacts({ io, root }, facts)
  return reportRows({ facts, around, commit: protocol.isFixed ? protocol.first : "auto" })
})
