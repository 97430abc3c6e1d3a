/** The test's hand on a storage in trouble: outages, health, and layers that do not build. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Io, NoSpace, OutcomeUnknown, type StorageAdapter as Port, Unavailable } from "@holdfast/core"
import { Context, Effect, Fiber, Layer, Option, Queue, Stream } from "effect"
import { StorageAdapter } from "../../src/port/StorageAdapter.ts"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { append, put } from "../../src/testing/operations.ts"
import { bodyOf, change, entriesOf, failureOf, key, linesOf, openChaos } from "./chaosMemory.ts"

const gone = new Unavailable({ outcome: "notApplied", what: "the share" })

describe("an outage", () => {
  it.effect("fails every call until it is over, and leaves what is stored as it is", () =>
    Effect.gen(function*() {
      const { adapter, control, memory } = yield* openChaos()
      yield* adapter.commit(change("w1", put(key, 1)))
      yield* control.down(gone)
      assert.strictEqual(yield* failureOf(adapter.load(key)), "Unavailable: notApplied")
      assert.strictEqual(yield* failureOf(entriesOf(adapter)), "Unavailable: notApplied")
      assert.strictEqual(yield* failureOf(adapter.role.read), "Unavailable: notApplied")
      assert.strictEqual(yield* failureOf(Effect.scoped(adapter.changes)), "Unavailable: notApplied")
      assert.strictEqual(yield* failureOf(adapter.commit(change("w2", put(key, 2)))), "Unavailable: notApplied")
      assert.strictEqual(yield* bodyOf(memory), "1")
      yield* control.up
      yield* adapter.commit(change("w2", put(key, 2)))
      assert.strictEqual(yield* bodyOf(adapter), "2")
      assert.include(yield* linesOf(control), `load 1 "a/x": fails with Unavailable (outage)`)
    }))

  it.effect("of which only writes can be told leaves reads alone", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos()
      yield* control.down(new OutcomeUnknown({ outcome: "unknown", why: "the line is cut" }))
      assert.strictEqual(yield* bodyOf(adapter), undefined)
      assert.strictEqual(yield* failureOf(adapter.commit(change("w", put(key, 1)))), "OutcomeUnknown: unknown")
    }))

  it.effect("ends streams of changes that were open, and later ones are whole", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos()
      const seen = yield* Effect.forkChild(failureOf(Stream.runDrain(yield* adapter.changes)), {
        startImmediately: true
      })
      yield* control.down(gone)
      assert.strictEqual(yield* Fiber.join(seen), "Unavailable: notApplied")
      yield* control.up
      const changes = yield* adapter.changes
      yield* adapter.commit(change("w", put(key, 1)))
      assert.deepStrictEqual(Option.map(yield* Stream.runHead(changes), ({ _tag }) => _tag), Option.some("Changed"))
    }))

  it.effect("is found out by a probe", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos()
      yield* control.down(gone)
      assert.deepStrictEqual((yield* adapter.probe).checks, [
        { name: "reach", place: "memory", outcome: "fails", detail: "the share is not available" }
      ])
      yield* control.up
      assert.deepStrictEqual((yield* adapter.probe).checks, [])
    }))
})

const stateOf = (adapter: Port["Service"]) =>
  Effect.map(Stream.runHead(adapter.health), (health) => {
    const { lastError, state, tiers } = Option.getOrThrow(health)
    const reason = Option.match(lastError, { onNone: () => "", onSome: (error) => ` ${error.reason._tag}` })
    return `${state}${reason}, ${tiers.map((tier) => tier.state).join(" ")}`
  })

describe("health", () => {
  it.effect("follows what the last write was answered", () =>
    Effect.gen(function*() {
      const noSpace = new NoSpace({ outcome: "notApplied", path: "/data", code: "ENOSPC" })
      const { adapter } = yield* openChaos({
        rules: [
          { operation: "commit", nth: 2, mishap: Chaos.fail(noSpace) },
          { operation: "commit", nth: 4, mishap: Chaos.loseAnswer }
        ]
      })
      const save = (writeId: string) => Effect.exit(adapter.commit(change(writeId, put(key, 1))))
      yield* save("w1")
      assert.strictEqual(yield* stateOf(adapter), "healthy, healthy")
      yield* save("w2")
      assert.strictEqual(yield* stateOf(adapter), "failing NoSpace, failing")
      yield* Effect.exit(adapter.commit(change("w3", append(key, [1], { expect: "absent" }))))
      assert.strictEqual(yield* stateOf(adapter), "failing NoSpace, failing")
      yield* save("w4")
      assert.strictEqual(yield* stateOf(adapter), "failing OutcomeUnknown, failing")
      yield* save("w5")
      assert.strictEqual(yield* stateOf(adapter), "healthy, healthy")
    }))

  it.effect("tells those who watch it of every change", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos()
      const states = yield* Queue.unbounded<string>()
      yield* Effect.forkScoped(Stream.runForEach(adapter.health, ({ state }) => Queue.offer(states, state)))
      assert.strictEqual(yield* Queue.take(states), "healthy")
      yield* control.down(gone)
      yield* Effect.exit(adapter.commit(change("w", put(key, 1))))
      assert.strictEqual(yield* Queue.take(states), "failing")
      yield* control.up
      yield* adapter.commit(change("w", put(key, 1)))
      assert.strictEqual(yield* Queue.take(states), "healthy")
    }))
})

/** Builds a layer from nothing, as an app does that starts again. */
const build = <E>(layer: Layer.Layer<StorageAdapter, E>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), (built) => Context.get(built, StorageAdapter))

