import { assert, describe, it } from "@effect/vitest"
import {
  Corrupt,
  OutcomeUnknown,
  readWhole,
  type StorageChange,
  type StorageError,
  type StoredEntry,
  type StoredSession,
  type UnreadableEntry,
  Version
} from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import type { Adapter } from "../../src/policy/policies.ts"
import { verified } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import { append, bodyIn, errorOf, healthOf, key, makeScripted, put, remove } from "./scripted.ts"

/** An adapter whose reads are other ones than what it holds. */
const reading = (
  adapter: Adapter,
  read: (held: Option.Option<StoredSession>) => Option.Option<StoredSession>
): Adapter => {
  const load: Adapter["load"] = (key) => Effect.map(adapter.load(key), read)
  return { ...adapter, load, head: (key) => Effect.map(load(key), Option.map(({ head }) => head)) }
}

const atVersion = (by: number) =>
  Option.map((held: StoredSession): StoredSession => ({
    ...held,
    head: { ...held.head, version: Version(held.head.version + by) }
  }))

const garbled = (row: StoredEntry | UnreadableEntry) => row.index === 2 ? { ...row, entry: "secret" } : row

/** A change that restores a session as an adapter holds it, a version later. */
const copyOf = Effect.fnUntraced(function*(adapter: Adapter) {
  const { entries, session } = Option.getOrThrow(yield* readWhole(adapter, key))
  const head = { ...session.head, version: Version(session.head.version + 1) }
  return restored("copy", { ...session, head }, entries)
})

const restored = (
  writeId: string,
  record: StoredSession,
  entries: ReadonlyArray<StoredEntry>
): StorageChange => ({
  writeId,
  operations: [{ _tag: "Restore", key, expect: "any", record, entries: Stream.fromIterable(entries) }]
})

const assertUnknown = (error: StorageError) => {
  assert.instanceOf(error.reason, OutcomeUnknown)
  assert.strictEqual(error.outcome, "unknown")
}

