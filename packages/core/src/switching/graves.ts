/**
 * Removals that were sent through a switching adapter, so that the next backend knows of them.
 *
 * What a removal leaves of a key cannot be read through the port, and would be missing in a copy: the next life of
 * the key has to rise above its version, and the removal has to be recognised when it is sent again, as has every write
 * of the life that it ended. What was removed by other processes, or longer ago, is above nothing but the clock.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { AppliedWrite } from "../model/StoredRecord.ts"
import { Version } from "../model/Version.ts"
import { randomId } from "../port/randomId.ts"
import type { WholeSession } from "../port/wholeSession.ts"
import type { Adapter } from "./backends.ts"
import { isConflict, restore } from "./sessions.ts"

/** A removal that was acknowledged, or may have been carried out. */
export interface Grave {
  readonly key: SessionKey
  readonly kind: string
  readonly version: Version
  readonly writeId: string
  /** The last writes of the life that ended, as far as they could be read. */
  readonly writes: ReadonlyArray<AppliedWrite>
}

// A switch buries them one by one while writes wait; so many take less than a second.
const gravesMax = 256

/** A session that is there only to be removed: it leaves what the session left that was removed elsewhere. */
const shellOf = ({ key, kind, writes }: Grave, version: Version): WholeSession => {
  const times = { createdAt: 0, updatedAt: 0 }
  const facts = { kind, schemaVersion: 1, summary: "{}", entryCount: 0, incarnation: randomId() }
  return {
    entries: [],
    session: { head: { _tag: "StoredHead", key, version, ...facts, ...times }, body: "null", writes }
  }
}

/** Starts without any. */
export const makeGraves = () => {
  const graves = new Map<string, Grave>()

  const remove = (target: Adapter, { key, version, writeId }: Grave, expect: Version) =>
    Effect.asVoid(target.commit({
      writeId,
      operations: [{ _tag: "Remove", key, expect, floor: Version(Math.max(version - 1, expect)) }]
    }))

  const put = Effect.fnUntraced(function*(target: Adapter, grave: Grave, there: Version | "absent") {
    const version = Version(Math.max(grave.version - 1, there === "absent" ? 0 : there + 1))
    yield* restore(target, shellOf(grave, version), { key: grave.key, expect: there })
    yield* remove(target, grave, version)
  })

  /** Ends the copy of a session that was removed since: what the copy does not know of it is left as well. */
  const end = (target: Adapter, grave: Grave, { session: { head: { version }, writes } }: WholeSession) => {
    const known = new Set(writes.map(({ id }) => id))
    return grave.writes.every(({ id }) => known.has(id)) ? remove(target, grave, version) : put(target, grave, version)
  }

  const bury = Effect.fnUntraced(function*(target: Adapter, key: SessionKey) {
    const grave = graves.get(keyText(key))
    if (grave === undefined || grave.version < 2) return
    const made = yield* Effect.result(put(target, grave, "absent"))
    // Otherwise the target knows of this removal, or of a later one.
    if (Result.isFailure(made) && !isConflict(made.failure)) return yield* made.failure
  })

  return {
    /** Notes a removal. One that is noted as it is sent again is known already, with more of what it ended. */
    note: (grave: Grave): void => {
      const name = keyText(grave.key)
      if ((graves.get(name)?.version ?? 0) >= grave.version) return
      graves.delete(name)
      graves.set(name, grave)
      const [oldest] = graves.keys()
      if (graves.size > gravesMax && oldest !== undefined) graves.delete(oldest)
    },
    /** Whose removal it was that left nothing of a key. */
    find: (key: SessionKey): Option.Option<Grave> => Option.fromUndefinedOr(graves.get(keyText(key))),
    keys: (): ReadonlyArray<SessionKey> => [...graves.values()].map(({ key }) => key),
    /** Leaves in a target, which does not hold the key, what its removal left. */
    bury,
    end,
    /** Forgets all that a current backend knows of by itself. */
    clear: (): void => graves.clear()
  }
}

export type Graves = ReturnType<typeof makeGraves>
