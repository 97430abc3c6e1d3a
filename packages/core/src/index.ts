/**
 * Holdfast's core: the typed session store, the storage port, its errors and its data.
 *
 * Apps use `Session` and `SessionStore`; adapters are written against `StorageAdapter`, with
 * `planChange` and `evaluateQuery` for the semantics that all of them share.
 */
export * as StorageUrl from "./config/StorageUrl.ts"
export * from "./errors/StorageEvent.ts"
export * from "./policy/encrypted.ts"
export { type DrainReport, Fallback, type FallbackControl, type FallbackOptions } from "./policy/fallback/Fallback.ts"
export type { TierOptions } from "./policy/fallback/tiers.ts"
export * as Policy from "./policy/Policy.ts"
export * from "./port.ts"
export * from "./store.ts"
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
