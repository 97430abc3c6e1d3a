/**
 * The policy that takes no writes: a store that may be looked at and not changed.
 *
 * Every write fails with `ReadOnly` before any I/O. Nothing is silently ignored: an app that believes it
 * saved would be told so. Reading, listing, watching and inspecting go on as they were.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ReadOnly } from "../errors/reasons.ts"
import type { StorageOperation } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { type AdapterPolicy, failureOf, wrap } from "./policies.ts"

/**
 * Refuses every write: commits, the compare-and-set of the store's role and `recover("apply")`.
 *
 * **Details**
 *
 * The failure is `ReadOnly`, not applied, whose remedy is another backend: in a fallback chain the tier
 * below takes the write. A probe writes files of its own, so it is not run: its report holds one check that
 * was not tried. It costs nothing.
 */
export const readOnly: AdapterPolicy = (adapter) => {
  const refusal = (operation: StorageOperation, key?: SessionKey) =>
    failureOf(adapter, operation, {
      key,
      reason: new ReadOnly({ outcome: "notApplied", path: adapter.location, code: "readOnly" })
    })
  return wrap(adapter, {
    commit: (change) => Effect.fail(refusal("commit", change.operations[0]?.key)),
    role: { ...adapter.role, compareAndSet: () => Effect.fail(refusal("role")) },
    probe: Effect.sync(() => {
      const { location, name } = adapter
      const detail = "the store is opened read-only"
      return { adapter: name, location, checks: [{ name: "probe", place: location, outcome: "notTried", detail }] }
    }),
    recover: (mode) => mode === "apply" ? Stream.fail(refusal("recover")) : adapter.recover(mode)
  })
}
