/**
 * Session keys: which session a call is about.
 *
 * A key is a namespace (a path of names, for example account then organisation) and an id. The
 * limits below are the same for every adapter, so that any key can move to any backend. Keys are
 * plain data: an invalid one is found by `keyProblem` and fails the call that uses it.
 */
import * as Option from "effect/Option"
import * as Order from "effect/Order"

/** The address of one session: a namespace of at most 8 names, and an id. */
export interface SessionKey {
  readonly namespace: ReadonlyArray<string>
  readonly id: string
}

/** The longest id or namespace name, in bytes of UTF-8. */
export const nameBytesMax = 128

/** The deepest namespace. */
export const namespaceDepthMax = 8

/** Makes a key; an invalid one is refused with `InvalidKey` by the call that uses it. */
export const makeKey = (id: string, namespace: ReadonlyArray<string> = []): SessionKey => ({ namespace, id })

/** The same key as a value of its own: whoever changes the one changes nothing in the other. */
export const copyKey = ({ id, namespace }: SessionKey): SessionKey => ({ namespace: [...namespace], id })

/** The number of bytes that a well-formed string takes in UTF-8. */
export const utf8Length = (text: string): number => {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

// C0 controls, DEL and C1 controls: they break terminals, logs and several file systems.
const controlCharacter = /\p{Cc}/u

// UTF-8 takes at most three bytes per code unit, so that most names need no counting.
const isTooLong = (name: string): boolean => name.length * 3 > nameBytesMax && utf8Length(name) > nameBytesMax

/** Why a name cannot be part of a key, in words that do not repeat the name. */
const nameProblem = (name: unknown, what: string): Option.Option<string> => {
  if (typeof name !== "string") return Option.some(`${what} is not a string`)
  if (name === "") return Option.some(`${what} is empty`)
  if (!name.isWellFormed()) return Option.some(`${what} has a lone surrogate`)
  if (isTooLong(name)) return Option.some(`${what} is longer than ${nameBytesMax} bytes of UTF-8`)
  if (controlCharacter.test(name)) return Option.some(`${what} has a control character`)
  if (name.includes("/") || name.includes("\\")) return Option.some(`${what} has a slash or a backslash`)
  if (name === "." || name === "..") return Option.some(`${what} is a relative folder name`)
  return Option.none()
}

/** Why a namespace cannot be used; none when it can. */
export const namespaceProblem = (namespace: ReadonlyArray<string>): Option.Option<string> => {
  if (!Array.isArray(namespace)) return Option.some("the namespace is not a list of names")
  if (namespace.length > namespaceDepthMax) {
    return Option.some(`the namespace is deeper than ${namespaceDepthMax} names`)
  }
  for (const [index, name] of namespace.entries()) {
    const problem = nameProblem(name, `namespace name ${index + 1}`)
    if (Option.isSome(problem)) return problem
  }
  return Option.none()
}

/** Why a key, or what a caller without types passed for one, cannot be used, in words that do not repeat it. */
export const keyProblem = (key: SessionKey): Option.Option<string> =>
  Option.orElse(namespaceProblem(key?.namespace), () => nameProblem(key?.id, "the id"))

/** One string per valid key, and no two keys the same: names hold no slash. Meant for maps, not for people. */
export const keyText = ({ id, namespace }: SessionKey): string =>
  namespace.length === 0 ? id : `${namespace.join("/")}/${id}`

/** Text as a message shows it: what would break the line, or hide it from a terminal, is escaped. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`)

// One line of an error message: long keys are cut in the middle, where ids differ least.
const displayMax = 100

/** A key as messages show it: quoted, escaped and shortened. */
export const displayKey = (key: SessionKey): string => {
  const whole = keyText(key)
  const short = whole.length <= displayMax ? whole : `${whole.slice(0, 48)}...${whole.slice(-48)}`
  return oneLine(JSON.stringify(short))
}

/** Whether `namespace` is `ancestor` or lies below it. */
export const isWithin = (namespace: ReadonlyArray<string>, ancestor: ReadonlyArray<string>): boolean =>
  ancestor.length <= namespace.length && ancestor.every((name, index) => name === namespace[index])

/** Whether two keys are the same. */
export const sameKey = (self: SessionKey, that: SessionKey): boolean => keyText(self) === keyText(that)

/** Code-unit order of strings, the same on every platform and in every locale. */
export const codeUnits: Order.Order<string> = (self, that) => self < that ? -1 : self > that ? 1 : 0

/** Keys in the order of their namespaces, then of their ids, by code units. */
export const keyOrder: Order.Order<SessionKey> = Order.combine(
  Order.mapInput(Order.Array(codeUnits), (key: SessionKey) => key.namespace),
  Order.mapInput(codeUnits, (key: SessionKey) => key.id)
)
