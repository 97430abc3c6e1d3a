/**
 * The adapter that an app has: every call goes to the backend that serves at the moment.
 *
 * A call never spans two backends. A write that a retired backend refused is sent to its successor under the same write
 * id, which changed nothing before. What switches have set aside is not listed among an app's sessions.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { InvalidKey, Unsupported } from "../errors/reasons.ts"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { ListQuery } from "../model/ListQuery.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import { Version } from "../model/Version.ts"
import { checkChange, checkKey, checkNamespace } from "../port/checks.ts"
import { type PlannedChange, readRestorations } from "../port/restorations.ts"
import type { Listed } from "../port/StorageAdapter.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import type { Writes } from "../port/writes.ts"
import { asideNamespace, isAside } from "./aside.ts"
import type { Adapter } from "./backends.ts"
import type { Following } from "./following.ts"
import type { Graves } from "./graves.ts"
import type { Helm, Seat } from "./helm.ts"
import type { Watchers } from "./watchers.ts"

export interface ServingOptions {
  readonly name: string
  readonly capability: Capability
  readonly following: Following
  readonly graves: Graves
  readonly health: Adapter["health"]
  readonly helm: Helm
  readonly watchers: Watchers
  readonly writes: Writes
}

// How often a write follows a switch: that many switches during one write are not made.
const followsMax = 8

// How often it is sent again to a backend whose retirement was taken back, or that was switched back to, meanwhile.
const returnsMax = 2

/** A change whose restores have their entries at hand: it can be sent more than once. */
const changeOf = ({ operations, ...change }: PlannedChange): StorageChange => ({
  ...change,
  operations: operations.map((operation) =>
    operation._tag === "Restore" ? { ...operation, entries: Stream.fromIterable(operation.entries) } : operation
  )
})

const hidesAside = ({ asideIs }: Seat, { namespace }: ListQuery): boolean =>
  asideIs === "there" && !isAside(namespace) && namespace.length < asideNamespace.length

/** A listing without what was set aside, and as long as it was asked for. */
const listWithout = (adapter: Adapter, query: ListQuery): Stream.Stream<Listed, StorageError> =>
  Stream.suspend(() => {
    let left = query.limit ?? Infinity
    return adapter.list({ ...query, limit: undefined }).pipe(
      Stream.filter((row) => row._tag !== "StoredHead" || !isAside(row.key.namespace)),
      Stream.takeWhile((row) => row._tag !== "StoredHead" || left-- > 0)
    )
  })

/** What a change removes, with the last writes of each life that it ends, as far as they can be read. */
const readEnded = (adapter: Adapter, { operations }: PlannedChange) =>
  Effect.forEach(
    operations.filter(({ _tag }) => _tag === "Remove"),
    ({ key }) =>
      Effect.map(Effect.option(adapter.load(key)), (found) => ({
        key,
        ...Option.match(Option.flatten(found), {
          onNone: () => ({ kind: "removed", writes: [] }),
          onSome: ({ head: { kind }, writes }) => ({ kind, writes })
        })
      }))
  )

type Ended = Effect.Success<ReturnType<typeof readEnded>>

/** Notes the removals of a change by its answer. One that may have been applied lies below the next tick of the clock. */
const noteRemovals = Effect.fnUntraced(function*(
  graves: Graves,
  { ended, writeId }: { readonly ended: Ended; readonly writeId: string },
  answer: Result.Result<AdapterReceipt, StorageError>
) {
  if (Result.isFailure(answer) && answer.failure.outcome !== "unknown") return
  const millis = (yield* Clock.currentTimeMillis) + 1
  const rows = new Map(
    Result.isSuccess(answer) ? answer.success.keys.map((row) => [keyText(row.key), row.version] as const) : []
  )
  for (const { key, kind, writes } of ended) {
    const version = rows.get(keyText(key)) ?? Version(Result.isSuccess(answer) ? 0 : millis * 1000)
    if (version > 0) graves.note({ key, kind, version, writeId, writes })
  }
})

/** What a backend is that has answered a write: retired, or serving again although it may have refused as retired. */
const standingOf = Effect.fnUntraced(function*(
  { adapter }: Seat,
  answer: Result.Result<AdapterReceipt, StorageError>
) {
  const isRefused = Result.isFailure(answer) && answer.failure.reason._tag === "Unavailable"
    && answer.failure.outcome === "notApplied"
  if (!isRefused) return "asItWas"
  const record = yield* Effect.option(adapter.role.read)
  if (Option.isNone(record)) return "asItWas"
  return Option.exists(record.value, ({ state }) => state === "retired") ? "retired" : "serving"
})