describe("a layer", () => {
  it.effect("provides the adapter and its control", () =>
    Effect.gen(function*() {
      const layer = Chaos.layer(MemoryAdapter.layer, {
        rules: [{ operation: "commit", nth: 1, mishap: Chaos.loseAnswer }]
      })
      yield* Effect.gen(function*() {
        const adapter = yield* StorageAdapter
        const control = yield* Chaos.Control
        assert.strictEqual(yield* failureOf(adapter.commit(change("w", put(key, 1)))), "OutcomeUnknown: unknown")
        assert.deepStrictEqual(yield* linesOf(control), [`commit 1 "a/x": loses its answer (script)`])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("fails to build so often and then builds, over the same storage and with the same counts", () =>
    Effect.gen(function*() {
      const content = MemoryAdapter.makeMemory()
      const control = yield* Chaos.control({
        buildFails: 2,
        rules: [{
          operation: "load",
          nth: 2,
          mishap: Chaos.fail(new Io({ outcome: "notApplied", path: "/data", code: "EIO" }))
        }]
      })
      const layer = control.layer(MemoryAdapter.layerOver(content))
      const opening = Effect.scoped(build(layer))
      assert.strictEqual(
        (yield* Effect.flip(opening)).message,
        "chaos.open: the storage is not available; nothing was changed"
      )
      assert.strictEqual(yield* failureOf(opening), "Unavailable: notApplied")
      const first = Effect.flatMap(
        build(layer),
        (adapter) => Effect.andThen(adapter.commit(change("w", put(key, 1))), bodyOf(adapter))
      )
      assert.strictEqual(yield* Effect.scoped(first), "1")
      const second = yield* build(layer)
      assert.strictEqual(yield* failureOf(second.load(key)), "Io: notApplied")
      assert.strictEqual(yield* bodyOf(second), "1")
      assert.strictEqual((yield* control.calls).open, 4)
    }))

  it.effect("does not build while its storage is down", () =>
    Effect.gen(function*() {
      const control = yield* Chaos.control()
      yield* control.down(gone)
      const layer = control.layer(MemoryAdapter.layer)
      assert.strictEqual(yield* failureOf(Effect.scoped(build(layer))), "Unavailable: notApplied")
      yield* control.up
      assert.strictEqual((yield* build(layer)).name, "memory")
    }))
})
