/**
 * The laws of health: it tells whether writes work, at once to whoever asks, and a caller's mistake is
 * not the storage's illness.
 * What health says of failing storage depends on the backend, and is left to each adapter's own tests.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, present } from "../claims.ts"
import { append, put } from "../operations.ts"
import { type Client, family } from "../Trial.ts"

const key = makeKey("session", ["account"])

const isHealthy = Effect.fnUntraced(function*(client: Client) {
  const health = yield* present(yield* Stream.runHead(client.adapter.health), "the current health")
  yield* equal([health.state, health.displacedCount], ["healthy", 0], "the health")
  yield* equal(health.tiers.map((tier) => tier.state), health.tiers.map(() => "healthy"), "the health of the tiers")
})

export const healthLaws = family("health", [
  {
    id: "health.ofGoodWrites",
    title: "an instance is healthy from its opening on while its writes succeed",
    run: function*(trial) {
      const client = yield* trial.open
      yield* isHealthy(client)
      yield* client.commit(put(key, 1))
      yield* isHealthy(client)
      yield* client.commit(append(key, [1]))
      yield* isHealthy(client)
    }
  },
  {
    id: "health.ofRefusals",
    title: "refusing a conflict or a bad key leaves an instance healthy",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      for (
        const operation of [put(key, 2, { expect: "absent" }), put(makeKey("a/b"), 1), put(key, 2, { kind: "other" })]
      ) {
        yield* Effect.flip(client.commit(operation))
        yield* isHealthy(client)
      }
    }
  }
])
