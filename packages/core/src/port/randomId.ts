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

/** A random id of 20 hexadecimal digits. */
export const randomId = (): string => Hex.encode(SecureRandom.randomBytesUnsafe(idBytes))
