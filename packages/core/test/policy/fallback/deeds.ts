/** What the tests of a chain's rules do and see: changes of one session, tiers that are bent call by call, what is heard. */
import {
  Io,
  makeKey,
  type Operation,
  randomId,
  type SessionKey,
  StorageAdapter,
  type StorageChange,
  StorageError
} from "@holdfast/core"
import { Context, Deferred, Effect, Exit, Layer, Option, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { make } from "../../../src/policy/fallback/Fallback.ts"
import { layerOf, openChain, type TestTier, testTier } from "./chains.ts"

export type Adapter = StorageAdapter["Service"]

export const keyOf = (id: string): SessionKey => makeKey(id, ["account"])
export const key = keyOf("one")

const written = { kind: "note", schemaVersion: 1, expect: "any" as const }

export const change = (...operations: ReadonlyArray<Operation>): StorageChange => ({ writeId: randomId(), operations })

export const putting = (body: string, over: Partial<Extract<Operation, { _tag: "Put" }>> = {}): Operation => ({
  _tag: "Put",
  key,
  ...written,
  summary: "{}",
  body,
  ...over
})

export const appending = (entries: ReadonlyArray<string>, at: SessionKey = key): Operation => ({
  _tag: "Append",
  key: at,
  ...written,
  entries
})

export const put = (body: string, at: SessionKey = key): StorageChange => change(putting(body, { key: at }))
export const append = (...entries: ReadonlyArray<string>): StorageChange => change(appending(entries))
export const remove = (at: SessionKey = key): StorageChange => change({ _tag: "Remove", key: at, expect: "any" })

export const bodyIn = (adapter: Adapter, at: SessionKey = key) =>
  Effect.map(adapter.load(at), (found) => Option.getOrUndefined(Option.map(found, ({ body }) => body)))

export const entriesIn = (adapter: Adapter, at: SessionKey = key) =>
  Effect.map(
    Stream.runCollect(adapter.entries(at, {})),
    (rows) => rows.map((row) => row._tag === "StoredEntry" ? row.entry : "unreadable")
  )

export const idsIn = (adapter: Adapter) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace: [], order: "id" })),
    (rows) => rows.map((row) => row._tag === "StoredHead" ? row.key.id : "unreadable")
  )

/** The ids of the sessions that a tier holds itself. */
export const heldIn = ({ memory }: TestTier): ReadonlyArray<string> =>
  [...memory.cells.values()].flatMap(({ facts, key: { id } }) => Option.isSome(facts.live) ? [id] : []).toSorted()

export const fail = (...tiers: ReadonlyArray<TestTier>): void => {
  for (const { trouble } of tiers) trouble.writes = "fail"
}

/** Takes no writes, and cannot be read. */
export const fallSilent = ({ trouble }: TestTier): void => {
  Object.assign(trouble, { reads: "fail", writes: "fail" })
}

export const heal = (...tiers: ReadonlyArray<TestTier>): void => {
  for (const { trouble } of tiers) Object.assign(trouble, { reads: "work", writes: "work", builds: "work" })
}

export const refusal = (adapter: string) =>
  new StorageError({
    adapter,
    operation: "commit",
    reason: new Io({ outcome: "notApplied", path: adapter, code: "EIO" })
  })

/** A tier whose adapter is another one than the memory's. */
export const bent = (tier: TestTier, bend: (adapter: Adapter) => Adapter) => ({
  name: tier.name,
  layer: Layer.effect(
    StorageAdapter,
    Effect.map(Layer.build(layerOf(tier)), (context) => bend(Context.get(context, StorageAdapter)))
  )
})

/** Opens a chain of bent tiers; it drains when it is told to. */
export const openBent = (first: ReturnType<typeof bent>, ...others: ReadonlyArray<ReturnType<typeof bent>>) =>
  make({ tiers: [first, ...others], drainEvery: "1 hour", closeTimeout: 0 })

/** What another process does: it opens the tiers, and closes them afterwards. */
export const elsewhere = Effect.fnUntraced(function*<A, E>(
  tiers: readonly [TestTier, ...ReadonlyArray<TestTier>],
  deed: (adapter: Adapter) => Effect.Effect<A, E>
) {
  const scope = yield* Scope.make()
  const { adapter } = yield* Scope.provide(openChain(tiers), scope)
  const done = yield* deed(adapter)
  yield* Scope.close(scope, Exit.void)
  return done
})

export const settle = TestClock.adjust("1 millis")

/** Everything that a stream gives from here on. */
export const heard = Effect.fnUntraced(function*<A, E>(stream: Stream.Stream<A, E>) {
  const all: Array<A> = []
  yield* Effect.forkScoped(Stream.runForEach(stream, (one) => Effect.sync(() => all.push(one))))
  yield* settle
  return all
})

/** A place where a call waits, once it is told to, until it is let go. */
export const makeStop = Effect.gen(function*() {
  const reached = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  let isArmed = false
  return {
    arm: Effect.sync(() => {
      isArmed = true
    }),
    reached: Deferred.await(reached),
    letGo: Deferred.succeed(left, undefined),
    pass: Effect.suspend(() => {
      if (!isArmed) return Effect.void
      isArmed = false
      return Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(left))
    })
  }
})

/** More writes than a displaced version is above its base. */
export const manyWrites = Array.from({ length: 20 }, () => put(`"theirs"`))

/** One session below and another state of it above, each changed for itself. */
export const diverge = Effect.fnUntraced(function*(theirs: ReadonlyArray<StorageChange>, at: SessionKey = key) {
  const [first, second] = [testTier("first"), testTier("second")]
  const { adapter } = yield* openChain([first, second])
  yield* adapter.commit(change(putting(`"base"`, { key: at }), appending(["1"], at)))
  fail(first)
  yield* adapter.commit(change(putting(`"mine"`, { key: at }), appending(["mine"], at)))
  heal(first)
  yield* elsewhere([first], (other) => Effect.forEach(theirs, (one) => other.commit(one), { discard: true }))
  return [first, second] as const
})
