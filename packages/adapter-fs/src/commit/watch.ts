/**
 * Watching a store: what this process writes at once, and what other processes write by looking.
 *
 * A process that writes says which key before it does. Whoever watches looks ten times a second, takes
 * the key's lock, and tells the version that he finds: by then the write has ended, or its writer is dead.
 */
import { type Change, makeChangeFeed, makeKey, type Reason } from "@holdfast/core/port"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { News, Notice, Notices } from "../io/notices.ts"
import { type Place, type Target, targetOf } from "./Place.ts"
import { readHead } from "./readHead.ts"
import { factsOf, readTail } from "./readLog.ts"

// One key that is held for long does not keep the news of others.
const patience = Duration.seconds(1)

// A person does not see a tenth of a second.
const lookInterval = Duration.millis(100)

/** What a key is after a change by another process; none when it is as it was when it was told last. */
const changeOf = Effect.fnUntraced(function*(
  target: Target,
  { kind }: Notice
): Effect.fn.Return<Change, Reason> {
  const head = yield* readHead(target)
  if (head._tag === "Unreadable") return { _tag: "Missed" }
  if (head._tag === "Absent") return { _tag: "Missed" }
  const { document } = head
  if (document.isRemoved) return { _tag: "Removed", key: target.key, kind, version: document.version }
  const { state } = yield* readTail(target, document)
  return { _tag: "Changed", key: target.key, kind: document.kind, version: factsOf(document, state).version }
})

// Told versions of as many keys are remembered, so that a write that came to nothing is not told.
const toldMax = 4096

/** Which versions were told. */
const makeTold = () => {
  const versions = new Map<string, number>()
  return {
    isNew: (target: Target, change: Change): boolean => {
      if (change._tag === "Missed") return true
      if (versions.get(target.keyText) === change.version) return false
      versions.delete(target.keyText)
      versions.set(target.keyText, change.version)
      const oldest = versions.size > toldMax ? versions.keys().next().value : undefined
      if (oldest !== undefined) versions.delete(oldest)
      return true
    }
  }
}

/** Tells what other processes have written. */
const watchOthers = Effect.fnUntraced(function*(place: Place, notices: Notices) {
  const feed = makeChangeFeed()
  const told = makeTold()
  let again: ReadonlyArray<Notice> = []
  const tell = Effect.fnUntraced(function*({ hasMissed, notices: found }: News) {
    if (hasMissed) feed.publish([{ _tag: "Missed" }])
    const due = [...again, ...found]
    again = []
    for (const notice of due) {
      const target = targetOf(place, makeKey(notice.key.id, notice.key.namespace))
      const look = Effect.timeoutOption(place.lock(target)(changeOf(target, notice)), patience)
      const change = yield* Effect.orElseSucceed(look, () => Option.none())
      if (Option.isSome(change)) {
        if (told.isNew(target, change.value)) feed.publish([change.value])
        continue
      }
      // Whoever holds the key may still change it: it is looked at again, and until then something may be missed.
      again = [...again, notice]
      if (found.includes(notice)) feed.publish([{ _tag: "Missed" }])
    }
  })
  const looking = yield* RcRef.make({
    acquire: Effect.gen(function*() {
      const look = yield* notices.follow
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookInterval), Effect.flatMap(look, tell))))
    })
  })
  return Effect.andThen(RcRef.get(looking), feed.subscribe)
})

/** Makes what subscribes to a store's changes for the length of a scope. */
export const makeWatch = Effect.fnUntraced(function*(
  place: Place
): Effect.fn.Return<Effect.Effect<Stream.Stream<Change>, Reason, Scope.Scope>, never, Scope.Scope> {
  const own = place.memory.feed.subscribe
  if (Option.isNone(place.notices)) return own
  const others = yield* watchOthers(place, place.notices.value)
  return Effect.gen(function*() {
    const elsewhere = yield* others
    return Stream.merge(yield* own, elsewhere)
  })
})
