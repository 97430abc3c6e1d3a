/**
 * The result of a run: every sample of every case, with what is needed to read it. The report is made of this file and
 * of nothing else.
 */
import type { Guarantees } from "./guarantees/experiments.ts"
import type { Machine } from "./machine.ts"
import type { CaseAnswer } from "./measuring/caseProtocol.ts"
import type { PlaceName } from "./options.ts"
import type { WorkloadName } from "./workloads/names.ts"
import type { Sizes } from "./workloads/Workload.ts"

export type Sample = { readonly round: number } & (CaseAnswer | { readonly failure: string })

export interface CaseResult {
  readonly workload: WorkloadName
  readonly place: PlaceName
  readonly subject: string
  readonly sizes: Sizes
  readonly samples: ReadonlyArray<Sample>
}

export interface Results {
  readonly machine: Machine
  readonly profile: "full" | "quick"
  readonly seed: number
  readonly rounds: number
  readonly sideRounds: number
  readonly minutes: number
  /** What each place is, or why it could not be made. */
  readonly places: Readonly<Partial<Record<PlaceName, string>>>
  /** What could not be built or installed. */
  readonly installation: ReadonlyArray<string>
  readonly cases: ReadonlyArray<CaseResult>
  readonly guarantees: Readonly<Record<string, Guarantees>>
}

export const isAnswer = (sample: Sample): sample is Sample & CaseAnswer => !("failure" in sample)
