/**
 * Names as bytes whose order is the order of keys: by UTF-16 code units, a shorter namespace first.
 *
 * SQLite compares blobs byte by byte. UTF-8 orders by code points, which differs from code units where
 * surrogate pairs are involved, so each half of a pair takes three bytes of its own (CESU-8,
 * https://unicode.org/reports/tr26/). All other names are plain UTF-8, readable in any SQLite shell.
 */
import type { SessionKey } from "@holdfast/core/port"

// Names hold no control characters, so a name ends before every character that a longer one goes on with.
const nameEnd = "\u0001"

const surrogate = /([\ud800-\udfff])/
const encodedSurrogate = /(\xed[\xa0-\xbf][\x80-\xbf])/

const surrogateBytes = (unit: number): Uint8Array =>
  Uint8Array.of(0xe0 | unit >> 12, 0x80 | unit >> 6 & 0x3f, 0x80 | unit & 0x3f)

/** Text as bytes. */
export const textBytes = (text: string): Uint8Array =>
  surrogate.test(text)
    ? Buffer.concat(
      text.split(surrogate).map((part, index) =>
        index % 2 === 0 ? Buffer.from(part, "utf8") : surrogateBytes(part.charCodeAt(0))
      )
    )
    : Buffer.from(text, "utf8")

// The first byte of every encoded surrogate, and of few other characters.
const surrogateMark = 0xed

/** The text of bytes that `textBytes` made. */
export const bytesText = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!buffer.includes(surrogateMark)) return buffer.toString("utf8")
  const parts = buffer.toString("latin1").split(encodedSurrogate)
  return parts.map((part, index) => {
    const encoded = Buffer.from(part, "latin1")
    if (index % 2 === 0) return encoded.toString("utf8")
    return String.fromCharCode((encoded[0]! & 0xf) << 12 | (encoded[1]! & 0x3f) << 6 | encoded[2]! & 0x3f)
  }).join("")
}

/**
 * A namespace as bytes: an end mark, then every name with its own. So that the namespace without names is not
 * without bytes: Node 22 binds an empty blob that it has read before as NULL.
 */
export const namespaceBytes = (namespace: ReadonlyArray<string>): Uint8Array =>
  textBytes(nameEnd + namespace.map((name) => name + nameEnd).join(""))

/** The namespace of a text whose bytes `namespaceBytes` made. */
export const textNamespace = (text: string): ReadonlyArray<string> =>
  text.length === 1 ? [] : text.split(nameEnd).slice(1, -1)

/** The namespace of bytes that `namespaceBytes` made. */
export const bytesNamespace = (bytes: Uint8Array): ReadonlyArray<string> => textNamespace(bytesText(bytes))

/** The two columns of a key. */
export const placeOf = ({ id, namespace }: SessionKey): readonly [namespace: Uint8Array, id: Uint8Array] => [
  namespaceBytes(namespace),
  textBytes(id)
]

/** The half-open range of bytes that a namespace and all below it lie in; none for the one that holds all. */
export const namespaceRange = (
  namespace: ReadonlyArray<string>
): readonly [from: Uint8Array, to: Uint8Array] | undefined => {
  if (namespace.length === 0) return undefined
  const from = namespaceBytes(namespace)
  const to = Uint8Array.from(from)
  to[to.length - 1]! += 1
  return [from, to]
}
