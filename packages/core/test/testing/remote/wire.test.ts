/**
 * What a conversation over pipes carries beside the calls of a healthy store: rows that could not be read,
 * findings, ill health, receipts with failures, and the end of the other side.
 */
import { assert, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type AdapterReceipt,
  type Finding,
  type Health,
  Io,
  type Listed,
  makeKey,
  NewerVersion,
  NotDecodable,
  NotEncodable,
  OtherKind,
  type ProbeReport,
  SessionInvalid,
  type StorageAdapter,
  StorageError,
  type UnreadableEntry,
  Version
} from "@holdfast/core"
import { connect, json, put, serve } from "@holdfast/core/testing"
import { Effect, Exit, Fiber, Option, type Scope, Stream } from "effect"
import { makePipePair } from "./pipePair.ts"

type Adapter = StorageAdapter["Service"]

const key = makeKey("session", ["account"])
const io = new StorageError({
  adapter: "stub",
  operation: "list",
  key,
  reason: new Io({ path: "/sessions", code: "EIO", outcome: "notApplied" })
})

const rows: ReadonlyArray<Listed> = [
  { _tag: "Unreadable", key: Option.none(), place: "/sessions/a", error: io },
  ...[
    new NotEncodable({ issue: "title" }),
    new NotDecodable({ issue: "title" }),
    new NewerVersion({ stored: 3, known: 2 }),
    new OtherKind({ stored: "Note", expected: "Draft" })
  ].map((reason): Listed => ({
    _tag: "Unreadable",
    key: Option.some(key),
    place: "/sessions/b",
    error: new SessionInvalid({ key, reason })
  }))
]

const entries: ReadonlyArray<UnreadableEntry> = [{ _tag: "UnreadableEntry", index: 7, error: io }]

const findings: ReadonlyArray<Finding> = [
  { kind: "orphan", place: "/sessions/a", key: Option.some(key), action: "adopt", applied: true, detail: "brought in" },
  { kind: "foreign", place: "/sessions/b", key: Option.none(), action: "none", applied: false, detail: "left alone" }
]

const facts = { state: "degraded", since: 5, lastError: Option.some(io), displacedCount: 2 } as const
const health: Health = {
  ...facts,
  tiers: [{ ...facts, name: "upper" }, { ...facts, name: "lower", lastError: Option.none() }]
}

const receipt: AdapterReceipt = {
  adapter: "stub",
  location: "/sessions",
  durability: "buffered",
  protocol: "slots",
  attempts: 2,
  failures: [io],
  degraded: Option.some({ because: io, tier: "lower", pendingDrain: true }),
  keys: [{ key, version: Version(3), createdAt: 1, updatedAt: 2, entryCount: 4 }]
}

const report: ProbeReport = {
  adapter: "stub",
  location: "/sessions",
  checks: [{ name: "rename", place: "/sessions", outcome: "fails", detail: "EXDEV" }]
}

/** An adapter that answers with all of these. */
const stub: Effect.Effect<Adapter, never, Scope.Scope> = Effect.map(MemoryAdapter.make(), (adapter) => ({
  ...adapter,
  commit: () => Effect.succeed(receipt),
  entries: () => Stream.fromIterable(entries),
  list: () => Stream.concat(Stream.fromIterable(rows), Stream.fail(io)),
  health: Stream.succeed(health),
  probe: Effect.succeed(report),
  recover: () => Stream.fromIterable(findings)
}))

/** Errors by what they say, everything else as it is. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof StorageError || part instanceof SessionInvalid ? [part.constructor.name, part.message] : part)
  )

const served = Effect.fnUntraced(function*(open: Effect.Effect<Adapter, StorageError, Scope.Scope>) {
  const { answering, asking, cut } = yield* makePipePair
  const server = yield* Effect.forkScoped(serve(open, answering))
  return { ...yield* connect(asking), cut, server }
})

it.live("rows, findings, health and receipts come back as they were", () =>
  Effect.gen(function*() {
    const { adapter } = yield* served(stub)
    const listed: Array<Listed> = []
    const query = { namespace: [], order: "id" } as const
    const reading = Stream.runForEach(adapter.list(query), (row) => Effect.sync(() => listed.push(row)))
    const error = yield* Effect.flip(reading)
    assert.deepStrictEqual(plain([listed, error]), plain([rows, io]))
    assert.instanceOf(error.reason, Io)
    assert.deepStrictEqual(plain(yield* Stream.runCollect(adapter.entries(key, {}))), plain(entries))
    assert.deepStrictEqual(yield* Stream.runCollect(adapter.recover("inspect")), findings)
    assert.deepStrictEqual(plain(yield* Stream.runCollect(adapter.health)), plain([health]))
    assert.deepStrictEqual(plain(yield* adapter.commit({ writeId: "w", operations: [put(key, 1)] })), plain(receipt))
    assert.deepStrictEqual(yield* adapter.probe, report)
  }))

it.live("an adapter that does not open says why", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(served(Effect.fail(io)))
    assert.strictEqual(error.message, io.message)
  }))

it.live("a defect is one caller's, and the others are answered", () =>
  Effect.gen(function*() {
    const broken = Effect.map(MemoryAdapter.make(), (adapter) => ({ ...adapter, head: () => Effect.die("a defect") }))
    const { adapter } = yield* served(broken)
    const exit = yield* Effect.exit(adapter.head(key))
    assert.isTrue(Exit.hasDies(exit))
    yield* adapter.commit({ writeId: "w", operations: [put(key, 1)] })
    assert.strictEqual(Option.getOrThrow(yield* adapter.load(key)).body, json(1))
  }))

it.live("when the other side ends, a write is unknown and a read is unavailable", () =>
  Effect.gen(function*() {
    const hanging = Effect.map(MemoryAdapter.make(), (adapter) => ({ ...adapter, commit: () => Effect.never }))
    const { adapter, cut } = yield* served(hanging)
    const change = { writeId: "w", operations: [put(key, 1)] }
    const writing = yield* Effect.forkChild(Effect.flip(adapter.commit(change)), { startImmediately: true })
    yield* adapter.head(key)
    yield* cut
    for (const error of [yield* Fiber.join(writing), yield* Effect.flip(adapter.commit(change))]) {
      assert.deepStrictEqual([error.reason._tag, error.outcome], ["OutcomeUnknown", "unknown"])
    }
    const error = yield* Effect.flip(adapter.load(key))
    assert.deepStrictEqual([error.reason._tag, error.outcome], ["Unavailable", "notApplied"])
  }))

it.live("who serves closes its adapter and ends when nobody asks any more, whatever is under way", () =>
  Effect.gen(function*() {
    let isClosed = false
    const open = Effect.tap(MemoryAdapter.make(), () => Effect.addFinalizer(() => Effect.sync(() => isClosed = true)))
    const { adapter, hangUp, server } = yield* served(open)
    const watching = yield* Effect.forkChild(Stream.runDrain(yield* adapter.changes))
    yield* hangUp
    yield* Fiber.await(server)
    assert.isTrue(isClosed)
    assert.isTrue(Exit.isFailure(yield* Fiber.await(watching)))
  }))
