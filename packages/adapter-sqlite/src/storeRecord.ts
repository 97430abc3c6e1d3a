/**
 * The store's own record as a row: JSON text with a checksum.
 *
 * A store without a record has a row that says so, so a row that is missing or does not match its checksum is
 * `Corrupt` and never none. Where a recovery could not save the record, the row names the database that was set
 * aside: such a store takes no write, because it may have been retired, until its record is set again.
 */
import { Corrupt, type Reason, refusedByRole, sameStoreRecord, type StoreRecord } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { textChecksum } from "./rowChecksum.ts"
import type { RoleRow, Statements } from "./statements.ts"

/** What a recovery leaves where the record could not be read. */
interface LostRecord {
  readonly lostIn: string
}

/** What a row holds. */
type Held = StoreRecord | LostRecord | null

const rowOfHeld = (held: Held): RoleRow => {
  const record = JSON.stringify(held)
  return { checksum: textChecksum(record), record }
}

/** The row of a record that could not be saved from the database that was set aside at a path. */
export const lostRecordRow = (aside: string): RoleRow => rowOfHeld({ lostIn: aside })

/** Whether a row is as it was written. */
export const isWholeRecord = ({ checksum, record }: RoleRow): boolean => textChecksum(record) === checksum

const corrupt = (path: string, problem: string): Reason => new Corrupt({ at: path, problem, outcome: "notApplied" })

const heldIn = (path: string, row: RoleRow | undefined): Result.Result<Held, Reason> => {
  if (row === undefined) return Result.fail(corrupt(path, "has lost the record of the store"))
  return isWholeRecord(row)
    ? Result.succeed(JSON.parse(row.record) as Held)
    : Result.fail(corrupt(path, "has the record of the store in a row that does not match its checksum"))
}

const isLost = (held: Held): held is LostRecord => Predicate.hasProperty(held, "lostIn")

const recordOf = (path: string) => (held: Held): Result.Result<Option.Option<StoreRecord>, Reason> =>
  isLost(held)
    ? Result.fail(
      new Corrupt({
        at: path,
        problem: "had the record of the store in a part that was damaged",
        quarantine: held.lostIn,
        outcome: "notApplied"
      })
    )
    : Result.succeed(Option.fromNullOr(held))

/** The record, or none. Throws what SQLite throws. */
export const readRecord = (path: string, { role }: Statements): Result.Result<Option.Option<StoreRecord>, Reason> =>
  Result.flatMap(heldIn(path, role.get()), recordOf(path))

/** Why the store takes no write, where it takes none; asked in the transaction of the write. Throws what SQLite throws. */
export const refusalOfStore = (path: string, statements: Statements): Option.Option<Reason> =>
  Result.match(readRecord(path, statements), { onFailure: Option.some, onSuccess: refusedByRole })

/**
 * Replaces the record if it is `expected`, in a transaction that the caller holds. One that a recovery could not save
 * is replaced by who expects none: what it was is not known, and nobody else may say. Throws what SQLite throws.
 */
export const replaceRecord = (
  path: string,
  { role, setRole }: Statements,
  { expected, next: { epoch, state, successor, switchId } }: {
    readonly expected: Option.Option<StoreRecord>
    readonly next: StoreRecord
  }
): Result.Result<boolean, Reason> =>
  Result.map(heldIn(path, role.get()), (held) => {
    const current = isLost(held) ? Option.none() : Option.fromNullOr(held)
    if (!sameStoreRecord(current, expected)) return false
    const { checksum, record } = rowOfHeld({ switchId, epoch, state, successor })
    setRole.run(checksum, record)
    return true
  })
