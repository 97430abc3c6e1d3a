/**
 * Somebody who can write to the disk, knows how the file adapter writes, and has no key.
 *
 * He copies what a session holds to another one, in files that are whole in every way that the adapter can tell.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { randomId, type SessionKey, StorageAdapter } from "@holdfast/core"
import { Effect, Layer, Option } from "effect"

/** Puts the state of one session in the place of another one's. */
export const forge = (directory: string, source: SessionKey, target: SessionKey): Promise<unknown> =>
  Effect.gen(function*() {
    const adapter = yield* StorageAdapter
    const { body, head: { kind, schemaVersion, summary } } = Option.getOrThrow(yield* adapter.load(source))
    return yield* adapter.commit({
      writeId: randomId(),
      operations: [{ _tag: "Put", key: target, expect: "present", kind, schemaVersion, summary, body }]
    })
  }).pipe(
    Effect.provide(Layer.provide(FsAdapter.layer({ directory }), NodeServices.layer)),
    Effect.runPromise
  )
