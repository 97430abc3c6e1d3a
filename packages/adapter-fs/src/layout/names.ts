/**
 * Key names as file names: injective, reversible, the same on every platform.
 *
 * A name of lower-case letters, digits, `_` and `-` stays as it is, so people find their sessions. Any
 * other name becomes `=` and the lower-case base32hex of its UTF-8, so that case collisions, path
 * traversal, reserved names, trailing dots and over-long names cannot happen. Nothing is hashed.
 */
import * as Option from "effect/Option"

const plain = /^[a-z0-9_-]+$/

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file: device names, which Windows opens
// instead of a file of that name.
const reservedByWindows = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/

// Folders of the store itself, which a namespace of the same name must not enter.
const reservedByStore: ReadonlySet<string> = new Set(["lost-found"])

const escapeMark = "="
const alphabet = "0123456789abcdefghijklmnopqrstuv"

const toBase32 = (bytes: Uint8Array): string => {
  let text = ""
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}

const fromBase32 = (text: string): Option.Option<Uint8Array> => {
  const bytes: Array<number> = []
  let bits = 0
  let held = 0
  for (const digit of text) {
    const value = alphabet.indexOf(digit)
    if (value < 0) return Option.none()
    held = (held << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push(held >>> bits)
    held &= (1 << bits) - 1
  }
  return Option.some(Uint8Array.from(bytes))
}

/** Whether a name is its own file name. */
export const isPlain = (name: string): boolean =>
  plain.test(name) && !reservedByWindows.test(name) && !reservedByStore.has(name)

/** The file name, without suffix, of a key name: at most 206 characters. */
export const encodeName = (name: string): string =>
  isPlain(name) ? name : escapeMark + toBase32(new TextEncoder().encode(name))

/** The key name of a file name; none when no key name has this one: the file is not ours. */
export const decodeName = (encoded: string): Option.Option<string> => {
  if (isPlain(encoded)) return Option.some(encoded)
  if (!encoded.startsWith(escapeMark)) return Option.none()
  return Option.flatMap(fromBase32(encoded.slice(1)), (bytes) => {
    // A byte order mark is a character of a name like any other.
    const name = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
    // Only the one spelling that `encodeName` gives is ours: two files never stand for one key.
    return encodeName(name) === encoded ? Option.some(name) : Option.none()
  })
}
