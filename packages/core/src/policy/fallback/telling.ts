/**
 * Telling watchers what was written through the tiers, wherever it landed, and by whom.
 *
 * What this chain writes is told at once, what its tiers report of others when they do, and nothing twice. A drain
 * moves a version and changes nothing, so it is not told. A write whose outcome nobody can tell is `Missed`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Change } from "../../model/Change.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"
import { makeChangeFeed } from "../../port/changeFeed.ts"
import type { PlannedChange } from "../../port/restorations.ts"
import { adapterOf, heldOf, type Tier } from "./tiers.ts"

// The answer to a repeated write tells an old version. Of so many keys it is known what was told last.
const toldMax = 4096

/** Which version of a session was told last, of the sessions that were told of last. */
const makeTold = () => {
  const told = new Map<string, number>()

  const isTold = (name: string, version: number): boolean => {
    if ((told.get(name) ?? 0) >= version) return true
    told.delete(name)
    told.set(name, version)
    const [oldest] = told.keys()
    if (told.size > toldMax && oldest !== undefined) told.delete(oldest)
    return false
  }

  return { isTold, versionOf: (name: string): number => told.get(name) ?? 0 }
}

/** Makes the feed of a fallback, and what tells it of writes. */
export const makeTelling = () => {
  const feed = makeChangeFeed()
  const { isTold, versionOf } = makeTold()

  const tell = ({ operations }: PlannedChange, { keys }: AdapterReceipt, before: Option.Option<StoredHead>): void => {
    const [operation] = operations
    const [row] = keys
    if (operation === undefined || row === undefined || isTold(keyText(row.key), row.version)) return
    const { key, version } = row
    if (operation._tag !== "Remove") {
      const { kind } = operation._tag === "Restore" ? operation.record.head : operation
      return feed.publish([{ _tag: "Changed", key, kind, version }])
    }
    // A removal of what is absent removed nothing.
    if (Option.isSome(before)) feed.publish([{ _tag: "Removed", key, kind: before.value.kind, version }])
  }

  /** Carries out a write and tells of it. `head` is what was there; only a removal needs it. */
  const telling = (
    change: PlannedChange,
    head: Effect.Effect<Option.Option<StoredHead>, StorageError>,
    write: Effect.Effect<AdapterReceipt, StorageError>
  ): Effect.Effect<AdapterReceipt, StorageError> =>
    Effect.gen(function*() {
      const isRemoval = change.operations.some(({ _tag }) => _tag === "Remove")
      const before = isRemoval ? Option.flatten(yield* Effect.option(head)) : Option.none<StoredHead>()
      return yield* write.pipe(
        Effect.tap((receipt) => Effect.sync(() => tell(change, receipt, before))),
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error.outcome === "unknown") feed.publish([{ _tag: "Missed" }])
          })
        )
      )
    })

  /** What a tier reports: a drain moves a version that was told, and what leaves a lower tier was not removed. */
  const pass = Effect.fnUntraced(function*(tier: Tier, change: Change) {
    if (change._tag === "Missed") return feed.publish([change])
    if (tier.place === 0) return isTold(keyText(change.key), change.version) ? undefined : feed.publish([change])
    if (change._tag === "Removed") return
    const adapter = yield* adapterOf(tier)
    const found = Option.map(yield* adapter.head(change.key), heldOf)
    if (Option.isNone(found)) return
    const { head: { key, kind, version }, mark } = found.value
    if (isTold(keyText(key), version)) return
    feed.publish([
      mark.isRemoval
        ? { _tag: "Removed", key, kind: mark.kind ?? kind, version }
        : { _tag: "Changed", key, kind, version }
    ])
  })

  /** Passes on what a tier reports, so that other instances over the same tiers are heard as well. */
  const follow = Effect.fnUntraced(function*(tier: Tier) {
    const adapter = yield* adapterOf(tier)
    // What lay there before is no news, when it is drained.
    for (const { head } of tier.held.values()) isTold(keyText(head.key), head.version)
    const changes = yield* adapter.changes
    yield* Effect.forkScoped(
      Effect.catch(
        Stream.runForEach(
          changes,
          (change) => Effect.catch(pass(tier, change), () => Effect.sync(() => feed.publish([{ _tag: "Missed" }])))
        ),
        // A tier that is closed, or is not watched any more, reports nothing; what was missed is said.
        () => Effect.sync(() => feed.publish([{ _tag: "Missed" }]))
      )
    )
  })

  /** The newest version that was told of a session, as far as it is remembered; 0 otherwise. */
  const toldOf = (key: SessionKey): number => versionOf(keyText(key))

  return { subscribe: feed.subscribe, telling, follow, toldOf }
}
