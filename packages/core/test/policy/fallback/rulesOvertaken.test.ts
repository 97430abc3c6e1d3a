/** Reads that a drain overtakes: whichever call they are in, they answer what was acknowledged, and nothing older. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"
import { openChain, type TestTier, testTier } from "./chains.ts"
import {
  type Adapter,
  appending,
  bent,
  bodyIn,
  change,
  entriesIn,
  fail,
  fallSilent,
  heal,
  heldIn,
  key,
  makeStop,
  openBent,
  putting
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

type Method = "head" | "load" | "entries" | "list"

/** Where a read is stopped: before or after a call of a tier. */
interface Point {
  readonly tier: "first" | "second"
  readonly method: Method
  readonly when: "before" | "after"
}

const around = <A, E>(pass: Effect.Effect<void>, when: Point["when"], call: Effect.Effect<A, E>) =>
  when === "before" ? Effect.andThen(pass, call) : Effect.tap(call, () => pass)

const rowsAround = <A, E>(pass: Effect.Effect<void>, when: Point["when"], rows: Stream.Stream<A, E>) =>
  Stream.unwrap(Effect.map(around(pass, when, Stream.runCollect(rows)), Stream.fromIterable))

/** An adapter that passes a place where it may be stopped, at one point. */
const stoppedAt = (point: Point, pass: Effect.Effect<void>) => (inner: Adapter): Adapter => {
  if (point.tier !== inner.name) return inner
  const { method, when } = point
  switch (method) {
    case "head":
      return { ...inner, head: (at) => around(pass, when, inner.head(at)) }
    case "load":
      return { ...inner, load: (at) => around(pass, when, inner.load(at)) }
    case "entries":
      return { ...inner, entries: (at, range) => rowsAround(pass, when, inner.entries(at, range)) }
    case "list":
      return { ...inner, list: (query) => rowsAround(pass, when, inner.list(query)) }
  }
}

const listed = (adapter: Adapter) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace: [], order: "id" })),
    (rows) => rows.map((row) => row._tag === "StoredHead" ? [row.version, row.entryCount, row.summary] : row._tag)
  )

/** What each read says of the session, so that an older state of it, a mixture or its absence would be seen. */
const reads = {
  load: (adapter: Adapter) => bodyIn(adapter),
  head: (adapter: Adapter) =>
    Effect.map(
      adapter.head(key),
      (head) =>
        Option.getOrUndefined(Option.map(head, ({ entryCount, summary, version }) => [version, entryCount, summary]))
    ),
  entries: (adapter: Adapter) => entriesIn(adapter),
  list: listed
}

/** The calls that a read makes of tiers, of which each may be the one that a drain overtakes. */
const callsOf: Record<Method, ReadonlyArray<Omit<Point, "when">>> = {
  load: [{ tier: "second", method: "load" }, { tier: "first", method: "load" }],
  head: [{ tier: "second", method: "head" }, { tier: "first", method: "head" }],
  entries: [
    { tier: "second", method: "head" },
    { tier: "second", method: "entries" },
    { tier: "first", method: "entries" }
  ],
  list: [{ tier: "second", method: "list" }, { tier: "first", method: "list" }]
}

const state = (text: string) => change(putting(text, { summary: `{"n":${text}}` }), appending([text]))

/** Who brings the session up while the read is stopped. */
const drainers = {
  "the chain itself": (own: Effect.Effect<unknown>) => own,
  "another process": (_: Effect.Effect<unknown>, [first, second]: readonly [TestTier, TestTier]) =>
    Effect.scoped(Effect.flatMap(openChain([first, second]), ({ control }) => control.drain))
}

const overtake = Effect.fnUntraced(function*(method: Method, { point, drainer, write }: {
  readonly point: Point
  readonly drainer: keyof typeof drainers
  /** Whether the session is put lower before the read, or while it is stopped. */
  readonly write: "before" | "meanwhile"
}) {
  const tiers = pair()
  const [first, second] = tiers
  const stop = yield* makeStop
  const bend = stoppedAt(point, stop.pass)
  const { adapter, control } = yield* openBent(bent(first, bend), bent(second, bend))
  yield* adapter.commit(state("5"))
  fail(first)
  if (write === "before") yield* adapter.commit(state("7"))
  const before = yield* reads[method](adapter)
  yield* stop.arm
  const reading = yield* Effect.forkChild(reads[method](adapter))
  const isStopped = yield* Effect.raceFirst(Effect.as(stop.reached, true), Effect.as(Fiber.await(reading), false))
  if (!isStopped) return { isStopped }
  if (write === "meanwhile") yield* adapter.commit(state("7"))
  heal(first)
  yield* drainers[drainer](control.drain, tiers)
  assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
  yield* stop.letGo
  return { isStopped, before, read: yield* Fiber.join(reading), after: yield* reads[method](adapter) }
})

for (const method of ["load", "head", "entries", "list"] as const) {
  for (const drainer of ["the chain itself", "another process"] as const) {
    describe(`${method}, overtaken by a drain of ${drainer},`, () => {
      it.effect("finds a session that lay below as it was put there, whichever call it is in", () =>
        Effect.gen(function*() {
          let stops = 0
          for (const call of callsOf[method]) {
            for (const when of ["before", "after"] as const) {
              const point = { ...call, when }
              const { after, isStopped, read } = yield* Effect.scoped(
                overtake(method, { point, drainer, write: "before" })
              )
              if (!isStopped) continue
              stops++
              assert.deepStrictEqual(read, after, JSON.stringify(point))
            }
          }
          assert.isAtLeast(stops, 2)
        }))

      it.effect("answers the state before or after a write that is put lower and drained meanwhile, and no mixture", () =>
        Effect.gen(function*() {
          for (const call of callsOf[method]) {
            for (const when of ["before", "after"] as const) {
              const point = { ...call, when }
              const { after, before, isStopped, read } = yield* Effect.scoped(
                overtake(method, { point, drainer, write: "meanwhile" })
              )
              if (!isStopped) continue
              assert.deepInclude([before, after], read, JSON.stringify(point))
              // What was asked for after the write was drained is the newest.
              if (when === "before") assert.deepStrictEqual(read, after, JSON.stringify(point))
            }
          }
        }))
    })
  }
}

describe("the entries of a save over a record that nobody could read", () => {
  it.effect("are those above, also while a drain overtakes who reads them", () =>
    Effect.gen(function*() {
      for (const when of ["before", "after"] as const) {
        yield* Effect.scoped(Effect.gen(function*() {
          const [first, second] = pair()
          const stop = yield* makeStop
          const bend = stoppedAt({ tier: "second", method: "head", when }, stop.pass)
          const { adapter, control } = yield* openBent(bent(first, bend), bent(second, bend))
          yield* adapter.commit(state("5"))
          fallSilent(first)
          yield* adapter.commit(change(putting("7")))
          heal(first)
          yield* stop.arm
          const reading = yield* Effect.forkChild(entriesIn(adapter))
          yield* stop.reached
          yield* control.drain
          assert.deepStrictEqual(heldIn(second), [])
          yield* stop.letGo
          assert.deepStrictEqual([yield* Fiber.join(reading), yield* bodyIn(adapter)], [["5"], "7"])
        }))
      }
    }))
})
