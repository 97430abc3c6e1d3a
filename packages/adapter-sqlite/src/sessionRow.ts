/**
 * Rows as the port's records, and a change's facts from the row of its key.
 *
 * A row is used only when it matches its checksum. One that a removal left is a tombstone, one of a session
 * that a damaged database has lost is neither absent nor present.
 */
import {
  Corrupt,
  type KeyFacts,
  type Reason,
  type RecordFacts,
  type SessionKey,
  type StoredHead,
  type StoredSession,
  Version
} from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { bytesNamespace, bytesText } from "./keyBytes.ts"
import { headChecksum, textChecksum } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import type { FactsRow, HeadRow, SessionRow } from "./statements.ts"
import { decodeWrites, knownWrites } from "./writesColumn.ts"

/** The key of a row that has one, see `hasKey`. */
export const keyOf = ({ id, namespace }: Pick<HeadRow, "namespace" | "id">): SessionKey => ({
  namespace: bytesNamespace(namespace),
  id: bytesText(id)
})

const corrupt = (path: string, problem: string): Reason => new Corrupt({ at: path, problem, outcome: "notApplied" })

/** Why a row that does not match its checksum cannot be read. */
export const rowDamage = (path: string): Reason =>
  corrupt(path, "has this session in a row that does not match its checksum")

/** The row, when it is as it was written. */
export const checkHead = <Row extends HeadRow>(path: string, row: Row): Result.Result<Row, Reason> =>
  headChecksum(row) === row.checksum
    ? Result.succeed(row)
    : Result.fail(rowDamage(path))

/** The body of a row that matches its checksum, when it does so too. */
export const checkBody = <Row extends SessionRow>(path: string, row: Row): Result.Result<Row, Reason> =>
  textChecksum(row.body) === row.body_checksum
    ? Result.succeed(row)
    : Result.fail(corrupt(path, "has this session with a body that does not match its checksum"))

/** Why a session that a damaged database has lost can be neither read nor written. */
export const lostReason = (path: string, { summary }: Pick<HeadRow, "summary">): Reason =>
  new Corrupt({
    at: path,
    problem: "had this session in a part that was damaged",
    quarantine: summary,
    outcome: "notApplied"
  })

/** The row of a session; none for what is absent. Fails for a row that is damaged, and for a lost session. */
export const liveRow = <Row extends HeadRow>(
  path: string,
  row: Row | undefined
): Result.Result<Option.Option<Row>, Reason> =>
  row === undefined
    ? Result.succeed(Option.none())
    : Result.flatMap(checkHead(path, row), (checked) =>
      checked.state === states.lost
        ? Result.fail(lostReason(path, checked))
        : Result.succeed(checked.state === states.live ? Option.some(checked) : Option.none()))

/** The row of a key as its head, which is its caller's to keep and shares nothing with the key that was asked for. */
export const headOf = ({ id, namespace }: SessionKey, row: HeadRow): StoredHead => ({
  _tag: "StoredHead",
  key: { namespace: [...namespace], id },
  kind: row.kind,
  schemaVersion: row.schema_version,
  version: Version(row.version),
  incarnation: row.incarnation,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  summary: row.summary,
  entryCount: row.entry_count
})

/** The row of a key as its session; fails when its body or its write ids are not as they were written. */
export const sessionOf = (path: string, key: SessionKey, row: SessionRow): Result.Result<StoredSession, Reason> => {
  const checked = checkBody(path, row)
  if (Result.isFailure(checked)) return Result.fail(checked.failure)
  return Result.map(decodeWrites(path, row.writes), (writes) => ({ head: headOf(key, row), body: row.body, writes }))
}

/** What a change has to know of its key. A lost session counts as one that is there, for it to be removed. */
export const factsOf = (path: string, row: FactsRow | undefined): Result.Result<KeyFacts, Reason> => {
  if (row === undefined) return Result.succeed({ live: Option.none(), removed: Option.none() })
  const checked = checkHead(path, row)
  if (Result.isFailure(checked)) return Result.fail(checked.failure)
  const version = Version(row.version)
  return Result.map(knownWrites(path, row.writes), (writes): KeyFacts => {
    if (row.state === states.removed) return { live: Option.none(), removed: Option.some({ version, writes }) }
    const live: RecordFacts = {
      kind: row.kind,
      schemaVersion: row.schema_version,
      version,
      incarnation: row.incarnation,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      entryCount: row.entry_count,
      writes
    }
    return { live: Option.some(live), removed: Option.none() }
  })
}
