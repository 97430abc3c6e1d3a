/**
 * The writing methods of a store: create, save, append, commit and remove, and the updates of `update.ts`.
 *
 * Keys are checked and content is encoded before anything is sent, so a refused value changes nothing.
 * How a change is sent, and what a refusal means, is in `send.ts`.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Conflict } from "../errors/reasons.ts"
import { SessionConflict, SessionExists, SessionNotFound } from "../errors/SessionErrors.ts"
import type { Append, Expect, Put } from "../model/operations.ts"
import { makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { KeyedLock } from "../port/keyedLock.ts"
import type { Operation } from "../port/StorageChange.ts"
import { traced } from "../port/tracing.ts"
import { type StoreParts, toKey } from "./parts.ts"
import { conflictError, makeSender, missingOr, savedOf, type Written } from "./send.ts"
import type { Appended, PlainSchema } from "./Session.ts"
import type { SessionStore } from "./SessionStore.ts"
import { makeUpdates } from "./update.ts"

/** What a write puts down. */
interface Content<S extends PlainSchema, E extends PlainSchema> {
  readonly state: S["~type.make.in"]
  readonly entries: ReadonlyArray<E["~type.make.in"]>
  /** Whether the key's id was drawn for this write. */
  readonly isFreshId?: boolean | undefined
}

/** What is sent of a write, and the state as its schema made it. */
interface Writing<State> {
  readonly state: State
  readonly operations: ReadonlyArray<Operation>
}

/** Makes the operations of a definition from values, which are encoded by its schemas. */
const makeOperations = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { codec, definition: { kind, version: schemaVersion } }: StoreParts<S, E, Summary>
) => {
  const append = (key: SessionKey, expect: Expect, inputs: Content<S, E>["entries"]) =>
    Effect.mapEager(
      codec.encodeEntries(key, inputs),
      (entries): Append => ({ _tag: "Append", key, expect, kind, schemaVersion, entries })
    )

  /** A put of a state, with entries when there are any: one step. */
  const write = (key: SessionKey, expect: Expect, { entries, isFreshId, state: input }: Content<S, E>) =>
    Effect.flatMapEager(codec.encodeState(key, input), ({ body, state, summary }) => {
      const put: Put = { _tag: "Put", key, expect, kind, schemaVersion, summary, body, isFreshId }
      return Effect.mapEager(append(key, expect, entries), (appended): Writing<S["Type"]> => ({
        state,
        operations: appended.entries.length === 0 ? [put] : [put, appended]
      }))
    })

  return { append, write }
}

const appendedOf = ({ receipt, row: { entryCount, key, version } }: Written): Appended => ({
  key,
  version,
  entryCount,
  receipt
})

/** Makes the writing methods of a store. */
export const makeWriteMethods = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  parts: StoreParts<S, E, Summary>,
  lock: KeyedLock,
  load: SessionStore<S, E, Summary>["load"]
) => {
  type Store = SessionStore<S, E, Summary>
  const { ready, send } = makeSender(parts.adapter, parts.options)
  const operationsOf = makeOperations(parts)

  /** Checks and encodes a content, then sends it. */
  const put = <Refused>(
    { expect, key, ...content }: Content<S, E> & { readonly key: SessionKey; readonly expect: Expect },
    refused: (conflict: Conflict) => Refused
  ) =>
    ready(key).pipe(
      Effect.flatMapEager(() => operationsOf.write(key, expect, content)),
      Effect.flatMapEager(({ operations, state }) =>
        Effect.map(send({ key, operations, refused }), (written) => savedOf(written, state))
      )
    )

  const create: Store["create"] = traced("SessionStore.create", (state, { entries = [], id, namespace } = {}) => {
    const key = makeKey(id ?? SecureRandom.uuidV4Unsafe(), namespace)
    return put({ key, expect: "absent", state, entries, isFreshId: id === undefined }, () => new SessionExists({ key }))
  })

  const commit: Store["commit"] = traced("SessionStore.commit", (input, { entries, expect = "any", state }) => {
    const key = toKey(input)
    return put({ key, expect, state, entries }, conflictError(key))
  })

  const save: Store["save"] = (input, state, { expect } = {}) => commit(input, { state, entries: [], expect })

  const { update, updateEffect } = makeUpdates({ load, save, ready, lock })

  const append: Store["append"] = traced(
    "SessionStore.append",
    (input, inputs, { expect = "present", operationId: writeId } = {}) => {
      const key = toKey(input)
      return ready(key).pipe(
        Effect.flatMapEager(() => operationsOf.append(key, expect, inputs)),
        Effect.flatMapEager((operation) =>
          Effect.map(send({ key, operations: [operation], refused: missingOr(key), writeId }), appendedOf)
        )
      )
    }
  )

  const remove: Store["remove"] = traced("SessionStore.remove", (input, { expect = "present" } = {}) => {
    const key = toKey(input)
    const refused = ({ actual, expected }: Conflict) =>
      Option.isNone(actual) ? new SessionNotFound({ key }) : new SessionConflict({ key, expected, actual })
    return Effect.flatMapEager(
      ready(key),
      () => Effect.map(send({ key, operations: [{ _tag: "Remove", key, expect }], refused }), ({ receipt }) => receipt)
    )
  })

  return { create, save, update, updateEffect, append, commit, remove }
}
