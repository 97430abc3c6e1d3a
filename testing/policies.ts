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

/** What is written goes to the adapter itself: the laws write what they read, and a read-only store takes nothing. */
const readOnlyOverWrites: Policy.Policy = (adapter) => {
  const { probe, recover, role, ...reads } = Policy.readOnly(adapter)
  return {
    ...reads,
    commit: adapter.commit,
    role: { read: role.read, compareAndSet: adapter.role.compareAndSet },
    probe,
    recover: (mode) => mode === "apply" ? adapter.recover(mode) : recover(mode)
  }
}

const circuit = { trip: CircuitBreaker.consecutive(100) }

/** Every policy that a chain or an adapter can have round it. */
const everyPolicy = (mirror: Adapter) =>
  Effect.map(keys, (known): Policy.PolicyOptions => ({
    timeout,
    retry,
    circuit,
    observe: { spans: "on" },
    mirror: { adapter: mirror },
    access: "readWrite",
    verify: "readBack",
    encrypt: { keys: known }
  }))

const wrappings: { readonly [name: string]: Wrapping } = {
  // The most that the adapter promises, and not a byte less.
  "required": () => Effect.succeed((adapter) => Policy.required(adapter.capability)(adapter)),
  "timed": () => Effect.succeed(Policy.withTimeout(timeout)),
  "retried": () => Effect.succeed(Policy.retried(retry)),
  "circuit-broken": () => Effect.succeed(Policy.circuitBroken(circuit)),
  "observed": () => Effect.succeed(Policy.observed({ spans: "on" })),
  "verified": () => Effect.succeed(Policy.verified),
  "mirrored": (mirror) => Effect.succeed(Policy.mirrored({ adapter: mirror })),
  "read-only over its writes": () => Effect.succeed(readOnlyOverWrites),
  "encrypted": () => Effect.map(keys, (known) => Policy.encrypted({ keys: known })),
  "fully wrapped": (mirror) =>
    Effect.map(
      everyPolicy(mirror),
      (options) => (adapter) => Policy.apply({ ...options, require: adapter.capability })(adapter)
    )
}

/** A storage whose instances have a policy round them, those of another process and those after a crash as well. */
const wrapStorage = (storage: Storage, wrapping: Wrapping): Storage => {
  const mirror = makeMemory()
  const wrap = (adapter: Adapter) =>
    Effect.map(Effect.flatMap(makeMemoryAdapter(mirror), wrapping), (policy) => policy(adapter))
  const { crashes, elsewhere, faults, open } = storage
  return {
    open: Effect.flatMap(open, wrap),
    faults,
    elsewhere: elsewhere &&
      Effect.flatMap(
        elsewhere,
        ({ adapter, kill }) => Effect.map(wrap(adapter), (wrapped) => ({ adapter: wrapped, kill }))
      ),
    crashes: crashes && ((work) => {
      const wrapped = crashes((adapter) => Effect.scoped(Effect.flatMap(wrap(adapter), work)))
      return Effect.map(
        wrapped,
        (states) => states.map((state) => ({ ...state, storage: wrapStorage(state.storage, wrapping) }))
      )
    })
  }
}

const wrapped = (harness: Harness, name: string, wrapping: Wrapping): Harness => ({
  name: `${harness.name}, ${name}`,
  fresh: Effect.map(harness.fresh, (storage) => wrapStorage(storage, wrapping))
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

type Tiers = Policy.ChainOptions["tiers"]

/** Makes the chain of a storage: every instance of it is built of the same layer. */
type MakeChain = (tiers: Tiers) => Effect.Effect<Layer.Layer<StorageAdapter>, never, Scope.Scope>

const chainBy = (make: MakeChain) => (name: string, first: Harness, others: ReadonlyArray<Harness>): Harness => ({
  name,
  fresh: Effect.gen(function*() {
    const control = yield* Chaos.control(failing())
    const primary = yield* first.fresh
    const lower = yield* Effect.forEach(others, ({ fresh }) => fresh)
    const layer = yield* make([
      { name: "first", layer: control.layer(layerOf(primary.open)) },
      ...lower.map(({ open }, place) => ({ name: `lower ${place + 1}`, layer: layerOf(open) }))
    ])
    return { open: Effect.map(Layer.build(layer), (built) => Context.get(built, StorageAdapter)) }
  })
})

const drainEvery = "10 millis"

/** A chain of adapters of which the first one fails now and then. */
export const chainOf = chainBy((tiers) => Effect.succeed(Fallback.layer({ tiers, drainEvery })))

/** The same with every policy, round its tiers and round the whole. */
export const wrappedChainOf = chainBy((tiers) =>
  makeMemoryAdapter(makeMemory()).pipe(
    Effect.flatMap(everyPolicy),
    Effect.map((options) => Policy.chain({ ...options, tiers, drainEvery, require: "volatile" }))
  )
)
