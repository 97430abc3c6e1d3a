/**
 * An adapter under test with policies round it, each by itself and all together, and chains of adapters.
 *
 * The laws fail calls on purpose, some many times in a row: pauses are short, and a circuit opens late.
 */
import {
  Fallback,
  makeEncryptionKeys,
  makeMemory,
  makeMemoryAdapter,
  NoSpace,
  Policy,
  StorageAdapter
} from "@holdfast/core"
import { Chaos, type Harness, type Storage } from "@holdfast/core/testing"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { Base64 } from "effect/encoding"
import { CircuitBreaker } from "effect/persistence"

type Adapter = StorageAdapter["Service"]

const retry: Policy.RetryOptions = {
  attemptsMax: 2,
  quick: { first: "1 millis", most: "1 millis" },
  slow: { first: "1 millis", most: "1 millis" }
}
const timeout = { read: "30 seconds", write: "30 seconds" } as const

// What the tests encrypt is thrown away: nobody has to guess the key.
const keys = Effect.orDie(
  makeEncryptionKeys([{ id: "k1", key: Redacted.make(Base64.encode(new Uint8Array(32).fill(1))) }])
)

type Wrapping = (mirror: Adapter) => Effect.Effect<Policy.Policy>

const wrappings: { readonly [name: string]: Wrapping } = {
  "timed": () => Effect.succeed(Policy.withTimeout(timeout)),
  "retried": () => Effect.succeed(Policy.retried(retry)),
  "circuit-broken": () => Effect.succeed(Policy.circuitBroken({ trip: CircuitBreaker.consecutive(100) })),
  "observed": () => Effect.succeed(Policy.observed({ spans: "on" })),
  "verified": () => Effect.succeed(Policy.verified),
  "mirrored": (mirror) => Effect.succeed(Policy.mirrored({ adapter: mirror })),
  "encrypted": () => Effect.map(keys, (known) => Policy.encrypted({ keys: known })),
  "fully wrapped": (mirror) =>
    Effect.map(keys, (known) =>
      Policy.apply({
        timeout,
        retry,
        observe: { spans: "on" },
        mirror: { adapter: mirror },
        verify: "readBack",
        encrypt: { keys: known }
      }))
}

const wrapped = (harness: Harness, name: string, wrapping: Wrapping): Harness => ({
  name: `${harness.name}, ${name}`,
  fresh: Effect.map(harness.fresh, ({ open }): Storage => {
    const mirror = makeMemory()
    return {
      open: Effect.gen(function*() {
        const policy = yield* wrapping(yield* makeMemoryAdapter(mirror))
        return policy(yield* open)
      })
    }
  })
})

/** The same adapter with each policy, and with all of them. */
export const withEveryPolicy = (harness: Harness): ReadonlyArray<Harness> =>
  Object.entries(wrappings).map(([name, wrapping]) => wrapped(harness, name, wrapping))

// A linear congruential generator, https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes).
const numbersFrom = (seed: number) => {
  let state = seed
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A third of the commits, drawn from a seed, find the disk full. */
const failing = (): Chaos.Options => {
  const draw = numbersFrom(20_261_123)
  return {
    rules: [{
      operation: "commit",
      while: () => draw() < 1 / 3,
      mishap: Chaos.fail(new NoSpace({ outcome: "notApplied", path: "chaos", code: "ENOSPC" }))
    }]
  }
}

const layerOf = (open: Effect.Effect<Adapter, unknown, Scope.Scope>) => Layer.effect(StorageAdapter, Effect.orDie(open))

/** A chain of adapters of which the first one fails now and then. */
export const chainOf = (
  name: string,
  first: Harness,
  others: ReadonlyArray<Harness>
): Harness => ({
  name,
  fresh: Effect.gen(function*() {
    const control = yield* Chaos.control(failing())
    const primary = yield* first.fresh
    const lower = yield* Effect.forEach(others, ({ fresh }) => fresh)
    const tiers = [
      { name: "first", layer: control.layer(layerOf(primary.open)) },
      ...lower.map(({ open }, place) => ({ name: `lower ${place + 1}`, layer: layerOf(open) }))
    ] as const
    return {
      open: Effect.map(
        Layer.build(Fallback.layer({ tiers, drainEvery: "10 millis" })),
        (built) => Context.get(built, StorageAdapter)
      )
    }
  })
})

/** A write that is sent again after a removal is told apart by the tier above alone, which does not answer here. */
export const chainGaps: ReadonlyArray<string> = ["repeat.afterRemoval"]
