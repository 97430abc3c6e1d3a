/** Shorthands for what a plan is made of: a live record of version 7, a write `w` at the time 1000. */
import {
  type Append,
  type AppliedWrite,
  type KeyFacts,
  type Plan,
  planChange,
  type PlannedOperation,
  type Put,
  type RecordFacts,
  type Refusal,
  type Remove,
  Version
} from "@holdfast/core"
import { Option, Result } from "effect"

const key = { namespace: ["acct"], id: "local_1" }

export const appliedWrite = (id: string): AppliedWrite => ({ id, version: Version(3), at: 30, entryCount: 1 })

export const record = (fields: Partial<RecordFacts> = {}): RecordFacts => ({
  kind: "Chat",
  schemaVersion: 1,
  version: Version(7),
  incarnation: "first",
  createdAt: 100,
  updatedAt: 500,
  entryCount: 0,
  writes: [],
  ...fields
})

export const absent: KeyFacts = { live: Option.none(), removed: Option.none() }

export const facts = (live: RecordFacts): KeyFacts => ({ live: Option.some(live), removed: Option.none() })

export const removed = (version: number, writes: ReadonlyArray<AppliedWrite> = []): KeyFacts => ({
  live: Option.none(),
  removed: Option.some({ version: Version(version), writes })
})

export const put = (fields: Partial<Put> = {}): Put => ({
  _tag: "Put",
  key,
  expect: "any",
  kind: "Chat",
  schemaVersion: 1,
  summary: "{}",
  body: "{}",
  ...fields
})

export const append = (entries: ReadonlyArray<string>, fields: Partial<Append> = {}): Append => ({
  _tag: "Append",
  key,
  expect: "any",
  kind: "Chat",
  schemaVersion: 1,
  entries,
  ...fields
})

export const remove = (fields: Partial<Remove> = {}): Remove => ({ _tag: "Remove", key, expect: "present", ...fields })

export const change = (
  known: KeyFacts,
  operations: ReadonlyArray<PlannedOperation>,
  attempt = 1
): Result.Result<Plan, Refusal> =>
  planChange(known, operations, { writeId: "w", attempt, now: 1_000, incarnation: "fresh" })

/** The plan of a change that writes. */
export const written = (
  known: KeyFacts,
  operations: ReadonlyArray<PlannedOperation>
): Extract<Plan, { _tag: "Write" }> => {
  const plan = Result.getOrThrow(change(known, operations))
  if (plan._tag !== "Write") throw new Error(`the plan is ${plan._tag}`)
  return plan
}

/** The refusal of a change. */
export const refusal = (known: KeyFacts, operations: ReadonlyArray<PlannedOperation>, attempt = 1): Refusal =>
  Result.getOrThrow(Result.flip(change(known, operations, attempt)))
