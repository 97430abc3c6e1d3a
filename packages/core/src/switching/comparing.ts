/**
 * Bringing all of the target to what the source holds: once over everything while writes go on, then over what was
 * written meanwhile, then by full listings of both until they agree.
 *
 * What the source tells of its changes only shortens the work. What counts is the comparison at the end: every session
 * of the one is in the other, in the version whose content was compared, and there is no other one.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { isCopy } from "../port/isCopy.ts"
import { readWhole } from "../port/wholeSession.ts"
import { isAside } from "./aside.ts"
import { copySession, setAside, type Transfer } from "./copying.ts"
import { NotVerified, type SwitchProgress } from "./progress.ts"
import { headsOf, isDescendant } from "./sessions.ts"

/** How a step tells how far it is. */
export type Tell = (progress: SwitchProgress) => Effect.Effect<void>

// Somebody reads this; more often would tell him nothing.
const tellEvery = 32

// What is left when writes are held up is copied while they wait: a few sessions take a few milliseconds.
const leftMax = 8

// A listing that still differs after so many copies will not agree.
const roundsMax = 6

// What one transfer holds in memory are so many sessions of either side.
const copiesMax = 8

/** Whether what the target holds was copied from the source once, or is anybody's. */
export type Descent = "lineage" | "foreign"

/**
 * Finds out what of the target may be replaced or removed. Of a foreign one, everything is set aside that is no earlier
 * or equal state of a session of the source; nothing of it is changed yet.
 */
export const takeStock = Effect.fnUntraced(function*(
  transfer: Transfer,
  heads: ReadonlyArray<StoredHead>,
  descent: Descent
) {
  for (const { key, version } of heads) {
    const name = keyText(key)
    if (descent === "lineage") {
      transfer.inherited.set(name, version)
      continue
    }
    const there = yield* readWhole(transfer.target, key)
    if (there._tag === "None") continue
    const own = yield* readWhole(transfer.source, key)
    const isKnown = own._tag === "Some" && (isCopy(there.value, own.value) || isDescendant(there.value, own.value))
    if (!isKnown) yield* setAside(transfer, there.value)
  }
})

/** What was written to the source since somebody looked. */
export type Dirt = Map<string, SessionKey>

/**
 * Notes what the source tells of its changes, until the scope closes. What it does not tell, because it misses something,
 * fails, or tells nothing at all, is found when both sides are listed.
 */
export const followSource = Effect.fnUntraced(function*(
  { source }: Transfer
): Effect.fn.Return<Dirt, StorageError, Scope.Scope> {
  const dirt: Dirt = new Map()
  if (source.capability.watch === "none") return dirt
  const changes = yield* source.changes
  const noted = Stream.runForEach(changes, (change) =>
    Effect.sync(() => {
      if (change._tag === "Missed" || isAside(change.key.namespace)) return
      dirt.set(keyText(change.key), change.key)
    }))
  yield* Effect.forkScoped(
    Effect.catch(noted, ({ message }) => Effect.logDebug("holdfast: a switch hears no more of its source", message)),
    { startImmediately: true }
  )
  return dirt
})

/** Copies sessions beside each other: storage that waits for its disk is asked for several at a time. */
const copyEach = (
  transfer: Transfer,
  keys: ReadonlyArray<SessionKey>,
  tell: (doneCount: number) => Effect.Effect<void>
) =>
  Effect.suspend(() => {
    let doneCount = 0
    return Effect.forEach(
      keys,
      (key) =>
        Effect.andThen(
          copySession(transfer, key),
          Effect.suspend(() => ++doneCount % tellEvery === 0 ? tell(doneCount) : Effect.void)
        ),
      { concurrency: copiesMax, discard: true }
    )
  })

const quietly = () => Effect.void

/** Copies everything, and takes out what is not in the source. */
export const copyAll = Effect.fnUntraced(function*(
  transfer: Transfer,
  extras: ReadonlyArray<StoredHead>,
  { name, tell }: { readonly name: string; readonly tell: Tell }
) {
  const heads = yield* headsOf(name, transfer.source)
  const own = new Set(heads.map(({ key }) => keyText(key)))
  const keys = [...heads, ...extras.filter(({ key }) => !own.has(keyText(key)))].map(({ key }) => key)
  const totalCount = keys.length
  const tellDone = (doneCount: number) => tell({ _tag: "Copying", doneCount, totalCount })
  yield* tellDone(0)
  yield* copyEach(transfer, keys, tellDone)
  yield* tellDone(totalCount)
})

const takeKeys = (dirt: Dirt): ReadonlyArray<SessionKey> => {
  const keys = [...dirt.values()]
  dirt.clear()
  return keys
}

/** Copies what was written meanwhile, until little is left or the writers are as fast as this. */
export const catchUp = Effect.fnUntraced(function*(transfer: Transfer, dirt: Dirt, tell: Tell) {
  for (const key of transfer.graves.keys()) dirt.set(keyText(key), key)
  let before = Infinity
  while (dirt.size > leftMax && dirt.size < before) {
    const keys = takeKeys(dirt)
    before = keys.length
    yield* tell({ _tag: "CatchingUp", leftCount: before })
    yield* copyEach(transfer, keys, quietly)
  }
})

/** The keys in which listings of both sides do not agree, or of which the content was not compared. */
const differences = ({ verified }: Transfer, own: ReadonlyArray<StoredHead>, there: ReadonlyArray<StoredHead>) => {
  const left = new Map(there.map((head) => [keyText(head.key), head]))
  const keys: Array<SessionKey> = []
  for (const head of own) {
    const name = keyText(head.key)
    const copy = left.get(name)
    left.delete(name)
    const seen = verified.get(name)
    const isSame = copy !== undefined && seen !== undefined
      && seen.source === head.version && seen.incarnation === head.incarnation
      && seen.target === copy.version && copy.incarnation === head.incarnation
      && copy.entryCount === head.entryCount && copy.summary === head.summary
    if (!isSame) keys.push(head.key)
  }
  return [...keys, ...[...left.values()].map(({ key }) => key)]
}

/** Brings both sides to agree while nobody writes to the source. */
export const verifyAll = Effect.fnUntraced(function*(
  transfer: Transfer,
  dirt: Dirt,
  { from, tell, to }: { readonly from: string; readonly to: string; readonly tell: Tell }
) {
  for (const key of transfer.graves.keys()) dirt.set(keyText(key), key)
  yield* copyEach(transfer, takeKeys(dirt), quietly)
  let keys: ReadonlyArray<SessionKey> = []
  for (let round = 0; round < roundsMax; round++) {
    const own = yield* headsOf(from, transfer.source)
    keys = differences(transfer, own, yield* headsOf(to, transfer.target))
    yield* tell({ _tag: "Verifying", totalCount: own.length, differingCount: keys.length })
    if (keys.length === 0) return
    yield* copyEach(transfer, keys, quietly)
  }
  return yield* new NotVerified({ keys })
})
