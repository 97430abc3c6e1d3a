/**
 * Removals that were sent through a switching adapter, so that the next backend knows of them.
 *
 * What a removal leaves of a key cannot be read through the port, and would be missing in a copy: the next life of
 * the key has to rise above its version, and a removal that is sent again has to be recognised. What was removed by
 * other processes, or longer ago, is above nothing but the clock.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import { Version } from "../model/Version.ts"
import { randomId } from "../port/randomId.ts"
import type { Adapter } from "./backends.ts"
import { isConflict, restore } from "./sessions.ts"

/** A removal that was acknowledged. */
export interface Grave {
  readonly key: SessionKey
  readonly version: Version
  readonly writeId: string
}

// A switch buries them one by one while writes wait; so many take less than a second.
const gravesMax = 256

/** A session that is there only to be removed: it leaves what the session left that was removed elsewhere. */
const shellOf = ({ key, version: removedAt }: Grave) => {
  const version = Version(removedAt - 1)
  const times = { createdAt: 0, updatedAt: 0 }
  const facts = { kind: "removed", schemaVersion: 1, summary: "{}", entryCount: 0, incarnation: randomId() }
  return {
    entries: [],
    session: { head: { _tag: "StoredHead" as const, key, version, ...facts, ...times }, body: "null", writes: [] }
  }
}

/** Starts without any. */
export const makeGraves = () => {
  const graves = new Map<string, Grave>()

  const bury = Effect.fnUntraced(function*(target: Adapter, key: SessionKey) {
    const grave = graves.get(keyText(key))
    if (grave === undefined || grave.version < 2) return
    const { version, writeId } = grave
    const made = yield* Effect.result(restore(target, shellOf(grave), { key, expect: "absent" }))
    if (Result.isFailure(made)) {
      // The target knows of this removal, or of a later one.
      if (isConflict(made.failure)) return
      return yield* made.failure
    }
    const expect = Version(version - 1)
    yield* target.commit({ writeId, operations: [{ _tag: "Remove", key, expect, floor: expect }] })
  })

  return {
    /** Notes a removal that was acknowledged. */
    note: (grave: Grave): void => {
      const name = keyText(grave.key)
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
    /** Forgets all that a current backend knows of by itself. */
    clear: (): void => graves.clear()
  }
}

export type Graves = ReturnType<typeof makeGraves>
