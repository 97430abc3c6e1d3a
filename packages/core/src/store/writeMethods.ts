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
import { SessionConflict, SessionExists, SessionNotFound } from "../errors/SessionErrors.ts"
import type { Expect } from "../model/operations.ts"
import { keyText, makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { KeyedLock } from "../port/keyedLock.ts"
import { randomId } from "../port/randomId.ts"
import type { Operation } from "../port/StorageChange.ts"
import { tracedFn } from "../port/tracing.ts"
import { type StoreParts, toKey } from "./parts.ts"
import { conflictError, makeSender, missingOr, savedOf } from "./send.ts"
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

type MakesState<S extends PlainSchema, Failure, Needs> = (
  state: S["Type"]
) => Effect.Effect<S["~type.make.in"], Failure, Needs>

/** Makes the operations of a definition from values, which are encoded by its schemas. */
const makeOperations = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { codec, definition: { kind, version: schemaVersion } }: StoreParts<S, E, Summary>
) => {
  const append = Effect.fnUntraced(function*(key: SessionKey, expect: Expect, inputs: Content<S, E>["entries"]) {
    const entries = yield* codec.encodeEntries(key, inputs)
    return { _tag: "Append", key, expect, kind, schemaVersion, entries } satisfies Operation
  })

  /** A put of a state, with entries when there are any: one step. */
  const write = Effect.fnUntraced(function*(key: SessionKey, expect: Expect, content: Content<S, E>) {
    const { isFreshId } = content
    const { body, state, summary } = yield* codec.encodeState(key, content.state)
    const appended = yield* append(key, expect, content.entries)
    const put = { _tag: "Put", key, expect, kind, schemaVersion, summary, body, isFreshId } satisfies Operation
    return { state, operations: appended.entries.length === 0 ? [put] : [put, appended] }
  })

  return { append, write }
}

/** Makes the writing methods of a store. */
export const makeWriteMethods = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  parts: StoreParts<S, E, Summary>,
  lock: KeyedLock,
  load: SessionStore<S, E, Summary>["load"]
) => {
  type Store = SessionStore<S, E, Summary>
  const { ready, send } = makeSender(parts.adapter, parts.options)
  const operationsOf = makeOperations(parts)

  const create: Store["create"] = tracedFn("SessionStore.create")(
    function*(state, { entries = [], id, namespace } = {}) {
      const key = makeKey(id ?? SecureRandom.uuidV4Unsafe(), namespace)
      yield* ready(key)
      const content = { state, entries, isFreshId: id === undefined }
      const { operations, state: made } = yield* operationsOf.write(key, "absent", content)
      return savedOf(yield* send({ key, operations, refused: () => new SessionExists({ key }) }), made)
    }
  )

  const commit: Store["commit"] = tracedFn("SessionStore.commit")(function*(input, { expect = "any", ...content }) {
    const key = toKey(input)
    yield* ready(key)
    const { operations, state } = yield* operationsOf.write(key, expect, content)
    return savedOf(yield* send({ key, operations, refused: conflictError(key) }), state)
  })

  const save: Store["save"] = (input, state, { expect } = {}) => commit(input, { state, entries: [], expect })

  // The keys whose updates the calling fiber is in: waiting for one of their turns would never end.
  const updating = Context.Reference<ReadonlySet<string>>(`@holdfast/core/store/updating/${randomId()}`, {
    defaultValue: () => new Set()
  })

  const updateEffect: Store["updateEffect"] = tracedFn("SessionStore.update")(
    function*<Failure, Needs>(input: KeyInput, f: MakesState<S, Failure, Needs>) {
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
    }
  )

  const update: Store["update"] = (input, f) => updateEffect(input, (state) => Effect.sync(() => f(state)))

  const append: Store["append"] = tracedFn("SessionStore.append")(
    function*(input, inputs, { expect = "present", operationId } = {}) {
      const key = toKey(input)
      yield* ready(key)
      const operations = [yield* operationsOf.append(key, expect, inputs)]
      const { receipt, row } = yield* send({ key, operations, refused: missingOr(key), writeId: operationId })
      return { key: row.key, version: row.version, entryCount: row.entryCount, receipt } satisfies Appended
    }
  )

  const remove: Store["remove"] = tracedFn("SessionStore.remove")(function*(input, { expect = "present" } = {}) {
    const key = toKey(input)
    yield* ready(key)
    const { receipt } = yield* send({
      key,
      operations: [{ _tag: "Remove", key, expect }],
      refused: ({ actual, expected }) =>
        Option.isNone(actual) ? new SessionNotFound({ key }) : new SessionConflict({ key, expected, actual })
    })
    return receipt
  })

  return { create, save, update, updateEffect, append, commit, remove }
}
