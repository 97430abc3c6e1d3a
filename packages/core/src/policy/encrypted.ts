/**
 * The policy that keeps sessions encrypted: bodies, summaries and entries, with AES-256-GCM.
 *
 * The adapter below holds ciphertext and sees of a session its key, kind, versions, times and counts. Each text is
 * bound to its session, its write and its place in it. It is the outermost of the policies that change content:
 * `where` of a listing is judged above it.
 */
import type { Capability } from "../model/Capability.ts"
import type { EncryptionKeys } from "./encryption/keys.ts"
import { makeReads } from "./encryption/reads.ts"
import { makeSealer } from "./encryption/seal.ts"
import { clearBytesMax } from "./encryption/sealedText.ts"
import { makeCommit } from "./encryption/writes.ts"
import { makeFailingNote } from "./healthNote.ts"
import { type AdapterPolicy, wrap } from "./policies.ts"

export {
  type EncryptionKey,
  type EncryptionKeys,
  encryptionKeysConfig,
  InvalidEncryptionKey,
  makeEncryptionKeys
} from "./encryption/keys.ts"

/** How an adapter is encrypted. */
export interface EncryptedOptions {
  /** The keys that are known; `encryptionKeysConfig` and `makeEncryptionKeys` give them. */
  readonly keys: EncryptionKeys
  /**
   * What becomes of texts that were written before encryption was on: `refuse`, the default, shows them as
   * unreadable; `accept` reads them, and every save of a session encrypts its state. While they are accepted,
   * whoever can write to the storage can put a session in place that was never encrypted.
   */
  readonly plainTexts?: "refuse" | "accept" | undefined
}

/**
 * Encrypts what an adapter holds.
 *
 * **Details**
 *
 * A session that does not decrypt is a row of a listing, an entry that does not is a row between those that do,
 * and `load` fails with the reason: `Corrupt` for what is damaged, moved or written with another key of that id,
 * `Unavailable` for a key id that is not known. Such a session is not written over by a save that expects any
 * version; it can be removed. `bodyBytesMax` is what surely fits when encrypted, about three quarters.
 *
 * A save that expects any version reads the head first: where that fails for the storage's sake, so does the save, and
 * the health is failing until a write succeeds.
 *
 * A listing is decrypted to its end, or its limit, before its first row is given, since what cannot be read comes first.
 *
 * **Gotchas**
 *
 * Whoever can write to the storage can put an older state of a session back, drop the last of its entries or
 * move whole writes among its entries: each of them was written by a holder of a key. A record that is copied to another key
 * below this policy does not decrypt there; copies are made through it.
 */
export const encrypted = ({ keys, plainTexts = "refuse" }: EncryptedOptions): AdapterPolicy => (adapter) => {
  const sealer = makeSealer({ keys, plainTexts, location: () => adapter.location })
  const capability = (): Capability => {
    const below = adapter.capability
    return { ...below, bodyBytesMax: clearBytesMax(below.bodyBytesMax) }
  }
  const reads = makeReads(adapter, sealer)
  const note = makeFailingNote()
  return wrap(adapter, {
    ...reads,
    capability,
    commit: makeCommit(adapter, sealer, { head: reads.head, capability, note }),
    health: note.over(adapter.health)
  })
}
