/**
 * What a chain does beside reading and writing sessions: its store-level record, its probe, its recovery.
 *
 * The store-level record is the primary's: a chain is retired with it. Probes and recoveries are those of every tier,
 * one after the other; what a recovery does is told as an event as well.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Finding } from "../../errors/Unreadable.ts"
import type { Board } from "./board.ts"
import { type Adapter, adapterOf, type Tier } from "./tiers.ts"

const tell = (board: Board, { action, applied, key, place }: Finding): Effect.Effect<void> => {
  if (!applied) return Effect.void
  if (action === "adopt") return board.tell({ _tag: "Adopted", key, place })
  return action === "quarantine" ? board.tell({ _tag: "Quarantined", key, place }) : Effect.void
}

const checksOf = ({ adapter }: Tier) =>
  Option.match(adapter, {
    onNone: () => Effect.succeed([]),
    onSome: ({ probe }) => Effect.map(probe, ({ checks }) => checks)
  })

/** The upkeep of a chain. */
export const upkeepOf = ({ alone, board, name, tiers }: {
  /** Runs an effect while no write is under way. */
  readonly alone: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  readonly name: string
  readonly tiers: ReadonlyArray<Tier>
  readonly board: Board
}): Pick<Adapter, "role" | "probe" | "recover"> => {
  const primary = tiers[0]!
  return {
    role: {
      read: Effect.flatMap(adapterOf(primary), ({ role }) => role.read),
      compareAndSet: (expected, next) =>
        alone(Effect.flatMap(adapterOf(primary), ({ role }) => role.compareAndSet(expected, next)))
    },
    probe: Effect.map(
      Effect.forEach(tiers, checksOf),
      (checks) => ({ adapter: name, location: name, checks: checks.flat() })
    ),
    recover: (mode) =>
      Stream.fromIterable(tiers).pipe(
        Stream.flatMap((tier) => Stream.unwrap(Effect.map(adapterOf(tier), ({ recover }) => recover(mode)))),
        Stream.tap((finding) => tell(board, finding))
      )
  }
}
