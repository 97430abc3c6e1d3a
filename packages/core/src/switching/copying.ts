/**
 * Copying one session to the target, so that it reads there as in the source, or is gone there as in the source.
 *
 * Nothing of the target is replaced or removed of which nobody else has a copy: it is set aside first. Every copy is
 * read back and compared to the last entry. Each step expects what was read before it, so somebody who writes to the
 * target meanwhile makes the step be taken again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { StorageError } from "../errors/StorageError.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import { Version } from "../model/Version.ts"
import { isCopy } from "../port/isCopy.ts"
import { randomId } from "../port/randomId.ts"
import { readWhole, type WholeSession } from "../port/wholeSession.ts"
import { asideKey } from "./aside.ts"
import type { Adapter } from "./backends.ts"
import type { Graves } from "./graves.ts"
import { type KeptAside, NotVerified } from "./progress.ts"
import { isConflict, isDescendant, restore } from "./sessions.ts"

/** Which versions of a session were seen to be the same in both backends. */
interface Verified {
  readonly source: Version
  readonly target: Version
  readonly incarnation: string
}

/** One transfer of all sessions from a source to a target. */
export interface Transfer {
  readonly switchId: string
  readonly source: Adapter
  readonly target: Adapter
  /** By key: what was compared last. */
  readonly verified: Map<string, Verified>
  /** By key: versions in the target of which the source held the content once, so that nobody else has to. */
  readonly inherited: Map<string, Version>
  /** By key: versions in the target that were set aside, or are nothing but a place for a copy. */
  readonly released: Map<string, Version>
  readonly keptAside: Array<KeptAside>
  readonly tellKept: (kept: KeptAside) => Effect.Effect<void>
  /** Removals that the source took, which a copy of it has to know of. */
  readonly graves: Graves
  copiedCount: number
  removedCount: number
}

// A session that two others keep writing to is copied again so often.
const stepsMax = 16

/** What a step came to: `again` when somebody wrote meanwhile, or when there is more to do. */
type Step = "done" | "again"

/** Keeps a session of the target under another key, and reads it back. */
export const setAside = Effect.fnUntraced(function*(transfer: Transfer, there: WholeSession) {
  const { keptAside, released, switchId, target, tellKept } = transfer
  const { key: from, version } = there.session.head
  const to = asideKey(switchId, from)
  const before = yield* readWhole(target, to)
  const isKept = Option.exists(before, (kept) => isCopy(kept, there))
  if (!isKept) {
    const expect = Option.match(before, {
      onNone: () => "absent" as const,
      onSome: ({ session }) => session.head.version
    })
    yield* restore(target, there, { key: to, expect })
    const kept = yield* readWhole(target, to)
    if (!Option.exists(kept, (copy) => isCopy(copy, there))) return yield* new NotVerified({ keys: [to] })
  }
  released.set(keyText(from), version)
  keptAside.push({ from, to })
  yield* tellKept({ from, to })
})

const tolerate = <A, E>(
  result: Result.Result<A, StorageError | E>,
  isTolerated: (error: StorageError) => boolean
): Effect.Effect<Step, StorageError | E> => {
  if (Result.isSuccess(result)) return Effect.succeed("again")
  const error = result.failure as StorageError
  return error._tag === "StorageError" && isTolerated(error) ? Effect.succeed("again") : Effect.fail(result.failure)
}

/** Removes from the target what the source does not hold. */
const removeExtra = Effect.fnUntraced(function*(transfer: Transfer, there: WholeSession) {
  const { graves, inherited, released, target } = transfer
  const { key, version } = there.session.head
  const name = keyText(key)
  if (inherited.get(name) !== version && released.get(name) !== version) yield* setAside(transfer, there)
  // The removal of a former life must not be taken for that of this one.
  const grave = Option.filter(graves.find(key), (removed) => removed.version > version)
  const remove = { _tag: "Remove", key, expect: version } as const
  const removed = yield* Effect.result(
    Option.match(grave, {
      onNone: () => Effect.asVoid(target.commit({ writeId: randomId(), operations: [remove] })),
      onSome: (own) => graves.end(target, own, there)
    })
  )
  if (Result.isSuccess(removed)) transfer.removedCount++
  return yield* tolerate(removed, isConflict)
})

