/**
 * The key that a file's place names: the namespace of its folder, and the id of its stem.
 *
 * Another program's names are taken as they are; a place that no key can have names none. Whose file lies there is
 * told by its content.
 */
import { keyProblem, makeKey, type SessionKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import { decodeName } from "./names.ts"

/** The key that a file's place names; none when no key can have that place. */
export const keyAt = (namespace: ReadonlyArray<string>, stem: string): Option.Option<SessionKey> => {
  const key = makeKey(Option.getOrElse(decodeName(stem), () => stem), namespace)
  return Option.isNone(keyProblem(key)) ? Option.some(key) : Option.none()
}