describe("a write that is read back", () => {
  it.effect("and is there is acknowledged with its own receipt", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = verified(adapter)
      const created = yield* policy.commit(put("w1", "1"))
      const appended = yield* policy.commit(append("w2", ["1"]))
      const removed = yield* policy.commit(remove("w3"))
      const versions = [created, appended, removed].map(({ keys }) => keys[0]!.version)
      assert.deepStrictEqual(versions, [versions[0]!, versions[0]! + 1, versions[0]! + 2])
      assert.isTrue(created.keys[0]!.entryCount === 0 && appended.keys[0]!.entryCount === 1)
    }))

  it.effect("and is not there has an unknown outcome", () =>
    Effect.gen(function*() {
      for (const change of [put("w1", "1"), append("w2", ["1"])]) {
        const { adapter } = yield* makeScripted()
        yield* adapter.commit(put("w0", "0"))
        assertUnknown(yield* Effect.flip(verified(reading(adapter, atVersion(-1))).commit(change)))
      }
    }))

  it.effect("and whose session is lost with its removals has an unknown outcome", () =>
    Effect.gen(function*() {
      const [kept, empty] = [yield* makeScripted(), yield* makeScripted()]
      let isLost = false
      const current = () => isLost ? empty.memory : kept.memory
      const losing: Adapter = {
        ...kept.memory,
        commit: (change) =>
          Effect.tap(Effect.suspend(() => current().commit(change)), Effect.sync(() => isLost = true)),
        load: (key) => Effect.suspend(() => current().load(key))
      }
      assertUnknown(yield* Effect.flip(verified(losing).commit(put("w", "1"))))
    }))

  it.effect("and is first not seen and then seen in an older version has an unknown outcome", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w0", "0"))
      let reads = 0
      const stale = reading(adapter, (held) => ++reads === 1 ? Option.none() : atVersion(-1)(held))
      assertUnknown(yield* Effect.flip(verified(stale).commit(put("w", "1"))))
      assert.strictEqual(reads, 2)
    }))

  it.effect("and cannot be read has an unknown outcome, with the read's error as its cause", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const cause = errorOf(reasonSamples.Io, "load")
      const error = yield* Effect.flip(verified({ ...adapter, load: () => Effect.fail(cause) }).commit(put("w", "1")))
      assertUnknown(error)
      assert.strictEqual((error.reason as OutcomeUnknown).cause, cause)
    }))

  it.effect("and is doubtful makes the health failing, until another one is found", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      let isReadable = false
      const load: Adapter["load"] = (of) =>
        isReadable ? adapter.load(of) : Effect.fail(errorOf(reasonSamples.Io, "load"))
      const policy = verified({ ...adapter, load })
      assertUnknown(yield* Effect.flip(policy.commit(put("w1", "1"))))
      assert.strictEqual((yield* healthOf(policy)).state, "failing")
      isReadable = true
      yield* policy.commit(put("w2", "2"))
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("and reads back with other content at its version is corrupt, without that content in the message", () =>
    Effect.gen(function*() {
      const others: ReadonlyArray<(held: StoredSession) => StoredSession> = [
        (held) => ({ ...held, body: "secret" }),
        (held) => ({ ...held, head: { ...held.head, summary: "secret" } }),
        (held) => ({ ...held, head: { ...held.head, entryCount: 7 } })
      ]
      for (const other of others) {
        const { adapter } = yield* makeScripted()
        const error = yield* Effect.flip(verified(reading(adapter, Option.map(other))).commit(put("w", "1")))
        assert.instanceOf(error.reason, Corrupt)
        assert.strictEqual(error.outcome, "unknown")
        assert.notInclude(error.message, "secret")
      }
    }))

  it.effect("and whose entries read back otherwise is corrupt, without their content in the message", () =>
    Effect.gen(function*() {
      const others: ReadonlyArray<(adapter: Adapter) => Adapter["entries"]> = [
        ({ entries }) => (of, range) => Stream.map(entries(of, range), garbled),
        ({ entries }) => (of, range) => Stream.filter(entries(of, range), ({ index }) => index !== 2)
      ]
      for (const other of others) {
        const { adapter } = yield* makeScripted()
        const policy = verified({ ...adapter, entries: other(adapter) })
        yield* policy.commit(put("w0", "0"))
        yield* policy.commit(append("w1", ["0"]))
        for (const change of [Effect.succeed(append("w2", ["1", "2"])), copyOf(adapter)]) {
          const error = yield* Effect.flip(policy.commit(yield* change))
          assert.instanceOf(error.reason, Corrupt)
          assert.match(error.message, /another entry 2/)
          assert.notInclude(error.message, "secret")
        }
      }
    }))

  it.effect("and whose entries cannot be read has an unknown outcome", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const broken: Adapter = { ...adapter, entries: () => Stream.fail(errorOf(reasonSamples.Io, "entries")) }
      yield* verified(broken).commit(put("w0", "0"))
      assertUnknown(yield* Effect.flip(verified(broken).commit(append("w1", ["1"]))))
    }))

  it.effect("and whose session is replaced while its entries are read is acknowledged", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const others = [remove("other 1"), put("other 2", "other"), append("other 3", ["7", "8", "9"])]
      const overtaken: Adapter = {
        ...adapter,
        entries: (of, range) =>
          Stream.unwrap(Effect.gen(function*() {
            for (const change of others.splice(0)) yield* adapter.commit(change)
            return adapter.entries(of, range)
          }))
      }
      yield* adapter.commit(put("w0", "0"))
      yield* verified(overtaken).commit(append("w1", ["1", "2"]))
      others.push(remove("other 4"))
      yield* verified(overtaken).commit(append("w2", ["3"]))
      assert.isUndefined(yield* bodyIn(adapter))
    }))

  it.effect("and was followed by another writer's is acknowledged, whatever that one wrote", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const overtaken: Adapter = {
        ...adapter,
        commit: (change) => Effect.tap(adapter.commit(change), adapter.commit(put("other", "other")))
      }
      yield* verified(overtaken).commit(put("w", "1"))
      assert.strictEqual(yield* bodyIn(adapter), "other")
    }))

  it.effect("and whose session another writer removed since is acknowledged", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const removing: Adapter = {
        ...adapter,
        commit: (change) =>
          Effect.tap(adapter.commit(change), change.writeId === "w" ? adapter.commit(remove("other")) : Effect.void)
      }
      yield* verified(removing).commit(put("w", "1"))
      assert.isUndefined(yield* bodyIn(adapter))
    }))

  it.effect("and removes a session that stays there has an unknown outcome", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w1", "1"))
      const before = yield* adapter.load(put("w1", "1").operations[0]!.key)
      assertUnknown(yield* Effect.flip(verified(reading(adapter, () => before)).commit(remove("w2"))))
    }))

  it.effect("and is refused is not read back", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const blind: Adapter = { ...adapter, head: () => Effect.die("read"), load: () => Effect.die("read") }
      const error = yield* Effect.flip(verified(blind).commit(put("w", "1", "present")))
      assert.strictEqual(error.reason._tag, "Conflict")
    }))
})
