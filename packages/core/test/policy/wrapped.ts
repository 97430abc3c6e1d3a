/** Memory under test with policies round it. The laws fail calls on purpose: pauses are short, and a circuit opens late. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, type Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { type EncryptionKeys, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { type Adapter, type CircuitOptions, type Policy, type RetryOptions } from "../../src/policy/Policy.ts"
import { k1 } from "./encryptedStores.ts"

/** Instances over one content and over one content of a mirror, each wrapped by itself. */
export const over = (name: string, policy: (mirror: Adapter, keys: EncryptionKeys) => Policy) =>
  conformance({
    name: `${name} memory`,
    fresh: Effect.sync(() => {
      const content = MemoryAdapter.makeMemory()
      const mirrorContent = MemoryAdapter.makeMemory()
      const open: Effect.Effect<Adapter, never, Scope.Scope> = Effect.gen(function*() {
        const adapter = yield* MemoryAdapter.make(content)
        const keys = yield* Effect.orDie(makeEncryptionKeys([k1]))
        return policy(yield* MemoryAdapter.make(mirrorContent), keys)(adapter)
      })
      return { open }
    })
  })

// The laws fail calls on purpose, some many times in a row: pauses are short, and a circuit opens late.
export const retry: RetryOptions = {
  attemptsMax: 2,
  quick: { first: "1 millis", most: "1 millis" },
  slow: { first: "1 millis", most: "1 millis" }
}
export const circuit: CircuitOptions = { trip: CircuitBreaker.consecutive(100) }

export const limits = { read: "30 seconds", write: "30 seconds" } as const
