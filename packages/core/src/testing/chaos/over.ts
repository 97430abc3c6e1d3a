/**
 * An adapter over a storage in trouble: every call is judged, then befallen, then made or not.
 *
 * It is a legal adapter, though a bad one. Mistakes of the caller are refused before anything can befall the call;
 * what is missing from a listing has a row; health follows the answers. Once it is closed nothing befalls it
 * any more, and the adapter below answers.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Io } from "../../errors/reasons.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Unreadable } from "../../errors/Unreadable.ts"
import type { ListQuery } from "../../model/ListQuery.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"
import { checkChange, checkKey, checkNamespace } from "../../port/checks.ts"
import type { Listed, StorageAdapter } from "../../port/StorageAdapter.ts"
import { operationsByKey, type StorageChange } from "../../port/StorageChange.ts"
import { befall, befallCommit, type Instance } from "./befall.ts"
import { type Call, canBefall, errorOf, fail } from "./mishaps.ts"
import { makeTold } from "./told.ts"
import { type Trouble, untroubled, type Verdict } from "./trouble.ts"

type Adapter = StorageAdapter["Service"]

const failed = (instance: Instance): Io => new Io({ outcome: "notApplied", path: instance.location, code: "EIO" })

const reading = (operation: Call["operation"], ...keys: Call["keys"]): Call => ({ operation, access: "reads", keys })

const role = (access: Call["access"]): Call => ({ operation: "role", access, keys: [] })

const judged = (instance: Instance, call: Call): Effect.Effect<Verdict> =>
  Effect.suspend(() =>
    Deferred.isDoneUnsafe(instance.closed)
      ? Effect.succeed(untroubled(call))
      : instance.trouble.judge(call, instance)
  )

/** A call that gives one answer. */
const calling = <A>(
  instance: Instance,
  call: Call,
  below: Effect.Effect<A, StorageError>
): Effect.Effect<A, StorageError> =>
  Effect.flatMap(judged(instance, call), (verdict) => befall(instance, verdict, below))

/** The rows up to where the stream is torn. */
const torn = <A>(
  instance: Instance,
  { call, mishap }: Verdict,
  rows: Stream.Stream<A, StorageError>
): Stream.Stream<A, StorageError> =>
  mishap?._tag === "Torn"
    ? Stream.concat(
      Stream.take(rows, mishap.after),
      Stream.suspend(() => Stream.fail(errorOf(mishap.why ?? failed(instance), call, instance)))
    )
    : rows

/** A call that gives rows; `below` gives them where nothing befalls them. */
const streaming = <A>(
  instance: Instance,
  call: Call,
  below: (verdict: Verdict) => Stream.Stream<A, StorageError>
): Stream.Stream<A, StorageError> =>
  Stream.unwrap(
    Effect.flatMap(judged(instance, call), (verdict) =>
      befall(
        instance,
        verdict,
        Effect.sync(() => torn(instance, verdict, below(verdict)))
      ))
  )

/** A listing without some of its heads. What could not be read comes first and does not count for the limit. */
const hiding = (
  instance: Instance,
  hides: (head: StoredHead, index: number) => boolean,
  { list, query }: { readonly list: Adapter["list"]; readonly query: ListQuery }
): Stream.Stream<Listed, StorageError> => {
  const { limit, ...all } = query
  return Stream.unwrap(Effect.map(Stream.runCollect(list(all)), (rows) => {
    const heads = rows.filter((row) => row._tag === "StoredHead")
    const hidden = new Set(heads.filter(hides))
    const unreadable = [...hidden].map(({ key }): Unreadable => ({
      _tag: "Unreadable",
      key: Option.some(key),
      place: instance.location,
      error: errorOf(failed(instance), reading("list", key), instance)
    }))
    return Stream.fromIterable<Listed>([
      ...rows.filter((row) => row._tag === "Unreadable"),
      ...unreadable,
      ...heads.filter((head) => !hidden.has(head)).slice(0, limit)
    ])
  }))
}

/** The subscription, and with it the stream, ends with an outage. */
const watching = (instance: Instance, changes: Adapter["changes"]): Adapter["changes"] => {
  const call = reading("changes")
  return Effect.flatMap(judged(instance, call), (verdict) => {
    const ended = Effect.flatMap(
      instance.trouble.outage,
      (why) => canBefall(fail(why), call) ? Effect.fail(errorOf(why, call, instance)) : Effect.never
    )
    return Effect.map(
      Effect.andThen(befall(instance, verdict, Effect.void), changes),
      (stream) => Stream.interruptWhen(torn(instance, verdict, stream), ended)
    )
  })
}

/** While the storage is down, probing it finds that out. */
const probing = ({ location, name, trouble }: Instance, probe: Adapter["probe"]): Adapter["probe"] =>
  Effect.suspend(() => {
    const why = trouble.current()
    if (why === undefined) return probe
    const { reason } = errorOf(why, reading("open"), { name })
    const check = { name: "reach", place: location, outcome: "fails", detail: reason.message } as const
    return Effect.succeed({ adapter: name, location, checks: [check] })
  })

/** A change that stays as it is until it lands, whatever its caller does with the lists that it was made of. */
const kept = (change: StorageChange): StorageChange => ({
  ...change,
  operations: change.operations.map((operation) => {
    const key = { ...operation.key, namespace: [...operation.key.namespace] }
    return operation._tag === "Append" ? { ...operation, key, entries: [...operation.entries] } : { ...operation, key }
  })
})

/** Wraps one instance for the length of the scope. */
export const openOver = Effect.fnUntraced(function*(
  adapter: Adapter,
  trouble: Trouble
): Effect.fn.Return<Adapter, never, Scope.Scope> {
  const { capability, location, name } = adapter
  const closed = yield* Deferred.make<void>()
  const instance: Instance = { name, location, trouble, closed, scope: yield* Effect.scope }
  yield* Effect.addFinalizer(() => Deferred.succeed(closed, undefined))
  const told = yield* makeTold

  return {
    ...adapter,
    head: (key) =>
      Effect.andThen(checkKey(name, "head", key), calling(instance, reading("head", key), adapter.head(key))),
    load: (key) =>
      Effect.andThen(checkKey(name, "load", key), calling(instance, reading("load", key), adapter.load(key))),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(name, capability, change)
      const keys = operationsByKey(change.operations).map(([operation]) => operation!.key)
      const verdict = yield* judged(instance, { operation: "commit", access: "writes", keys })
      return yield* told.noting(befallCommit(instance, verdict, adapter.commit(kept(change))))
    }),
    entries: (key, range) =>
      Stream.unwrap(Effect.as(
        checkKey(name, "entries", key),
        streaming(instance, reading("entries", key), () => adapter.entries(key, range))
      )),
    list: (query) =>
      Stream.unwrap(Effect.as(
        checkNamespace(name, query.namespace),
        streaming(instance, reading("list"), ({ mishap }) =>
          mishap?._tag === "PartialListing"
            ? hiding(instance, mishap.hides, { list: adapter.list, query })
            : adapter.list(query))
      )),
    changes: watching(instance, adapter.changes),
    health: told.health(adapter.health),
    role: {
      read: calling(instance, role("reads"), adapter.role.read),
      compareAndSet: (expected, next) =>
        calling(instance, role("writes"), adapter.role.compareAndSet(expected, { ...next }))
    },
    probe: probing(instance, adapter.probe),
    recover: (mode) =>
      streaming(
        instance,
        { operation: "recover", access: mode === "apply" ? "writes" : "reads", keys: [] },
        () => adapter.recover(mode)
      )
  }
})
