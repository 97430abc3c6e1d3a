/**
 * Adopters: documents of another program as sessions of a definition.
 *
 * The app's function says what a document means; its state passes the definition's schema like any
 * other. A function that throws, and a state that does not fit, refuse the document.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionKey } from "../model/SessionKey.ts"
import type { Adopter } from "../port/Adopter.ts"
import { makeCodec } from "./codec.ts"
import type { PlainSchema, SessionDefinition } from "./Session.ts"

/** What a foreign document means: a state, and its times where the document knows them. */
export interface AdoptedState<Input> {
  readonly state: Input
  readonly createdAt?: DateTime.DateTime.Input | undefined
  readonly updatedAt?: DateTime.DateTime.Input | undefined
}

const toMillis = (input: DateTime.DateTime.Input | undefined): Option.Option<number> =>
  Option.map(Option.flatMap(Option.fromUndefinedOr(input), DateTime.make), DateTime.toEpochMillis)

/**
 * Makes an adopter for `FsAdapter.layer({ directory, adopt })`.
 *
 * **Details**
 *
 * `decode` gets the parsed JSON of a foreign file and the key that its place names, and answers the
 * session's state, or none when it is something else. A refused file is listed as unreadable and kept.
 */
export const makeAdopter = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  definition: SessionDefinition<S, E, Summary>,
  decode: (json: unknown, key: SessionKey) => Option.Option<AdoptedState<S["~type.make.in"]>>
): Adopter => {
  const codec = makeCodec(definition)
  return (json, key) =>
    Effect.gen(function*() {
      const found = yield* Effect.try({ try: () => decode(json, key), catch: () => "refused" as const })
      if (Option.isNone(found)) return Option.none()
      const { createdAt, state, updatedAt } = found.value
      const { body, summary } = yield* codec.encodeState(key, state)
      return Option.some({
        kind: definition.kind,
        schemaVersion: definition.version,
        summary,
        body,
        createdAt: toMillis(createdAt),
        updatedAt: toMillis(updatedAt)
      })
    }).pipe(Effect.catch(() => Effect.succeedNone))
}
