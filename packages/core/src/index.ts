/**
 * Holdfast's core: the typed session store, the storage port, its errors and its data.
 *
 * Apps use `Session` and `SessionStore`; adapters are written against `StorageAdapter`, with
 * `planChange` and `evaluateQuery` for the semantics that all of them share.
 */
export * as StorageUrl from "./config/StorageUrl.ts"
export * from "./errors/Health.ts"
export * from "./errors/reasons.ts"
export * from "./errors/Receipt.ts"
export * from "./errors/SessionErrors.ts"
export * from "./errors/StorageError.ts"
export * from "./errors/StorageEvent.ts"
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
export * from "./policy/encrypted.ts"
export { type DrainReport, Fallback, type FallbackControl, type FallbackOptions } from "./policy/fallback/Fallback.ts"
export type { TierOptions } from "./policy/fallback/tiers.ts"
export * as Policy from "./policy/Policy.ts"
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
export * from "./store/Session.ts"
export * from "./store/SessionStore.ts"
export {
  ContentUnreadable,
  FenceTimedOut,
  type KeptAside,
  NotVerified,
  StorageSwitch,
  Superseded,
  type SwitchControl,
  SwitchError,
  type SwitchOptions,
  type SwitchProgress,
  type SwitchReason,
  type TransferKind,
  UnknownBackend,
  WeakerBackend
} from "./switching/StorageSwitch.ts"
