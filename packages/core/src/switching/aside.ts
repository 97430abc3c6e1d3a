/**
 * Where old content of a target is kept: in a namespace of its own, which a switch neither copies nor compares.
 *
 * What lies there is a session like any other: it is read by its key and listed by its namespace, and removed by whoever
 * does not need it. A listing of everything does not show it, and nobody writes to it.
 */
import * as Hash from "effect/Hash"
import { isWithin, keyText, makeKey, namespaceDepthMax, type SessionKey } from "../model/SessionKey.ts"

/** The namespace below which every switch keeps what it sets aside. */
export const asideNamespace: ReadonlyArray<string> = ["@set-aside"]

/** Whether something lies where switches keep what they set aside. */
export const isAside = (namespace: ReadonlyArray<string>): boolean => isWithin(namespace, asideNamespace)

const hex = (number: number): string => (number >>> 0).toString(16).padStart(8, "0")

/** The key under which a switch keeps a session. A namespace that is too deep for it loses its first names to a hash. */
export const asideKey = (switchId: string, key: SessionKey): SessionKey => {
  const above = [...asideNamespace, switchId]
  const room = namespaceDepthMax - above.length
  if (key.namespace.length <= room) return makeKey(key.id, [...above, ...key.namespace])
  const text = keyText(key)
  const folded = `@${hex(Hash.string(text))}${hex(Hash.string(`${text.length} ${text}`))}`
  return makeKey(key.id, [...above, folded, ...key.namespace.slice(1 - room)])
}
