/** Chains of memories under test: what each tier holds outlives the adapters, as a disk would. */
import {
  Io,
  makeMemory,
  makeMemoryAdapter,
  type Memory,
  StorageAdapter,
  StorageError,
  type StorageOperation
} from "@holdfast/core"
import { Deferred, Effect, Layer, Stream } from "effect"
import { make } from "../../../src/policy/fallback/Fallback.ts"

type Adapter = StorageAdapter["Service"]

/** What is wrong with a tier at the moment. */
export interface Trouble {
  reads: "work" | "fail"
  writes: "work" | "fail" | "lost"
  builds: "work" | "fail"
}

export interface TestTier {
  readonly name: string
  readonly memory: Memory
  readonly trouble: Trouble
}

export const testTier = (name: string): TestTier => ({
  name,
  memory: makeMemory(),
  trouble: { reads: "work", writes: "work", builds: "work" }
})

const failure = (name: string, operation: StorageOperation, outcome: "notApplied" | "unknown") =>
  new StorageError({ adapter: name, operation, reason: new Io({ outcome, path: name, code: "EIO" }) })

/** Counts the calls of a process down to the one in whose midst it dies; from then on none of its calls comes back. */
export interface Fuse {
  /** How many calls are made before it dies; never when it is infinite. */
  left: number
  /** Whether the call that it dies in has been carried out. */
  isLast: "made" | "notMade"
  readonly blown: Deferred.Deferred<void>
}

export const newFuse = (): Fuse => ({ left: Infinity, isLast: "made", blown: Deferred.makeUnsafe() })

/** A call of a process that may die in it. */
const mortal = <A, E>(fuse: Fuse, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (fuse.left-- > 0) return call
    const dies = Effect.andThen(Deferred.succeed(fuse.blown, undefined), Effect.never)
    return fuse.left === -1 && fuse.isLast === "made" ? Effect.andThen(Effect.exit(call), dies) : dies
  })

/** A memory that fails as its trouble says, and claims to be as durable as a disk. */
const troubled = ({ name, trouble }: TestTier, adapter: Adapter, fuse: Fuse): Adapter => {
  const read = <A>(operation: StorageOperation, effect: Effect.Effect<A, StorageError>) =>
    mortal(
      fuse,
      Effect.suspend(() => trouble.reads === "fail" ? Effect.fail(failure(name, operation, "notApplied")) : effect)
    )
  const stream = <A>(operation: StorageOperation, all: Stream.Stream<A, StorageError>) =>
    Stream.unwrap(read(operation, Effect.succeed(all)))
  return {
    ...adapter,
    name,
    location: name,
    capability: { ...adapter.capability, durability: "flushed" },
    head: (key) => read("head", adapter.head(key)),
    load: (key) => read("load", adapter.load(key)),
    entries: (key, range) => stream("entries", adapter.entries(key, range)),
    list: (query) => stream("list", adapter.list(query)),
    commit: (change) =>
      mortal(
        fuse,
        Effect.suspend(() => {
          if (trouble.writes === "fail") return Effect.fail(failure(name, "commit", "notApplied"))
          const answer = Effect.map(
            adapter.commit(change),
            (receipt) => ({ ...receipt, adapter: name, durability: "flushed" as const })
          )
          if (trouble.writes === "work") return answer
          return Effect.andThen(answer, Effect.fail(failure(name, "commit", "unknown")))
        })
      )
  }
}

export const layerOf = (tier: TestTier, fuse: Fuse = newFuse()): Layer.Layer<StorageAdapter, StorageError> =>
  Layer.effect(
    StorageAdapter,
    Effect.suspend(() =>
      tier.trouble.builds === "fail"
        ? Effect.fail(failure(tier.name, "open", "notApplied"))
        : Effect.map(
          makeMemoryAdapter(tier.memory, { closeTimeout: 0 }),
          (adapter) => troubled(tier, adapter, fuse)
        )
    )
  )

/** Opens a chain for the length of the scope. It drains when it is told to. */
export const openChain = (tiers: readonly [TestTier, ...ReadonlyArray<TestTier>], fuse: Fuse = newFuse()) => {
  const tierOf = (tier: TestTier) => ({ name: tier.name, layer: layerOf(tier, fuse) })
  const [first, ...others] = tiers
  return make({ tiers: [tierOf(first), ...others.map(tierOf)], drainEvery: "1 hour", closeTimeout: 0 })
}
