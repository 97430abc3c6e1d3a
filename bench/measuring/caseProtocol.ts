/** What the parent tells a process that measures, and what that process answers. */
import type { WorkloadName } from "../workloads/names.ts"
import type { Measured, Sizes } from "../workloads/Workload.ts"

export interface CaseSpec {
  readonly subject: string
  /** `fill` saves the sessions that later processes read. */
  readonly task: WorkloadName | "fill"
  readonly directory: string
  readonly sizes: Sizes
}

export interface Counters {
  /** Bytes that the process caused to be written to storage, and those it gave to write calls. */
  readonly writtenBytes: number
  readonly wroteBytes: number
  readonly cpuMillis: number
}

export interface CaseAnswer extends Measured {
  /** Of the measured stretches. */
  readonly counters: Counters
  /** Of the whole process. */
  readonly peakBytes: number
}

/** What a line of the answer starts with: stores print lines of their own. */
export const answerMark = "\u0001answer "
