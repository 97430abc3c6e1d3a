/**
 * Committing changes: every key has a queue, and the first of it writes for those behind, too.
 *
 * A turn runs to its end and nothing interrupts it. Saves that wait behind each other and expect nothing
 * of the version before are published as one, so a session that is saved faster than the disk can write
 * costs no more than the disk can take. Everything else breaks such a run.
 */
import { type AdapterReceipt, Busy, type PlannedChange, type Reason, type StorageError } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { carryOutFirst, type Done } from "./carryOut.ts"
import { adapterName, slotPath, storageError, type Target } from "./Place.ts"
import { enterQueue, leaveQueue, takeRun, type Waiting } from "./waiting.ts"

// Longer than a disk that is still there takes for a queue of saves.
const patienceMillis = 30_000

const receiptOf = (target: Target, { published, row }: Done): AdapterReceipt => ({
  adapter: adapterName,
  location: target.place.root,
  durability: published.durability,
  protocol: published.protocol,
  attempts: published.failures.length + 1,
  failures: published.failures.map((reason) => storageError("commit", target.key, reason)),
  degraded: Option.none(),
  keys: [row]
})

const rememberStem = (target: Target): void => {
  const stems = target.place.memory.stems.get(target.folder) ?? new Set<string>()
  target.place.memory.stems.set(target.folder, stems.add(target.stem))
}

/** The write may be there or not: whoever watches the store looks for himself. */
const tellMissed = ({ place }: Target): void => place.memory.feed.publish([{ _tag: "Missed" }])

const tellDone = (target: Target, done: ReadonlyArray<Done>): void => {
  rememberStem(target)
  const { changes, row: { entryCount, version } } = done.at(-1)!
  // The answer to a repeated write tells an older version, and wrote none.
  if (changes.length > 0) {
    target.place.published(target, { version, entryCount, isRemoved: changes.some(({ _tag }) => _tag === "Removed") })
  }
  target.place.memory.feed.publish(done.flatMap(({ changes }) => changes))
}

const tellFailed = (target: Target, exit: Exit.Failure<unknown, Reason>): void => {
  // Somebody may have removed the folder: the next write makes it again if the root stands.
  target.place.memory.syncedFolders.delete(target.folder)
  if (Option.exists(Exit.findErrorOption(exit), ({ outcome }) => outcome === "unknown")) tellMissed(target)
}

/** Carries out a run and answers everybody in it. */
const carryOutRun = Effect.fnUntraced(function*(target: Target, run: ReadonlyArray<Waiting>) {
  let rest = run
  while (rest.length > 0) {
    const [first, ...others] = rest
    const { count, exit } = yield* carryOutFirst(target, [first!.change, ...others.map(({ change }) => change)])
    if (Exit.isSuccess(exit)) tellDone(target, exit.value)
    else tellFailed(target, exit)
    for (const [at, { answer }] of rest.slice(0, count).entries()) {
      const own = Exit.mapBoth(exit, {
        onFailure: (reason) => storageError("commit", target.key, reason),
        onSuccess: (done) => receiptOf(target, done[at]!)
      })
      Deferred.doneUnsafe(answer, own)
    }
    rest = rest.slice(count)
  }
})

/** Waits for the key, and writes for the first of its queue and those behind him. */
const takeTurn = (target: Target) =>
  target.place.lockToCommit(target)(
    Effect.uninterruptible(
      Effect.suspend(() => carryOutRun(target, takeRun(target.place.waiting, target.keyText)))
    )
  )

/**
 * The turn, waited for no longer than patience lasts since the caller came while somebody of this process has the
 * key, or keeps all from committing: a call that hangs keeps its key until it returns.
 */
const takeTurnInTime = (target: Target, sinceMillis: number) => {
  const turn = takeTurn(target)
  const { gate, held } = target.place.memory
  if (!held.has(target.keyText) && !gate.isShut()) return turn
  const tooLong = () => new Busy({ path: slotPath(target, "main"), code: "EBUSY", outcome: "notApplied" })
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.timeoutOrElse(turn, {
      duration: Math.max(0, sinceMillis + patienceMillis - now),
      orElse: () => Effect.fail(tooLong())
    }))
}

/**
 * Commits a change whose operations all name `target`. Waiting for the key's turn can be interrupted,
 * the rest runs to its end.
 */
export const commitKey = (target: Target, change: PlannedChange): Effect.Effect<AdapterReceipt, StorageError> =>
  target.place.memory.retain(Clock.clockWith((clock) => {
    const since = clock.currentTimeMillisUnsafe()
    const unlessTaken = (reason: Reason) =>
      waiting.isTaken ? Effect.void : Effect.fail(storageError("commit", target.key, reason))
    const answered = Effect.suspend(() => Deferred.await(waiting.answer))
    const waiting: Waiting = {
      change,
      answer: Deferred.makeUnsafe(),
      isTaken: false,
      isCalled: false,
      lead: Effect.suspend(() => takeTurnInTime(target, since)).pipe(
        Effect.catch(unlessTaken),
        Effect.andThen(answered)
      )
    }
    const giveUp = Effect.suspend(() => {
      if (waiting.isTaken) return Effect.asVoid(Effect.exit(answered))
      return Effect.sync(() => leaveQueue(target.place.waiting, target.keyText, waiting))
    })
    return Effect.onError(enterQueue(target.place.waiting, target.keyText, waiting), () => giveUp)
  }))
