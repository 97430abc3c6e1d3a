/** The same files on a network share that has all but stopped answering: a read takes minutes. */
import { type SessionKey, StorageAdapter } from "@holdfast/core"
import { Sessions } from "@holdfast/core/promise"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Draft, filesIn } from "./drafts.ts"

const slow = Layer.effect(
  StorageAdapter,
  Effect.map(
    StorageAdapter,
    (adapter) => ({ ...adapter, load: (key: SessionKey) => Effect.delay(adapter.load(key), "5 minutes") })
  )
)

export const openDeadShare = (directory: string) =>
  Sessions.open(Draft, { storage: Layer.provide(slow, filesIn(directory)) })
