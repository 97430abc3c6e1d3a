/**
 * Reading through tiers: from the bottom up, the way the drain moves, so that nothing moves past a reader.
 *
 * The lowest tier that holds a key has its newest version. What the primary cannot read is its error, never "not
 * found", and as long as a lower tier was not listed, nothing that it may hold is answered from above. A listing
 * shows what the other tiers hold then, and a row says that it is incomplete.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { StorageError } from "../../errors/StorageError.ts"
import type { UnreadableEntry } from "../../errors/Unreadable.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import type { EntryRange, StoredEntry, StoredHead, StoredSession } from "../../model/StoredRecord.ts"
import { type Adapter, adapterOf, type Held, readTier, type Tier } from "./tiers.ts"

/** A record as a lower tier has it: none when it was drained meanwhile. */
type Below<A> = Option.Option<{ readonly tier: Tier; readonly held: Held; readonly found: A }>

const heads = (key: SessionKey) => ({
  read: (adapter: Adapter) => adapter.head(key),
  headOf: (head: StoredHead) => head
})

/** A displaced head: of a put over a record that nobody could read, the entries are those above. */
export const headWithCount = (primary: Tier, { head, mark }: Held): Effect.Effect<StoredHead> =>
  mark.base === "unknown"
    ? Effect.map(
      Effect.option(Effect.flatMap(adapterOf(primary), (adapter) => adapter.head(head.key))),
      (above) => ({
        ...head,
        entryCount: Option.match(Option.flatten(above), { onNone: () => 0, onSome: ({ entryCount }) => entryCount })
      })
    )
    : Effect.succeed(head)

/** Reading from the tiers of a fallback. */
export const makeReading = (tiers: ReadonlyArray<Tier>) => {
  const primary = tiers[0]!
  const lower = tiers.slice(1)

  /** What the lower tiers have of a key; the lowest has the newest version, so its own failure is the answer. */
  const readBelow = Effect.fnUntraced(function*<A>(
    key: SessionKey,
    how: {
      readonly read: (adapter: Adapter) => Effect.Effect<Option.Option<A>, StorageError>
      readonly headOf: (found: A) => StoredHead
    }
  ): Effect.fn.Return<Below<A>, StorageError> {
    for (const tier of lower.toReversed()) {
      const below = yield* readTier(tier, key, how)
      if (Option.isSome(below)) return Option.some({ tier, ...below.value })
    }
    return Option.none()
  })

  const head = Effect.fnUntraced(function*(key: SessionKey): Effect.fn.Return<Option.Option<StoredHead>, StorageError> {
    const below = yield* readBelow(key, heads(key))
    if (Option.isNone(below)) return yield* (yield* adapterOf(primary)).head(key)
    const { held } = below.value
    return held.mark.isRemoval ? Option.none() : Option.some(yield* headWithCount(primary, held))
  })

  const load = Effect.fnUntraced(
    function*(key: SessionKey): Effect.fn.Return<Option.Option<StoredSession>, StorageError> {
      const below = yield* readBelow(key, { read: (adapter) => adapter.load(key), headOf: ({ head: own }) => own })
      if (Option.isNone(below)) return yield* (yield* adapterOf(primary)).load(key)
      const { found, held } = below.value
      return held.mark.isRemoval ? Option.none() : Option.some({ ...found, head: yield* headWithCount(primary, held) })
    }
  )

  /** The entries below; none when the session went up while they were read. */
  const entriesBelow = Effect.fnUntraced(function*(tier: Tier, key: SessionKey, range: EntryRange) {
    const adapter = yield* adapterOf(tier)
    const rows = yield* Stream.runCollect(adapter.entries(key, range))
    return Option.as(yield* adapter.head(key), rows)
  })

  const entries = (key: SessionKey, range: EntryRange): Stream.Stream<StoredEntry | UnreadableEntry, StorageError> =>
    Stream.unwrap(Effect.gen(function*() {
      for (;;) {
        const below = yield* readBelow(key, heads(key))
        if (Option.isSome(below) && below.value.held.mark.isRemoval) return Stream.empty
        if (Option.isNone(below) || below.value.held.mark.base === "unknown") {
          return (yield* adapterOf(primary)).entries(key, range)
        }
        const rows = yield* entriesBelow(below.value.tier, key, range)
        if (Option.isSome(rows)) return Stream.fromIterable(rows.value)
      }
    }))

  return { head, load, entries }
}
