/**
 * What adapters are written against: the storage port, its errors, its data and the semantics that all of them share.
 *
 * Everything here is in `@holdfast/core` as well. An adapter imports it from here, so that an app which opens one store
 * loads no policies, no fallback and no switching with it.
 */

export type * as StorageUrl from "./config/StorageUrl.ts"
export * from "./errors/Health.ts"
export * from "./errors/reasons.ts"
export * from "./errors/Receipt.ts"
export * from "./errors/StorageError.ts"
export * from "./errors/Unreadable.ts"
export * from "./errors/wire.ts"
export * from "./model/Capability.ts"
export * from "./model/Change.ts"
export * from "./model/ListQuery.ts"
export * from "./model/operations.ts"
export * from "./model/plan.ts"
export * from "./model/SessionKey.ts"
export * from "./model/StoredRecord.ts"
export * from "./model/Version.ts"
export * from "./port/Adopter.ts"
export * from "./port/changeFeed.ts"
export * from "./port/checks.ts"
export * from "./port/keyedLock.ts"
export * from "./port/memory.ts"
export * from "./port/randomId.ts"
export * from "./port/remoteFileSystem.ts"
export * from "./port/restorations.ts"
export * from "./port/StorageAdapter.ts"
export * from "./port/StorageChange.ts"
export * from "./port/StoreRole.ts"
export * from "./port/wholeSession.ts"
export * from "./port/writes.ts"