/** Sends changes to whoever serves. */
const makeSend = ({ following, graves, helm }: ServingOptions) => {
  /** One try. Nobody else waits for it to be interrupted: a switch has to know when it has ended. */
  const attempt = (planned: PlannedChange) =>
    Effect.scoped(Effect.flatMap(
      helm.sitToWrite("commit", planned.operations[0]?.key),
      Effect.fnUntraced(function*(seat) {
        const ended = yield* readEnded(seat.adapter, planned)
        // A switch that waits for this write has to find the removals noted.
        const answer = yield* Effect.uninterruptible(
          Effect.tap(
            Effect.result(seat.adapter.commit(changeOf(planned))),
            (result) => noteRemovals(graves, { ended, writeId: planned.writeId }, result)
          )
        )
        return { answer, seat, standing: yield* standingOf(seat, answer) }
      })
    ))

  const send = Effect.fnUntraced(function*(
    planned: PlannedChange
  ): Effect.fn.Return<AdapterReceipt, StorageError> {
    let returns = 0
    for (let follows = 0;; follows++) {
      const { answer, seat, standing } = yield* attempt(planned)
      if (Result.isSuccess(answer)) return answer.success
      const isOver = standing === "retired" ? follows >= followsMax : standing === "asItWas" || ++returns > returnsMax
      if (isOver) return yield* answer.failure
      if (standing === "retired") yield* following.follow(seat, "writes")
    }
  })
  return send
}

/** Fails for a write to what switches have set aside; it may be removed. */
const checkAside = (adapter: string, { operations }: StorageChange) => {
  const operation = operations.find(({ _tag, key }) => _tag !== "Remove" && isAside(key.namespace))
  if (operation === undefined) return Effect.void
  const problem = `the namespace ${asideNamespace[0]} holds what switches have set aside`
  const reason = new InvalidKey({ outcome: "notApplied", problem })
  return Effect.fail(new StorageError({ adapter, operation: "commit", key: operation.key, reason }))
}

/** Makes the adapter. */
export const makeServing = (options: ServingOptions): Adapter => {
  const { capability, following: { seated }, health, helm, name, watchers, writes } = options
  const send = makeSend(options)

  const ready = (operation: "head" | "load" | "entries", key: SessionKey) =>
    Effect.andThen(checkKey(name, operation, key), writes.ensureOpen(operation, key))
  const refuse = (operation: "changes" | "role", what: string) =>
    Effect.andThen(
      writes.ensureOpen(operation),
      Effect.fail(
        new StorageError({
          adapter: name,
          operation,
          reason: new Unsupported({ outcome: "notApplied", capability: what })
        })
      )
    )
  const noRole = refuse("role", "a record of stores that switch by records of their own")

  return {
    name,
    get location() {
      return helm.seat().adapter.location
    },
    capability,
    head: (key) =>
      Effect.andThen(ready("head", key), Effect.scoped(Effect.flatMap(seated, (to) => to.adapter.head(key)))),
    load: (key) =>
      Effect.andThen(ready("load", key), Effect.scoped(Effect.flatMap(seated, (to) => to.adapter.load(key)))),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(name, capability, change)
      yield* checkAside(name, change)
      // Whatever a source of entries waits for is waited for before a switch has to.
      const planned = yield* readRestorations(name, capability, change)
      return yield* writes.run(change.operations[0]!.key, send(planned))
    }),
    entries: (key, range) =>
      Stream.unwrap(Effect.map(Effect.andThen(ready("entries", key), seated), (to) => to.adapter.entries(key, range))),
    list: (query) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* checkNamespace(name, query.namespace)
        yield* writes.ensureOpen("list")
        const seat = yield* seated
        return hidesAside(seat, query) ? listWithout(seat.adapter, query) : seat.adapter.list(query)
      })),
    changes: capability.watch === "none"
      ? refuse("changes", "watching")
      : Effect.gen(function*() {
        yield* writes.ensureOpen("changes")
        yield* Effect.scoped(seated)
        return writes.whileOpen(yield* watchers.changes)
      }),
    health,
    role: { read: noRole, compareAndSet: () => noRole },
    probe: Effect.scoped(Effect.flatMap(helm.sit, ({ adapter }) => adapter.probe)),
    recover: (mode) =>
      Stream.unwrap(
        Effect.map(Effect.andThen(writes.ensureOpen("recover"), seated), ({ adapter }) => adapter.recover(mode))
      )
  }
}
