/**
 * Forking: a second session with the same state and entries, under a key of its own.
 *
 * The copy is made of the stored texts, so that what this definition does not know of them stays. It is
 * one change of the target: there is no moment with half of the entries. The source is only read.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SessionExists, SessionNotFound } from "../errors/SessionErrors.ts"
import type { Append, Put } from "../model/operations.ts"
import { makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { StoredEntry } from "../model/StoredRecord.ts"
import type { Operation } from "../port/StorageChange.ts"
import { traced } from "../port/tracing.ts"
import { readWhole, type WholeSession } from "../port/wholeSession.ts"
import { type StoreParts, toKey } from "./parts.ts"
import { makeSender, savedOf } from "./send.ts"
import type { PlainSchema } from "./Session.ts"
import type { SessionStore } from "./SessionStore.ts"

/** The entries as appends: one for each run of entries of one schema version that were added together. */
const appendsOf = (target: SessionKey, { entries, session }: WholeSession): ReadonlyArray<Append> => {
  const runs: Array<Array<StoredEntry>> = []
  for (const entry of entries) {
    const last = runs.at(-1)
    const isSameRun = last?.[0]?.at === entry.at && last[0].schemaVersion === entry.schemaVersion
    if (last !== undefined && isSameRun) last.push(entry)
    else runs.push([entry])
  }
  return runs.map((run): Append => ({
    _tag: "Append",
    key: target,
    expect: "absent",
    kind: session.head.kind,
    schemaVersion: run[0]!.schemaVersion,
    at: run[0]!.at,
    entries: run.map(({ entry }) => entry)
  }))
}

const operationsOf = (
  target: SessionKey,
  source: WholeSession,
  { isFreshId }: Pick<Put, "isFreshId">
): ReadonlyArray<Operation> => {
  const { body, head: { kind, schemaVersion, summary } } = source.session
  return [
    { _tag: "Put", key: target, expect: "absent", kind, schemaVersion, summary, body, isFreshId },
    ...appendsOf(target, source)
  ]
}

/** Makes the forking method of a store. */
export const makeFork = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, codec, options }: StoreParts<S, E, Summary>
): SessionStore<S, E, Summary>["fork"] => {
  const { ready, send } = makeSender(adapter, options)

  return traced(
    "SessionStore.fork",
    Effect.fnUntraced(function*(input, { id, namespace } = {}) {
      const from = toKey(input)
      yield* ready(from)
      const key = makeKey(id ?? SecureRandom.uuidV4Unsafe(), namespace ?? from.namespace)
      yield* ready(key)
      const found = yield* readWhole(adapter, from)
      if (Option.isNone(found)) return yield* new SessionNotFound({ key: from })
      const source = found.value
      yield* codec.checkOwn(source.session.head)
      const state = yield* codec.decodeState(source.session.head, source.session.body)
      const operations = operationsOf(key, source, { isFreshId: id === undefined })
      return savedOf(yield* send({ key, operations, refused: () => new SessionExists({ key }) }), state)
    })
  )
}
