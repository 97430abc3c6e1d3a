/**
 * Keys of a `KeyValueStore` as session keys below one namespace, and back.
 *
 * Every string has its own session key and is found again from it: nothing is hashed or cut off. A plain
 * name stays as it is. What the limits of session keys do not allow in a name, and `%`, is escaped as
 * `%` with two hexadecimal digits of its code unit, or `%u` with four; the empty key is `%`. A key whose
 * escaped text is too long for one name is spread over several, each with `%~` before its part; a key
 * that fills more names than the namespace leaves is refused.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import {
  isWithin,
  makeKey,
  nameBytesMax,
  namespaceDepthMax,
  namespaceProblem,
  sameKey,
  type SessionKey,
  utf8Length
} from "../model/SessionKey.ts"

/** Both directions of the mapping. */
export interface KeyMapping {
  /** The session key of a key; fails with why there is none, in words that do not repeat the key. */
  readonly toSessionKey: (key: string) => Result.Result<SessionKey, string>
  /** The key that a session key stands for; none when it stands for no key. */
  readonly fromSessionKey: (key: SessionKey) => Option.Option<string>
}

const emptyKey = "%"

// No escape has `~` behind the `%`, so a part is never taken for a whole key.
const partMark = "%~"

// What a name of a session key cannot hold, and the escape character itself. In this mode a surrogate that
// is half of a pair belongs to its character and does not match.
const unsafe = /[%/\\\p{Cc}\p{Cs}]/gu

const escapes = /%u([0-9A-F]{4})|%([0-9A-F]{2})/g

const hexadecimal = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, "0")

const escapeUnit = (unit: string): string => {
  const code = unit.charCodeAt(0)
  return code < 0x100 ? `%${hexadecimal(code, 2)}` : `%u${hexadecimal(code, 4)}`
}

const escape = (text: string): string => text.replace(unsafe, escapeUnit)

const unescape = (text: string): string =>
  text.replace(escapes, (_, four?: string, two?: string) => String.fromCharCode(Number.parseInt(four ?? two ?? "", 16)))

/** A key as one name, without regard to its length. */
const toName = (key: string): string => {
  if (key === "") return emptyKey
  // These two mean folders wherever names become files.
  return key === "." || key === ".." ? `${escapeUnit(".")}${key.slice(1)}` : escape(key)
}

/** A key as names that are as full as they can be without cutting a character or an escape in two. */
const toParts = (key: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let part = partMark
  let bytes = partMark.length
  for (const character of key) {
    const piece = escape(character)
    const pieceBytes = utf8Length(piece)
    if (bytes + pieceBytes > nameBytesMax) {
      parts.push(part)
      part = partMark
      bytes = partMark.length
    }
    part += piece
    bytes += pieceBytes
  }
  return [...parts, part]
}

const toNames = (key: string): ReadonlyArray<string> => {
  const name = toName(key)
  return utf8Length(name) <= nameBytesMax ? [name] : toParts(key)
}

const fromNames = (names: ReadonlyArray<string>): string => {
  if (names.length === 1 && names[0] === emptyKey) return ""
  return unescape(names.map((name) => name.startsWith(partMark) ? name.slice(partMark.length) : name).join(""))
}

/** The mapping of keys below a namespace. */
export const makeKeyMapping = (namespace: ReadonlyArray<string>): KeyMapping => {
  const problem = namespaceProblem(namespace)
  const namesMax = namespaceDepthMax - namespace.length + 1
  const tooLong = `the key takes more than ${namesMax} names of ${nameBytesMax} bytes`

  const toSessionKey: KeyMapping["toSessionKey"] = (key) => {
    if (Option.isSome(problem)) return Result.fail(problem.value)
    if (typeof key !== "string") return Result.fail("the key is not a string")
    // A code unit takes at least one byte, so a key of this length is refused without being escaped.
    if (key.length > namesMax * nameBytesMax) return Result.fail(tooLong)
    const names = toNames(key)
    if (names.length > namesMax) return Result.fail(tooLong)
    return Result.succeed(makeKey(names.at(-1)!, [...namespace, ...names.slice(0, -1)]))
  }

  // Names that this mapping does not give to any key read as some text all the same, so they are compared
  // with what that text is given.
  const fromSessionKey: KeyMapping["fromSessionKey"] = (sessionKey) => {
    if (!isWithin(sessionKey.namespace, namespace)) return Option.none()
    const key = fromNames([...sessionKey.namespace.slice(namespace.length), sessionKey.id])
    return Option.as(
      Option.filter(Result.getSuccess(toSessionKey(key)), (own) => sameKey(own, sessionKey)),
      key
    )
  }

  return { toSessionKey, fromSessionKey }
}
