/**
 * Random ids of writes, incarnations and temporary files: short, safe in file names, never repeated.
 *
 * They come from the system's secure source, so that processes that know nothing of each other draw
 * different ones.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Hex from "effect/encoding/Hex"

// 80 bits: a collision within one store stays below one in a million up to a billion ids.
const idBytes = 10

// Asking the system takes about 5 us whatever the number of bytes: they are drawn for so many ids at once.
const idsDrawn = 128

let drawn: Uint8Array = new Uint8Array(0)
let used = 0

/** A random id of 20 hexadecimal digits. */
export const randomId = (): string => {
  if (used === drawn.length) {
    drawn = SecureRandom.randomBytesUnsafe(idBytes * idsDrawn)
    used = 0
  }
  return Hex.encode(drawn.subarray(used, used += idBytes))
}
