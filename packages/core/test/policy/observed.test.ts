import { assert, describe, it } from "@effect/vitest"
import { type AdapterReceipt, Io, makeKey, makeMemory, makeMemoryAdapter, StorageError } from "@holdfast/core"
import { Cause, Deferred, Effect, Exit, Fiber, Logger, Metric, Option, References, Stream } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { observed } from "../../src/policy/observed.ts"
import { a, append, commit, entriesOf, put, rowsOf } from "./encryptedStores.ts"
import { failing, metrics, observing } from "./observedSpans.ts"

const secret = "the quick brown fox"

const io = new Io({ outcome: "unknown", path: `/home/${secret}`, code: "EIO" })

const open = Effect.suspend(() => makeMemoryAdapter(makeMemory()))

/** An adapter whose writes are acknowledged with other facts. */
const answering = (facts: Partial<AdapterReceipt>) =>
  Effect.map(open, (memory) => ({
    ...memory,
    commit: (change: Parameters<typeof memory.commit>[0]) =>
      Effect.map(memory.commit(change), (receipt) => ({ ...receipt, ...facts }))
  }))

const degraded = (pendingDrain: boolean) =>
  Option.some({
    because: new StorageError({ adapter: "fs", operation: "commit", reason: io }),
    tier: "memory",
    pendingDrain
  })

describe("the spans of an observed adapter", () => {
  it.effect("tell of a write by the conventions for databases, with what its receipt says", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const adapter = observed()(yield* answering({ attempts: 3, degraded: degraded(true), durability: "flushed" }))
      yield* commit(adapter, put(a, secret), append(a, secret))
      assert.deepStrictEqual(spans.map(({ exit, ...span }) => ({ ...span, isSuccess: Exit.isSuccess(exit) })), [{
        name: "commit chat",
        kind: "client",
        parent: undefined,
        isSuccess: true,
        attributes: {
          "db.system.name": "memory",
          "db.operation.name": "commit",
          "db.collection.name": "chat",
          "db.operation.batch.size": 2,
          "holdfast.adapter": "memory",
          "holdfast.durability": "flushed",
          "holdfast.protocol": "memory",
          "holdfast.attempts": 3,
          "holdfast.degraded": true,
          "holdfast.tier": "memory"
        }
      }])
    })))

  it.effect("are made for every operation, and streams end theirs when their reader stops", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const adapter = observed()(yield* open)
      yield* commit(adapter, put(a, secret))
      yield* commit(adapter, append(a, "0", "1", "2"))
      yield* adapter.head(a)
      yield* adapter.load(a)
      yield* entriesOf(adapter)
      yield* Stream.runHead(adapter.entries(a, {}))
      yield* rowsOf(adapter)
      yield* Effect.scoped(Effect.asVoid(adapter.changes))
      yield* adapter.probe
      yield* Stream.runDrain(adapter.recover("inspect"))
      yield* adapter.role.read
      yield* adapter.role.compareAndSet(Option.none(), { switchId: "s", epoch: 1, state: "current" })
      assert.deepStrictEqual(spans.map(({ exit, name }) => `${name} ${exit._tag}`), [
        "commit chat Success",
        "commit chat Success",
        "head Success",
        "load Success",
        "entries Success",
        "entries Success",
        "list Success",
        "changes Success",
        "probe Success",
        "recover Success",
        "readRole Success",
        "compareAndSetRole Success"
      ])
    })))

  it.effect("are the parents of what is traced below, and children of what is traced above", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const memory = yield* open
      const adapter = observed()({
        ...memory,
        load: (key) => Effect.withSpan(memory.load(key), "inner"),
        list: (query) => Stream.withSpan(memory.list(query), "inner list")
      })
      yield* Effect.withSpan(adapter.load(a), "outer")
      yield* rowsOf(adapter)
      assert.deepStrictEqual(spans.map(({ name, parent }) => [name, parent]), [
        ["inner", "load"],
        ["load", "outer"],
        ["outer", undefined],
        ["inner list", "list"],
        ["list", undefined]
      ])
    })))

  it.effect("of failures tell reason, outcome and remedy, and nothing of the message", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const adapter = observed()(yield* failing(io))
      const key = makeKey(secret)
      yield* Effect.exit(commit(adapter, put(key, secret)))
      yield* Effect.exit(adapter.load(key))
      yield* Effect.exit(rowsOf(adapter))
      assert.lengthOf(spans, 3)
      for (const { attributes, exit } of spans) {
        assert.deepInclude(attributes, {
          "error.type": "Io",
          "holdfast.outcome": "unknown",
          "holdfast.remedy": "fallback"
        })
        assert.isTrue(Exit.isFailure(exit))
      }
      assert.notInclude(inspect(spans, { depth: 12 }), secret)
      assert.match(String(Exit.isFailure(spans[0]!.exit) && Cause.pretty(spans[0]!.exit.cause)), /commit chat: Io/)
    })))

  it.effect("of interrupted calls and of defects end as such, without the defect's message", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const memory = yield* open
      const started = yield* Deferred.make<void>()
      const adapter = observed()({
        ...memory,
        head: () => Effect.die(new Error(secret)),
        load: () => Effect.andThen(Deferred.succeed(started, undefined), Effect.never)
      })
      yield* Effect.exit(adapter.head(a))
      const fiber = yield* Effect.forkChild(adapter.load(a))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(spans.map(({ attributes }) => attributes["error.type"]), ["_OTHER", "Interrupted"])
      assert.notInclude(inspect(spans, { depth: 12 }), secret)
    })))

  it.effect("hold keys only when they are asked to, escaped and shortened", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const key = makeKey("i".repeat(120), ["account"])
      yield* observed()(yield* open).load(key)
      yield* observed({ keys: "shown" })(yield* open).load(key)
      assert.notInclude(inspect(spans[0], { depth: 12 }), "account")
      const shown = String(spans[1]!.attributes["holdfast.session.key"])
      assert.match(shown, /^"account\/i+\.\.\.i+"$/)
      assert.isBelow(shown.length, 110)
    })))

  it.effect("are made only where a tracer takes them, unless they are asked for or refused", () =>
    Effect.gen(function*() {
      const memory = yield* open
      let isTraced = false
      const below = {
        ...memory,
        load: (key: typeof a) =>
          Effect.andThen(Effect.exit(Effect.currentParentSpan), (exit) => {
            isTraced = Exit.isSuccess(exit)
            return memory.load(key)
          })
      }
      const tracedWith = (options: Parameters<typeof observed>[0]) =>
        Effect.andThen(observed(options)(below).load(a), Effect.sync(() => isTraced))
      assert.isFalse(yield* tracedWith({}))
      assert.isTrue(yield* tracedWith({ spans: "on" }))
      yield* observing(Effect.fnUntraced(function*(spans) {
        assert.isTrue(yield* tracedWith({}))
        assert.isFalse(yield* tracedWith({ spans: "off" }))
        assert.isFalse(yield* Effect.provideService(tracedWith({}), References.TracerEnabled, false))
        assert.lengthOf(spans, 1)
      }))
    }))
})

