/**
 * A counter in a session's body, incremented by compare-and-set: what it counts shows whether
 * preconditions hold among the writers.
 * Incrementing tries again after a conflict, and breaks the law when it does not get through.
 */
import * as Effect from "effect/Effect"
import type { SessionKey } from "../model/SessionKey.ts"
import { broken } from "./claims.ts"
import { put } from "./operations.ts"
import type { Client } from "./Trial.ts"

/** The number in the body. */
export const counted = (client: Client, key: SessionKey) => Effect.map(client.read(key), ({ body }) => Number(body))

// A try is lost only to another writer's increment, so nobody loses more often than there are other writers.
const triesMax = 40

/** Adds one to the counter, and tries again where another writer was faster. */
export const increment = Effect.fnUntraced(function*(client: Client, key: SessionKey) {
  for (let count = 0; count < triesMax; count++) {
    const { body, head } = yield* client.read(key)
    // Gives every other writer the time to read the same version.
    yield* Effect.yieldNow
    const isWritten = yield* client.commit(put(key, Number(body) + 1, { expect: head.version })).pipe(
      Effect.as(true),
      Effect.catchReason("StorageError", "Conflict", () => Effect.succeed(false))
    )
    if (isWritten) return
  }
  return yield* broken(`an increment does not get through in ${triesMax} tries`)
})
