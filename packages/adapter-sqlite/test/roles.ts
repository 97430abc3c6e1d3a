/** Records that stores have in a switch from one backend to another. */
import { assert } from "@effect/vitest"
import type { StoreRecord } from "@holdfast/core"
import { Effect, Option } from "effect"
import type { Adapter } from "./stores.ts"

export const current: StoreRecord = { switchId: "the-first-switch", epoch: 1, state: "current" }
export const retired: StoreRecord = { switchId: "the-second-switch", epoch: 2, state: "retired", successor: "files" }

export const none = Option.none<StoreRecord>()

/** Makes a store retired, whatever it was. */
export const retire = Effect.fnUntraced(function*({ role }: Adapter) {
  assert.isTrue(yield* role.compareAndSet(yield* role.read, retired))
})
