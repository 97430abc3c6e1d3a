/**
 * Adoption: how an adapter turns what another program stored into a session.
 *
 * The adapter knows where foreign documents lie and reads them; the adopter knows what they mean. An
 * adapter copies the result and never moves or rewrites the source.
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { SessionKey } from "../model/SessionKey.ts"

/** A foreign document as a record to store. Times are epoch milliseconds, texts JSON. */
export interface Adopted {
  readonly kind: string
  readonly schemaVersion: number
  readonly summary: string
  readonly body: string
  readonly createdAt: Option.Option<number>
  readonly updatedAt: Option.Option<number>
}

/** Decides what a foreign document is; none keeps it where it is, listed as unreadable. */
export type Adopter = (json: unknown, key: SessionKey) => Effect.Effect<Option.Option<Adopted>>
