/**
 * Checksums that tell a whole record from a torn or damaged one.
 *
 * They guard against accidents, not against an attacker: whoever can write the files can write these.
 * Both are the beginning of SHA-256, which Node computes in one call.
 */
import { hash } from "node:crypto"

/** The first 128 bits of SHA-256, as 32 hexadecimal digits. */
export const checksum = (bytes: Uint8Array | string): string => hash("sha256", bytes, "hex").slice(0, 32)

/** The first 64 bits of SHA-256, as 16 hexadecimal digits: for the short lines of a log. */
export const shortChecksum = (text: string): string => hash("sha256", text, "hex").slice(0, 16)
