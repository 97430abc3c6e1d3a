/**
 * The writing methods of a store: create, save, update, updateEffect, append, commit and remove.
 *
 * Keys are checked and content is encoded before anything is sent, so a refused value changes nothing.
 * How a change is sent, and what a refusal means, is in `send.ts`.
 */
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { Conflict } from "../errors/reasons.ts"
import { SessionConflict, SessionExists, SessionNotFound } from "../errors/SessionErrors.ts"
import type { Append, Expect, Put } from "../model/operations.ts"
import { keyText, makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { KeyedLock } from "../port/keyedLock.ts"
import { randomId } from "../port/randomId.ts"
import type { Operation } from "../port/StorageChange.ts"
import { traced } from "../port/tracing.ts"
import { type StoreParts, toKey } from "./parts.ts"
import { conflictError, makeSender, missingOr, savedOf, type Written } from "./send.ts"
import type { Appended, PlainSchema } from "./Session.ts"
import type { KeyInput, SessionStore } from "./SessionStore.ts"

// Updates against other writers: 30 tries with growing pauses of at most 100 ms end within about
// three seconds; in one process they queue up and never need a second try.
const updateRetries = Schedule.min([Schedule.exponential("2 millis"), Schedule.spaced("100 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 30 })
)

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

type MakesState<S extends PlainSchema, Failure, Needs> = (
  state: S["Type"]
) => Effect.Effect<S["~type.make.in"], Failure, Needs>

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
    Effect.flatMapEager(
      codec.encodeState(key, input),
      ({ body, state, summary }) =>
        Effect.mapEager(append(key, expect, entries), (appended): Writing<S["Type"]> => {
          const put: Put = { _tag: "Put", key, expect, kind, schemaVersion, summary, body, isFreshId }
          return { state, operations: appended.entries.length === 0 ? [put] : [put, appended] }
        })
    )

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
    Effect.flatMapEager(
      ready(key),
      () =>
        Effect.flatMapEager(operationsOf.write(key, expect, content), ({ operations, state }) =>
          Effect.map(send({ key, operations, refused }), (written) => savedOf(written, state)))
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

  // The keys whose updates the calling fiber is in: waiting for one of their turns would never end.
  const updating = Context.Reference<ReadonlySet<string>>(`@holdfast/core/store/updating/${randomId()}`, {
    defaultValue: () => new Set()
  })

  const updateEffect: Store["updateEffect"] = traced(
    "SessionStore.update",
    Effect.fnUntraced(function*<Failure, Needs>(input: KeyInput, f: MakesState<S, Failure, Needs>) {
      const key = toKey(input)
      yield* ready(key)
      const once = Effect.gen(function*() {
        const current = yield* load(key)
        const made = yield* Effect.result(f(current.state))
        // A failure of `f` is an answer, also where it is a conflict of its own: only ours is tried again.
        if (Result.isFailure(made)) return Result.fail(made.failure)
        return Result.succeed(yield* save(key, made.success, { expect: current.version }))
      })
      const underWay = yield* updating
      const name = keyText(key)
      if (underWay.has(name)) return yield* Effect.die(new Error("an update of a session inside its own update"))
      const untilDone = Effect.retry(once, {
        schedule: updateRetries,
        while: (error) => error._tag === "SessionConflict"
      }).pipe(Effect.provideService(updating, new Set([...underWay, name])))
      return yield* Effect.fromResult(yield* lock(name)(untilDone))
    })
  )

  const update: Store["update"] = (input, f) => updateEffect(input, (state) => Effect.sync(() => f(state)))

  const append: Store["append"] = traced(
    "SessionStore.append",
    (input, inputs, { expect = "present", operationId: writeId } = {}) => {
      const key = toKey(input)
      return Effect.flatMapEager(
        ready(key),
        () =>
          Effect.flatMapEager(
            operationsOf.append(key, expect, inputs),
            (operation) =>
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
