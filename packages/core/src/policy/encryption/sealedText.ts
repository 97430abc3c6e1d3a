/**
 * The form of an encrypted text: JSON with the ciphertext and with what must stand in clear to open it.
 *
 * Adapters take it for any other JSON text. The write id is that of the change that encrypted the text, the place
 * says which of the change's texts it is; both, with the session's key, are authenticated by the cipher.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { isKeyId, keyIdMax } from "./keys.ts"

/** Which text of a change: the summary or the body of a put, or an entry, counted from 0 over the change's appends. */
export type Place = "summary" | "body" | number

/** The newest form that is known. */
export const sealedFormat = 1

/** An encrypted text. `nonce` and `text` are base64; `text` ends with the tag. */
const Sealed = Schema.Struct({
  aes256gcm: Schema.Literal(sealedFormat),
  key: Schema.String.check(Schema.makeFilter(isKeyId)),
  write: Schema.String,
  place: Schema.Union([Schema.Literals(["summary", "body"]), Schema.Int]),
  nonce: Schema.String,
  text: Schema.String
})

export type Sealed = typeof Sealed.Type

const decodeSealed = Schema.decodeUnknownOption(Schema.fromJsonString(Sealed))

const decodeFormat = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ aes256gcm: Schema.Int })))

// The first field, in every format, so that also a cut text is known for what it was.
const start = "{\"aes256gcm\":"

/** What a stored text is. `Damaged`: it begins as an encrypted text does and is none. */
export type Stored =
  | { readonly _tag: "Sealed"; readonly sealed: Sealed }
  | { readonly _tag: "Newer"; readonly format: number }
  | { readonly _tag: "Damaged" }
  | { readonly _tag: "Plain" }

/** The stored text of an encrypted one. */
export const writeSealed = ({ aes256gcm, key, nonce, place, text, write }: Sealed): string =>
  JSON.stringify({ aes256gcm, key, write, place, nonce, text })

/** What a stored text is. */
export const readStored = (stored: string): Stored => {
  if (!stored.startsWith(start)) return { _tag: "Plain" }
  const sealed = decodeSealed(stored)
  if (Option.isSome(sealed)) return { _tag: "Sealed", sealed: sealed.value }
  const format = decodeFormat(stored)
  return Option.isSome(format) && format.value.aes256gcm > sealedFormat
    ? { _tag: "Newer", format: format.value.aes256gcm }
    : { _tag: "Damaged" }
}

// Of 256 characters, each of which JSON may write as six: checkChange lets no longer write id pass.
const writeBytesMax = 256 * 6

// Sixteen digits are the longest safe integer.
const placeBytesMax = 16

const nonceBytes = 16

const tagBytes = 16

const overheadBytes = keyIdMax + writeBytesMax + placeBytesMax + nonceBytes
  + writeSealed({ aes256gcm: sealedFormat, key: "", write: "", place: "body", nonce: "", text: "" }).length

/**
 * The longest text, in bytes of UTF-8, that surely fits into `bytesMax` when it is encrypted: base64 takes four
 * bytes for three, and what stands in clear is counted with the longest ids.
 */
export const clearBytesMax = (bytesMax: number): number =>
  Math.max(0, Math.floor((bytesMax - overheadBytes) / 4) * 3 - tagBytes)
