/**
 * What a workload is to the process that runs it: work on an open subject with a stretch of it that is measured, and a
 * judgement of what was read back.
 */
import type { Subject } from "../subjects/Subject.ts"

export interface Sizes {
  /** Saves, loads, messages or pairs in the measured stretch. */
  readonly count: number
  /** The same, before it: code is compiled and files are there when it starts. */
  readonly warmup: number
  /** JSON bytes of a session. */
  readonly bytes: number
  /** Sessions in the store. */
  readonly sessions: number
  /** Messages in the session before any is measured. */
  readonly entries: number
  /** The measured stretch ends after this time, with what was done until then. */
  readonly budgetMillis: number
}

export interface Measured {
  readonly figures: Readonly<Record<string, number>>
  readonly count: number
  /** Ended by its time and not by its count. */
  readonly partial: boolean
  /** How what was read back differs from what was saved. */
  readonly wrong?: string
}

/** Runs a stretch of work with the counters of the process read before and after. */
export type Stretch = <A>(work: () => Promise<A>) => Promise<{ readonly value: A; readonly millis: number }>

export type Workload = (subject: Subject, sizes: Sizes, stretch: Stretch) => Promise<Measured>
