/**
 * What a chain does beside reading and writing sessions: its probe and its recovery.
 *
 * Both are those of every tier, one after the other; what a recovery does is told as an event as well. What a tier
 * does by itself while it is opened is told by nobody: it is in the tier's own findings.
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
export const upkeepOf = ({ board, name, tiers }: {
  readonly name: string
  readonly tiers: ReadonlyArray<Tier>
  readonly board: Board
}): Pick<Adapter, "probe" | "recover"> => {
  return {
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
