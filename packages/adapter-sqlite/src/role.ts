/**
 * The store-level record as the port has it: read at once, replaced in a transaction of its own.
 *
 * SQLite lets one transaction write at a time, and every commit asks for the record in its own one. So when the
 * record says that the store was retired, what was acknowledged came before, and whatever comes later is refused.
 */
import { type Reason, type StorageAdapter, StorageError, type Writes } from "@holdfast/core/port"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Database, whileBusy } from "./Database.ts"
import { readRecord, replaceRecord } from "./storeRecord.ts"
import { inTransaction } from "./transaction.ts"

/** The role of the store in a database; it ends with the writes of its adapter. */
export const makeRole = (database: Database, { adapter, busyTimeout, writes }: {
  readonly adapter: string
  readonly busyTimeout: Duration.Duration
  readonly writes: Writes
}): StorageAdapter["Service"]["role"] => {
  const { path } = database.options
  const call = <A>(effect: Effect.Effect<A, Reason>) =>
    whileBusy(busyTimeout)(effect).pipe(
      Effect.mapError((reason) => new StorageError({ adapter, operation: "role", reason }))
    )
  const read = Effect.flatMap(
    database.read(({ statements }) => readRecord(path, statements)),
    (record) => Effect.fromResult(record)
  )
  return {
    read: Effect.andThen(writes.ensureOpen("role"), call(read)),
    compareAndSet: (expected, next) =>
      Effect.andThen(
        writes.ensureOpen("role"),
        writes.run(
          undefined,
          call(
            Effect.flatMap(
              inTransaction(database, ({ statements }) => replaceRecord(path, statements, { expected, next })),
              (isReplaced) => Effect.fromResult(isReplaced)
            )
          )
        )
      )
  }
}
