/**
 * Forking: a second session with the same state and entries, under a key of its own.
 *
 * The copy is made of the stored texts, so that what this definition does not know of them stays. It is
 * one change of the target: there is no moment with half of the entries. The source is only read.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Busy } from "../errors/reasons.ts"
import { SessionExists, SessionNotFound } from "../errors/SessionErrors.ts"
import { StorageError } from "../errors/StorageError.ts"
import { displayKey, makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { Append, Operation } from "../model/StorageChange.ts"
import type { StoredEntry, StoredSession } from "../model/StoredRecord.ts"
import { type StoreParts, toKey } from "./parts.ts"
import { makeSender, savedOf } from "./send.ts"
import type { PlainSchema } from "./Session.ts"
import type { SessionStore } from "./SessionStore.ts"

// A source that is removed and made again while its entries are read is read from the start.
const readingsMax = 5

/** A session with all entries that its head counts. */
interface Source {
  readonly session: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

/** The entries as appends: one for each run of entries of one schema version that were added together. */
const appendsOf = (target: SessionKey, { entries, session }: Source): ReadonlyArray<Append> => {
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

const operationsOf = (target: SessionKey, source: Source): ReadonlyArray<Operation> => {
  const { body, head: { kind, schemaVersion, summary } } = source.session
  return [
    { _tag: "Put", key: target, expect: "absent", kind, schemaVersion, summary, body },
    ...appendsOf(target, source)
  ]
}

/** Makes the forking method of a store. */
export const makeFork = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, codec, options }: StoreParts<S, E, Summary>
): SessionStore<S, E, Summary>["fork"] => {
  const { ready, send } = makeSender(adapter, options)

  /** One reading; none when the source was removed and made again meanwhile. */
  const readOnce = Effect.fnUntraced(function*(key: SessionKey) {
    const stored = yield* adapter.load(key)
    if (Option.isNone(stored)) return yield* new SessionNotFound({ key })
    const { head } = stored.value
    yield* codec.checkOwn(head)
    const rows = yield* Stream.runCollect(adapter.entries(key, { to: head.entryCount }))
    const entries = yield* Effect.forEach(
      rows,
      (row) => row._tag === "StoredEntry" ? Effect.succeed(row) : Effect.fail(row.error)
    )
    const after = yield* adapter.head(key)
    const isSameLife = Option.exists(after, ({ incarnation }) => incarnation === head.incarnation)
    // An entry that was counted may come to nothing, and a later one take its place: that is another version.
    const isSameVersion = entries.length === head.entryCount && entries.every(({ version }) => version <= head.version)
    return isSameLife && isSameVersion ? Option.some<Source>({ session: stored.value, entries }) : Option.none<Source>()
  })

  const read = Effect.fnUntraced(function*(key: SessionKey) {
    for (let reading = 0; reading < readingsMax; reading++) {
      const source = yield* readOnce(key)
      if (Option.isSome(source)) return source.value
    }
    const reason = new Busy({ path: displayKey(key), code: "EBUSY", outcome: "notApplied" })
    return yield* new StorageError({ adapter: adapter.name, operation: "load", key, reason })
  })

  return Effect.fn("SessionStore.fork")(function*(input, { id, namespace } = {}) {
    const from = toKey(input)
    yield* ready(from)
    const key = makeKey(id ?? SecureRandom.uuidV4Unsafe(), namespace ?? from.namespace)
    yield* ready(key)
    const source = yield* read(from)
    const state = yield* codec.decodeState(source.session.head, source.session.body)
    const operations = operationsOf(key, source)
    return savedOf(yield* send({ key, operations, refused: () => new SessionExists({ key }) }), state)
  })
}
