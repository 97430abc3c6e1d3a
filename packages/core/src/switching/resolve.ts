/**
 * Finding out which backend serves, and putting the records in order where a switch stopped half way.
 *
 * Several processes may do so at the same time, and one may still be switching: every step is a compare-and-set, and
 * after each the records are read again.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import { Unavailable } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { StoreRecord } from "../port/StoreRole.ts"
import type { Adapter, Backend } from "./backends.ts"
import { decide, type Decision, type Found, incomplete, reinstated, type Sighting, type Sightings } from "./decide.ts"

export type Backends = ReadonlyMap<string, Backend>

const lifetimeOf = ({ capability: { durability, sharedBy } }: Adapter) =>
  durability === "volatile" && sharedBy === "process" ? "process" : "lasting"

const see = (backend: Backend): Effect.Effect<Sighting> =>
  Effect.scoped(
    Effect.flatMap(backend.open, (adapter) =>
      Effect.map(
        adapter.role.read,
        (record): Sighting => ({ _tag: "Seen", record, lifetime: lifetimeOf(adapter) })
      ))
  ).pipe(Effect.catch((error) => Effect.succeed<Sighting>({ _tag: "Unseen", error })))

/** Opens every backend and reads its record. */
const sightings = (backends: Backends): Effect.Effect<Sightings> =>
  Effect.map(
    Effect.forEach(
      backends.values(),
      (backend) => Effect.map(see(backend), (sighting) => [backend.name, sighting] as const),
      { concurrency: "unbounded" }
    ),
    (seen) => new Map(seen)
  )

const recordsOf = (sightings: Sightings): ReadonlyMap<string, Option.Option<StoreRecord>> =>
  new Map([...sightings].map(([name, seen]) => [name, seen._tag === "Seen" ? seen.record : Option.none()]))

const replace = (backends: Backends, { name, record }: Found, next: StoreRecord) =>
  Effect.scoped(
    Effect.flatMap(backends.get(name)!.open, ({ role }) => role.compareAndSet(Option.some(record), next))
  )

/** Takes one step towards a current backend. Whether it was this process that took it does not matter. */
const carryOut = (backends: Backends, decision: Extract<Decision, { _tag: "TakeBack" | "Reinstate" }>) =>
  decision._tag === "TakeBack"
    ? replace(backends, decision.target, incomplete(decision.target.record))
    : replace(backends, decision.source, reinstated(decision.source.record))

export interface ResolveOptions {
  /** How errors name the adapter. */
  readonly adapter: string
  readonly initial: string
  /** How long another process, which may be about to decide a switch, is waited for. */
  readonly patience: Duration.Duration
  /** A backend that may serve meanwhile for reads: nobody was acknowledged a write since it was retired. */
  readonly readsFrom?: string | undefined
}

// A switch decides within milliseconds; asking more often would only cost.
const askEvery = Duration.millis(20)

/** The name of the backend that serves. Fails when it cannot be asked, or is gone. */
export const resolve = Effect.fnUntraced(function*(
  backends: Backends,
  { adapter, initial, patience, readsFrom }: ResolveOptions
): Effect.fn.Return<string, StorageError> {
  const started = yield* Clock.currentTimeMillis
  let before: ReturnType<typeof recordsOf> = new Map()
  while (true) {
    const seen = yield* sightings(backends)
    const decision = decide(seen, initial)
    if (decision._tag === "Serve") return decision.name
    if (decision._tag === "Unknown") {
      const { cause, what } = decision
      // Records are read one after the other: those that do not fit together may have changed in between.
      const last = before
      before = recordsOf(seen)
      if (Option.isNone(cause) && !Equal.equals(last, before)) continue
      const reason = new Unavailable({ outcome: "notApplied", what, cause: Option.getOrUndefined(cause) })
      return yield* new StorageError({ adapter, operation: "open", reason })
    }
    if (decision.source.name === readsFrom) return readsFrom
    const isWaiting = (yield* Clock.currentTimeMillis) - started < Duration.toMillis(patience)
    yield* decision._tag === "TakeBack" && isWaiting ? Effect.sleep(askEvery) : carryOut(backends, decision)
  }
})