/** Makes a place above what a removal has left in the target, of which nobody knows the version. */
const makePlace = Effect.fnUntraced(function*({ released, target }: Transfer, { session }: WholeSession) {
  const { key, kind, schemaVersion, version: floor } = session.head
  const place = { kind, schemaVersion, summary: "{}", body: "null", floor }
  const made = yield* Effect.result(target.commit({
    writeId: randomId(),
    operations: [{ _tag: "Put", key, expect: "absent", ...place }]
  }))
  if (Result.isSuccess(made)) released.set(keyText(key), made.success.keys[0]!.version)
  return yield* tolerate(made, isConflict)
})

/** Whether what lies in the target may be replaced by a session of the source, as it is. */
const mayReplace = ({ inherited, released }: Transfer, there: WholeSession, own: WholeSession): boolean => {
  const { key, version } = there.session.head
  const name = keyText(key)
  if (released.get(name) === version || isDescendant(there, own)) return true
  return inherited.get(name) === version && version < own.session.head.version
}

/** Writes a session over what lies in the target. */
const write = Effect.fnUntraced(function*(
  transfer: Transfer,
  own: WholeSession,
  there: Option.Option<WholeSession>
) {
  const { target } = transfer
  const { key, version: ownVersion } = own.session.head
  if (Option.exists(there, (found) => !mayReplace(transfer, found, own))) {
    yield* setAside(transfer, Option.getOrThrow(there))
  }
  const held = Option.match(there, { onNone: () => 0, onSome: ({ session }) => session.head.version })
  const version = Version(Math.max(ownVersion, held + 1))
  const expect = held === 0 ? "absent" as const : Version(held)
  const written = yield* Effect.result(restore(target, own, { key, expect, version }))
  if (Result.isSuccess(written)) {
    const back = yield* readWhole(target, key)
    if (!Option.exists(back, (copy) => isCopy(copy, own))) return yield* new NotVerified({ keys: [key] })
    verify(transfer, own, Option.getOrThrow(back))
    transfer.copiedCount++
    return "done" satisfies Step
  }
  const isBuried = isConflict(written.failure) && held === 0 && Option.isNone(yield* target.head(key))
  if (isBuried) return yield* makePlace(transfer, own)
  return yield* tolerate(written, isConflict)
})

const verify = ({ inherited, verified }: Transfer, own: WholeSession, copy: WholeSession): void => {
  const { incarnation, key, version: source } = own.session.head
  const { version: target } = copy.session.head
  verified.set(keyText(key), { source, target, incarnation })
  // When the source removes or replaces it meanwhile, nobody misses the copy.
  inherited.set(keyText(key), target)
}

const copyOnce = Effect.fnUntraced(function*(transfer: Transfer, key: SessionKey) {
  const { graves, source, target, verified } = transfer
  const own = yield* readWhole(source, key)
  const there = yield* readWhole(target, key)
  if (Option.isNone(own)) {
    verified.delete(keyText(key))
    if (Option.isSome(there)) return yield* removeExtra(transfer, there.value)
    yield* graves.bury(target, key)
    return "done" satisfies Step
  }
  if (Option.isSome(there) && isCopy(there.value, own.value)) {
    verify(transfer, own.value, there.value)
    return "done" satisfies Step
  }
  return yield* write(transfer, own.value, there)
})

/** Brings one key of the target to what the source holds of it at the moment. */
export const copySession = Effect.fnUntraced(function*(transfer: Transfer, key: SessionKey) {
  for (let step = 0; step < stepsMax; step++) {
    if ((yield* copyOnce(transfer, key)) === "done") return
  }
  return yield* new NotVerified({ keys: [key] })
})
