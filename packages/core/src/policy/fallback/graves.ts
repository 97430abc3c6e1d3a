/**
 * What removals have left that a chain carried out: the version and the writes of the life that ended.
 *
 * The port shows no tombstone. A write that is sent again after the removal of its session, while the tier that
 * remembers it refuses, would bring the session back in a lower tier. What another process removed, or this one
 * before it was started, is not known here.
 */
import * as Option from "effect/Option"
import type { Tombstone } from "../../model/plan.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"

// Of so many keys it is known what was removed last.
const gravesMax = 4096

/** What a removal has left. */
interface Grave extends Tombstone {
  /** Whether nobody could read what was removed: writes of that life are not among these. */
  readonly isUnseen?: boolean | undefined
}

/** What was removed, by key. */
export interface Graves {
  readonly note: (key: SessionKey, grave: Grave) => void
  readonly find: (key: SessionKey) => Option.Option<Grave>
}

/** No graves yet. */
export const makeGraves = (): Graves => {
  const graves = new Map<string, Grave>()
  return {
    note: (key, grave) => {
      const name = keyText(key)
      graves.delete(name)
      graves.set(name, grave)
      const [oldest] = graves.keys()
      if (graves.size > gravesMax && oldest !== undefined) graves.delete(oldest)
    },
    find: (key) => Option.fromNullishOr(graves.get(keyText(key)))
  }
}
