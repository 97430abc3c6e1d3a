/**
 * The key of what lost a conflict: the session's own, with a suffix made of what it holds.
 *
 * It is the same one however often it is computed, and says whose version it is: what is bound to the key of the
 * session, as an encrypted text is, can be opened under the key of the fork as well.
 */
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import { keyText, makeKey, nameBytesMax, type SessionKey, utf8Length } from "../model/SessionKey.ts"
import type { StoredSession } from "../model/StoredRecord.ts"

const hex = (number: number): string => (number >>> 0).toString(16).padStart(8, "0")

/** The key under which what lost a conflict is kept. An id that would be too long with the suffix is cut off. */
export const conflictKey = (key: SessionKey, { body, head }: StoredSession): SessionKey => {
  const text = `${head.incarnation} ${head.version} ${head.summary} ${body}`
  const suffix = `-conflict-${hex(Hash.string(text))}${hex(Hash.string(`${keyText(key)} ${text.length} ${text}`))}`
  let id = key.id
  while (utf8Length(id) > nameBytesMax - suffix.length) {
    id = id.slice(0, id.codePointAt(id.length - 2)! > 0xffff ? -2 : -1)
  }
  return makeKey(`${id}${suffix}`, key.namespace)
}

/** The session that a fork is a version of; none for a key that is no fork's. Of an id that was cut off it is another one. */
export const conflictOf = ({ id, namespace }: SessionKey): Option.Option<SessionKey> => {
  const [, former] = /^(.+)-conflict-[0-9a-f]{16}$/s.exec(id) ?? []
  return Option.map(Option.fromNullishOr(former), (whose) => makeKey(whose, namespace))
}
