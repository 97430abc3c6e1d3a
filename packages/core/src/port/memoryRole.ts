/**
 * The store-level record of a memory: a field that is read and replaced in one step.
 *
 * Records go in and out as copies, so nobody changes one by changing what he gave or got. Commits to a memory
 * look at the same field in the same step in which they write.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StorageError } from "../errors/StorageError.ts"
import { sameStoreRecord, type StoreRecord, type StoreRole } from "./StoreRole.ts"

/** What holds the record. */
export interface MemoryRecord {
  record: Option.Option<StoreRecord>
}

/** The role of a memory, for as long as `ensureOpen` succeeds. */
export const roleOf = (memory: MemoryRecord, ensureOpen: Effect.Effect<void, StorageError>): StoreRole => ({
  read: Effect.andThen(ensureOpen, Effect.sync(() => Option.map(memory.record, (record) => ({ ...record })))),
  compareAndSet: (expected, next) =>
    Effect.andThen(
      ensureOpen,
      Effect.sync(() => {
        const isExpected = sameStoreRecord(memory.record, expected)
        if (isExpected) memory.record = Option.some({ ...next })
        return isExpected
      })
    )
})
