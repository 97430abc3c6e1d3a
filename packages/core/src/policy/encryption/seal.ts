/**
 * Encrypting one text and decrypting it again, bound to where it belongs.
 *
 * AES-256-GCM authenticates session key, write id and place with the text, so one that was moved to another
 * session, or stands for another text of its change, does not decrypt; what lost a conflict does, under the key of
 * its fork. Failures are reasons that say what is wrong with which text; they hold neither content nor keys.
 */
import type { CryptoError } from "effect/crypto/CryptoError"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Corrupt, NewerFormat, type Reason, Unavailable } from "../../errors/reasons.ts"
import { displayKey, type SessionKey } from "../../model/SessionKey.ts"
import { conflictOf } from "../conflictKey.ts"
import type { EncryptionKeys } from "./keys.ts"
import { type Place, readStored, type Sealed, sealedFormat, writeSealed } from "./sealedText.ts"
import { utf8Bytes, utf8Text } from "./utf8.ts"

/** Where a text belongs. */
interface Binding {
  readonly key: SessionKey
  readonly write: string
  readonly place: Place
}

/** A text in clear. */
export interface Opened {
  readonly text: string
  /** The write and the place under which it was encrypted; none of a plain text. */
  readonly sealed: Option.Option<{ readonly write: string; readonly place: Place }>
}

/** Encrypts under the current key, decrypts with the one that a text names. */
export interface Sealer {
  readonly seal: (text: string, binding: Binding) => Effect.Effect<string, Reason>
  /** Decrypts what is stored of a session. Where plain texts are accepted, one is given as it is. */
  readonly open: (stored: string, where: Where) => Effect.Effect<Opened, Reason>
}

/** What a stored text should be. */
interface Where {
  readonly key: SessionKey
  readonly what: "summary" | "body" | "entry"
}

// JSON puts every name into quotes, so that no two bindings give the same bytes.
const boundBytes = ({ key, place, write }: Binding): Uint8Array =>
  utf8Bytes(JSON.stringify([sealedFormat, key.namespace, key.id, write, place]))

// WebCrypto refuses an algorithm or a key; nothing was written or read then.
const unavailable = (cause: CryptoError) =>
  new Unavailable({ outcome: "notApplied", what: "AES-256-GCM of this platform", cause })

const fits = (place: Place, what: Where["what"]): boolean =>
  what === "entry" ? typeof place === "number" && place >= 0 : place === what

/** Makes the sealer of some keys. `location` gives the adapter's, for messages. */
export const makeSealer = (options: {
  readonly keys: EncryptionKeys
  readonly plainTexts: "refuse" | "accept"
  readonly location: () => string
}): Sealer => {
  const { keys: { aead, current, keyOf, random }, location, plainTexts } = options

  const seal: Sealer["seal"] = Effect.fnUntraced(function*(text, binding) {
    const nonce = yield* random.randomBytes(current.key.algorithm.nonceLength)
    const sealed = yield* aead.encrypt(current.key, utf8Bytes(text), { nonce, aad: boundBytes(binding) })
    const { place, write } = binding
    return writeSealed({
      aes256gcm: sealedFormat,
      key: current.id,
      write,
      place,
      nonce: Base64.encode(nonce),
      text: Base64.encode(sealed)
    })
  }, Effect.mapError(unavailable))

  const at = ({ key, what }: Where): string => `the ${what} of ${displayKey(key)} in ${location()}`

  const corrupt = (where: Where, problem: string) => new Corrupt({ outcome: "notApplied", at: at(where), problem })

  const decrypt = Effect.fnUntraced(function*(sealed: Sealed, where: Where) {
    const key = keyOf(sealed.key)
    if (Option.isNone(key)) {
      const what = `the encryption key "${sealed.key}", which ${at(where)} needs,`
      return yield* new Unavailable({ outcome: "notApplied", what })
    }
    const { place, write } = sealed
    const parts = Result.all([Base64.decode(sealed.nonce), Base64.decode(sealed.text)])
    if (!fits(place, where.what) || Result.isFailure(parts)) {
      return yield* corrupt(where, "is not the encrypted text that belongs there")
    }
    const [nonce, bytes] = parts.success
    const boundTo = (owner: SessionKey) =>
      aead.decrypt(key.value, bytes, { nonce, aad: boundBytes({ key: owner, write, place }) })
    // What lost a conflict below was encrypted for the session that it is a version of.
    const clear = yield* Effect.mapError(
      Option.match(conflictOf(where.key), {
        onNone: () => boundTo(where.key),
        onSome: (former) => Effect.catch(boundTo(where.key), () => boundTo(former))
      }),
      (error) =>
        error.reason._tag === "Unsupported"
          ? unavailable(error)
          : corrupt(
            where,
            `does not decrypt with the key "${sealed.key}": it is damaged, of another session, or the key is another one`
          )
    )
    return { text: utf8Text(clear), sealed: Option.some({ write, place }) }
  })

  const open: Sealer["open"] = (text, where) => {
    const stored = readStored(text)
    switch (stored._tag) {
      case "Sealed":
        return decrypt(stored.sealed, where)
      case "Newer":
        return Effect.fail(
          new NewerFormat({ outcome: "notApplied", at: at(where), format: stored.format, known: sealedFormat })
        )
      case "Damaged":
        return Effect.fail(corrupt(where, "is a damaged encrypted text"))
      case "Plain":
        return plainTexts === "accept"
          ? Effect.succeed({ text, sealed: Option.none() })
          : Effect.fail(corrupt(where, "is not encrypted"))
    }
  }

  return { seal, open }
}