describe("the metrics of an observed adapter", () => {
  it.effect("count what happened, in series that no session adds to", () =>
    observing(Effect.fnUntraced(function*() {
      const adapter = observed()(yield* open)
      for (const id of ["one", "two", "three"]) yield* commit(adapter, put(makeKey(id, [secret]), secret))
      yield* Effect.exit(commit(adapter, put(makeKey("one", [secret]), secret, "absent")))
      yield* adapter.load(a)
      yield* rowsOf(adapter)
      assert.deepStrictEqual(yield* metrics, {
        "db.client.operation.duration{db.operation.name=commit}": 3,
        "db.client.operation.duration{db.operation.name=commit,error.type=Conflict}": 1,
        "db.client.operation.duration{db.operation.name=load}": 1,
        "db.client.operation.duration{db.operation.name=list}": 1,
        "holdfast.storage.conflicts{}": 1
      })
      assert.notInclude(yield* Metric.dump, secret)
    })))

  it.effect("count fallbacks and displaced sessions from receipts, and nobody's attempts", () =>
    observing(Effect.fnUntraced(function*() {
      yield* commit(observed()(yield* answering({ attempts: 4 })), put(a, "x"))
      yield* commit(observed()(yield* answering({ degraded: degraded(false) })), put(a, "x"))
      yield* commit(observed()(yield* answering({ degraded: degraded(true) })), put(a, "x"), put(makeKey("b"), "x"))
      const found = yield* metrics
      assert.deepEqual(found, {
        "db.client.operation.duration{db.operation.name=commit}": 3,
        "holdfast.storage.fallbacks{}": 2,
        "holdfast.storage.displaced{}": 2
      })
    })))

  it.effect("measure latency in seconds, in the buckets of the conventions", () =>
    observing(Effect.fnUntraced(function*() {
      const memory = yield* open
      const adapter = observed()({
        ...memory,
        load: (key) => Effect.andThen(TestClock.adjust("30 millis"), memory.load(key))
      })
      yield* adapter.load(a)
      const snapshots = yield* Metric.snapshot
      const histogram = snapshots.find(({ type }) => type === "Histogram")!
      assert.deepInclude(histogram.attributes, { unit: "s", "db.system.name": "memory" })
      assert.strictEqual(histogram.type === "Histogram" && histogram.state.max, 0.03)
      assert.deepStrictEqual(
        histogram.type === "Histogram" &&
          histogram.state.buckets.map(([boundary, count]) => [boundary, count]).slice(0, 4),
        [[0.001, 0], [0.005, 0], [0.01, 0], [0.05, 1]]
      )
    })))
})

describe("the log of an observed adapter", () => {
  it.effect("has each failure at debug level, annotated and without the message", () =>
    observing(Effect.fnUntraced(function*() {
      const logged: Array<{ readonly level: string; readonly annotations: Readonly<Record<string, unknown>> }> = []
      const logger = Logger.make(({ fiber, logLevel }) => {
        logged.push({ level: logLevel, annotations: fiber.getRef(References.CurrentLogAnnotations) })
      })
      const adapter = observed()(yield* failing(io))
      yield* Effect.exit(commit(adapter, put(makeKey(secret), secret))).pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Debug")
      )
      assert.deepStrictEqual(logged, [{
        level: "Debug",
        annotations: {
          "db.system.name": "memory",
          "db.operation.name": "commit",
          "db.collection.name": "chat",
          "error.type": "Io",
          "holdfast.outcome": "unknown",
          "holdfast.remedy": "fallback"
        }
      }])
    })))
})
