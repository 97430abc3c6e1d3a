/**
 * Encryption keys: which ones a store knows, and which one it writes under.
 *
 * Keys come in as base64 in `Redacted` and are imported once. What is printed of them is their ids; an error names
 * the key that is wrong by its place or its id and says what is wrong with it, without a character of it.
 */
import * as Config from "effect/Config"
import { SourceError } from "effect/ConfigProvider"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** A key as it is given: the id that stands in clear in what it encrypted, and base64 of 32 random bytes. */
export interface EncryptionKey {
  readonly id: string
  readonly key: Redacted.Redacted
}

/** Keys that were imported. The first one that was given is current: it encrypts. All of them decrypt. */
export interface EncryptionKeys {
  readonly current: { readonly id: string; readonly key: Aead.Key }
  readonly keyOf: (id: string) => Option.Option<Aead.Key>
  readonly aead: Aead.Aead["Service"]
  readonly random: SecureRandom.SecureRandom["Service"]
}

/** Keys that cannot be used. The message says which one and why, and holds nothing of it. */
export class InvalidEncryptionKey extends Data.TaggedError("InvalidEncryptionKey")<{ readonly problem: string }> {
  override get message(): string {
    return this.problem
  }
}

/** The longest key id, in characters. */
export const keyIdMax = 64

// The id is written beside every text and in messages: what it may hold needs no escaping anywhere.
const keyId = /^[A-Za-z0-9._-]+$/

/** Whether a text can be the id of a key. */
export const isKeyId = (text: string): boolean => text.length <= keyIdMax && keyId.test(text)

const invalid = (problem: string) => new InvalidEncryptionKey({ problem })

const importKey = Effect.fnUntraced(function*({ id, key }: EncryptionKey, index: number) {
  // An id that is none may be a key in the wrong place, so it is not repeated.
  if (!isKeyId(id)) {
    return yield* invalid(
      `the id of encryption key ${index + 1} is not 1 to ${keyIdMax} of the characters A-Z a-z 0-9 . _ -`
    )
  }
  const which = `encryption key ${index + 1} ("${id}")`
  const decoded = Base64.decode(Redacted.value(key))
  if (Result.isFailure(decoded)) return yield* invalid(`${which} is not base64`)
  const { keyLength } = Aead.aes256Gcm
  const bytes = decoded.success
  if (bytes.length !== keyLength) return yield* invalid(`${which} has ${bytes.length} bytes instead of ${keyLength}`)
  const imported = yield* Effect.mapError(
    Aead.key(Aead.aes256Gcm, bytes),
    () => invalid(`${which} was refused by the platform`)
  )
  return { id, key: imported }
})

const platform = Layer.provideMerge(Aead.layerWebCrypto, SecureRandom.layerWebCrypto)

/**
 * Imports keys. The first one is current.
 *
 * **Details**
 *
 * To rotate, put the next key in front and keep the former ones: what is written from then on is written under
 * the next one, and what lies there stays readable. A session's state goes over to it when it is saved, its entries
 * when the session is restored or forked; until then the key that wrote them is needed.
 *
 * **Gotchas**
 *
 * Nonces are random, 12 bytes. A key should be rotated before it wrote 2^32 texts: every save is two, every
 * entry one.
 */
export const makeEncryptionKeys = Effect.fnUntraced(
  function*(given: ReadonlyArray<EncryptionKey>): Effect.fn.Return<
    EncryptionKeys,
    InvalidEncryptionKey,
    Aead.Aead | SecureRandom.SecureRandom
  > {
    const imported = yield* Effect.forEach(given, importKey)
    const current = imported[0]
    if (current === undefined) return yield* invalid("there is no encryption key")
    const known = new Map(imported.map(({ id, key }) => [id, key]))
    if (known.size < imported.length) return yield* invalid("two encryption keys have the same id")
    return {
      current,
      keyOf: (id) => Option.fromUndefinedOr(known.get(id)),
      aead: yield* Aead.Aead,
      random: yield* SecureRandom.SecureRandom
    }
  },
  Effect.provide(platform)
)

/** One item of the variable: everything before the first colon is the id. */
const parseKey = (item: string, index: number): Result.Result<EncryptionKey, InvalidEncryptionKey> => {
  const colon = item.indexOf(":")
  if (colon < 0) return Result.fail(invalid(`encryption key ${index + 1} has no id and colon in front of it`))
  return Result.succeed({ id: item.slice(0, colon).trim(), key: Redacted.make(item.slice(colon + 1).trim()) })
}

const parseKeys = (text: string) =>
  Effect.flatMap(
    Effect.fromResult(Result.all(text.split(",").filter((item) => item.trim() !== "").map(parseKey))),
    makeEncryptionKeys
  )

/**
 * The keys that a configuration variable holds, `HOLDFAST_ENCRYPTION_KEYS` unless another one is named.
 *
 * **Details**
 *
 * The value is `id:key`, several of them separated by commas, the current one first: `k2:<base64>,k1:<base64>`.
 * `openssl rand -base64 32` makes a key.
 */
export const encryptionKeysConfig = (name = "HOLDFAST_ENCRYPTION_KEYS"): Config.Config<EncryptionKeys> =>
  Config.mapEffect(Config.Redacted(name), (text) =>
    Effect.mapError(
      parseKeys(Redacted.value(text)),
      ({ problem }) => new Config.ConfigError(new SourceError({ message: `${name}: ${problem}` }))
    ))
