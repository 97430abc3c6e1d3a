/**
 * The key of a fork: where a second document of one key is kept as a session of its own.
 *
 * It follows from the key and the document's bytes alone, so whoever forks the same document again comes to
 * the same key and finds it taken. It lies in the key's own namespace, beside the session.
 */
import { keyText, makeKey, nameBytesMax, type SessionKey, utf8Length } from "@holdfast/core/port"
import { checksum } from "./checksum.ts"

/** The key under which a document is forked from the session of `key`. */
export const forkKeyOf = (key: SessionKey, bytes: Uint8Array): SessionKey => {
  const mark = `-${checksum(`${keyText(key)}\n${checksum(bytes)}`).slice(0, 16)}`
  const characters = Array.from(key.id)
  // A long id is cut at a whole character: its fork is told by the mark.
  while (utf8Length(characters.join("")) + mark.length > nameBytesMax) characters.pop()
  return makeKey(`${characters.join("")}${mark}`, [...key.namespace])
}
