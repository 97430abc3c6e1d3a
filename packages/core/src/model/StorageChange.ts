/**
 * Changes: what a caller asks an adapter to commit.
 *
 * All operations of one change on one key are one atomic step and one new version; every `expect`
 * is judged against the state before the change. Bodies, summaries and entries are JSON text as
 * `JSON.stringify` writes it: the port knows no schemas.
 */
import { keyText, type SessionKey } from "./SessionKey.ts"
import type { Version } from "./Version.ts"

/** What must be true of a key before a write: anything, no record, some record, or exactly this version. */
export type Expect = "any" | "absent" | "present" | Version

/** Writes a session's state; the entries that it has stay. */
export interface Put {
  readonly _tag: "Put"
  readonly key: SessionKey
  readonly expect: Expect
  readonly kind: string
  readonly schemaVersion: number
  readonly summary: string
  readonly body: string
  readonly floor?: Version | undefined
}

/** Adds entries, as JSON text, at the end of a session's list. */
export interface Append {
  readonly _tag: "Append"
  readonly key: SessionKey
  readonly expect: Expect
  readonly kind: string
  readonly schemaVersion: number
  readonly entries: ReadonlyArray<string>
  /**
   * When these entries were added, in epoch milliseconds: for copies of entries, together with a `Put` of
   * the key. The time of the change when absent.
   */
  readonly at?: number | undefined
  readonly floor?: Version | undefined
}

/** Removes a session and its entries; the version goes on above it. */
export interface Remove {
  readonly _tag: "Remove"
  readonly key: SessionKey
  readonly expect: Expect
  readonly floor?: Version | undefined
}

export type Operation = Put | Append | Remove

/** One atomic write, named by a random id: an adapter applies each id once. */
export interface StorageChange {
  readonly writeId: string
  readonly operations: ReadonlyArray<Operation>
  /**
   * 1, or absent, for the first try; higher when the same write id was sent before. Only a repeated
   * try may be answered `OutcomeUnknown` when its write id may have been forgotten.
   */
  readonly attempt?: number | undefined
}

/** The operations of a change, key by key, in the order of the keys' first operations. */
export const operationsByKey = (
  operations: ReadonlyArray<Operation>
): ReadonlyArray<ReadonlyArray<Operation>> => [
  ...Map.groupBy(operations, (operation) => keyText(operation.key)).values()
]
