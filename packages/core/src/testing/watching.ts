/**
 * Watching: a subscription as laws read it, change by change, with all that was seen so far.
 *
 * A watch is pulled: what nobody asks for stays where the adapter keeps it, so a law that does not read is a
 * slow subscriber. Versions of one key that do not rise break the law whatever it is about.
 */
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import type { Change } from "../model/Change.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import { broken, type LawBroken } from "./claims.ts"
import { inTime } from "./patience.ts"

export interface Watch {
  /** Everything that was read so far, in its order. */
  readonly seen: ReadonlyArray<Change>
  /** Reads on until `isThere` holds for what was seen; breaks the law when that does not come in time. */
  readonly until: (
    isThere: (seen: ReadonlyArray<Change>) => boolean,
    claim: string
  ) => Effect.Effect<void, StorageError | LawBroken>
}

/** What the port says of a change and no more. */
const plainChange = (change: Change): Change => {
  if (change._tag === "Missed") return { _tag: "Missed" }
  const { _tag, key, kind, version } = change
  return { _tag, key: { namespace: [...key.namespace], id: key.id }, kind, version }
}

/** Whether something of this key was reported in this version. */
export const tells = (key: SessionKey, version: number) => (seen: ReadonlyArray<Change>): boolean =>
  seen.some((change) => change._tag !== "Missed" && keyText(change.key) === keyText(key) && change.version === version)

/** Whether something was missed. */
export const tellsMissed = (seen: ReadonlyArray<Change>): boolean => seen.some(({ _tag }) => _tag === "Missed")

/** Subscribes until the scope closes. */
export const watch = Effect.fnUntraced(function*(
  adapter: StorageAdapter["Service"]
): Effect.fn.Return<Watch, StorageError, Scope.Scope> {
  const pull = yield* Stream.toPull(yield* adapter.changes)
  const seen: Array<Change> = []
  const versions = new Map<string, number>()

  const take = Effect.fnUntraced(function*(change: Change) {
    seen.push(plainChange(change))
    if (change._tag === "Missed") return
    const name = keyText(change.key)
    const last = versions.get(name) ?? 0
    if (change.version <= last) return yield* broken(`${name} is reported in version ${change.version} after ${last}`)
    versions.set(name, change.version)
  })

  const read: Watch["until"] = Effect.fnUntraced(function*(isThere) {
    while (!isThere(seen)) {
      const changes = yield* Pull.catchDone(pull, () => broken("the changes end while their subscription goes on"))
      yield* Effect.forEach(changes, take, { discard: true })
    }
  })

  return { seen, until: (isThere, claim) => inTime(read(isThere, claim), claim) }
})
