/**
 * Late changes: what was postponed and not yet applied, and who waits behind it.
 *
 * A late change is applied once, or dropped when its adapter is closed before that; whoever waits for it is answered
 * in both cases. Those that keep their key land in the order in which they came, and what came after them
 * on that key comes after them. One that may be overtaken waits for nobody and keeps nobody waiting.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import type { Others } from "./mishaps.ts"

/** A change to be applied later. */
export interface Postponed {
  readonly keys: ReadonlyArray<SessionKey>
  readonly others: Others
  readonly apply: Effect.Effect<AdapterReceipt, StorageError>
  /** Told once: that it was applied or refused, or `undefined` when it was dropped. */
  readonly onLanded: (exit: Exit.Exit<AdapterReceipt, StorageError> | undefined) => void
}

/** A change that was postponed. */
interface Late {
  /** Applies it when those before it have landed. */
  readonly land: Effect.Effect<void>
  /** Gives it up, unless it is being applied: whoever waits for it fails with the error. */
  readonly drop: (error: StorageError) => Effect.Effect<void>
  /** What came of it. */
  readonly answer: Effect.Effect<AdapterReceipt, StorageError>
}

export interface LateChanges {
  /** Whether a late change keeps one of the keys busy. */
  readonly isBusy: (keys: ReadonlyArray<SessionKey>) => boolean
  /** Comes to its end when the late changes that keep one of the keys have landed. */
  readonly turn: (keys: ReadonlyArray<SessionKey>) => Effect.Effect<void>
  readonly postpone: (postponed: Postponed) => Effect.Effect<Late>
  /** Applies all that were postponed so far. */
  readonly settle: Effect.Effect<void>
  readonly count: () => number
}

interface Pending extends Late {
  readonly others: Others
  readonly texts: ReadonlySet<string>
  readonly landed: Effect.Effect<void>
}

/** Starts with nothing postponed. */
export const makeLateChanges = (): LateChanges => {
  const pending = new Set<Pending>()

  const keepersOf = (keys: ReadonlyArray<SessionKey>): ReadonlyArray<Pending> =>
    [...pending].filter(({ others, texts }) => others !== "overtake" && keys.some((key) => texts.has(keyText(key))))

  const postpone: LateChanges["postpone"] = Effect.fnUntraced(function*({ apply, keys, onLanded, others }) {
    const answer = yield* Deferred.make<AdapterReceipt, StorageError>()
    const landed = Effect.asVoid(Effect.exit(Deferred.await(answer)))
    const before = others === "overtake" ? [] : keepersOf(keys)
    let isOver = false

    const end = (exit: Exit.Exit<AdapterReceipt, StorageError>, told: typeof exit | undefined) => {
      pending.delete(late)
      onLanded(told)
      return Deferred.done(answer, exit)
    }
    // What has begun goes on to its end, whoever made it land.
    const applyOnce = Effect.uninterruptible(Effect.suspend(() => {
      if (isOver) return landed
      isOver = true
      return Effect.flatMap(Effect.exit(apply), (exit) => end(exit, exit))
    }))
    const late: Pending = {
      others,
      texts: new Set(keys.map(keyText)),
      landed,
      answer: Deferred.await(answer),
      land: Effect.andThen(Effect.forEach(before, (other) => other.landed, { discard: true }), applyOnce),
      drop: (error) =>
        Effect.suspend(() => {
          if (isOver) return Effect.void
          isOver = true
          return end(Exit.fail(error), undefined)
        })
    }
    pending.add(late)
    return late
  })

  return {
    postpone,
    isBusy: (keys) => keepersOf(keys).some(({ others }) => others === "fail"),
    turn: (keys) => Effect.suspend(() => Effect.forEach(keepersOf(keys), ({ landed }) => landed, { discard: true })),
    settle: Effect.suspend(() => Effect.forEach([...pending], ({ land }) => land, { discard: true })),
    count: () => pending.size
  }
}
