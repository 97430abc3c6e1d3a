/**
 * The laws of isolation: values that go in and come out are the caller's own; changing them changes
 * nothing that is stored.
 * A value that is frozen keeps these laws as well as one that is copied.
 */
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeKey } from "../../model/SessionKey.ts"
import type { Operation } from "../../port/StorageChange.ts"
import { equal } from "../claims.ts"
import { append, put } from "../operations.ts"
import { family } from "../Trial.ts"

const key = makeKey("session", ["account", "organisation"])

const spoilt = (value: unknown): unknown =>
  typeof value === "string" ? "spoilt" : typeof value === "number" ? -1 : value

/** Overwrites everything that can be reached from a value. What is frozen stays, which is as good. */
export const spoil = (value: unknown): void => {
  if (typeof value !== "object" || value === null) return
  for (const property of Object.keys(value)) {
    const inner: unknown = Reflect.get(value, property)
    spoil(inner)
    if (typeof inner !== "object") Reflect.set(value, property, spoilt(inner))
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.push("spoilt")
}

export const isolationLaws = family("isolation", [
  {
    id: "isolation.ofInput",
    title: "changing the values of a change after it was committed changes nothing that is stored",
    run: function*(trial) {
      const client = yield* trial.open
      const own = () => makeKey(key.id, [...key.namespace])
      const operations: Array<Operation> = [put(own(), 1), append(own(), ["a", "b"])]
      const change = trial.change(...operations)
      yield* client.send(change)
      const before = yield* client.snapshot(key)
      spoil(change)
      yield* equal(yield* client.snapshot(key), before, "what is stored")
      yield* equal((yield* client.list()).map((head) => head.key), [key], "the listed keys")
    }
  },
  {
    id: "isolation.ofOutput",
    title: "changing values that were read changes nothing that is stored",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a", "b"]))
      const before = yield* client.snapshot(key)
      const { adapter } = client
      const values: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        adapter.head(key),
        adapter.load(key),
        Stream.runCollect(adapter.entries(key, {})),
        Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
      ]
      for (const value of values) {
        spoil(yield* value)
        yield* equal(yield* client.snapshot(key), before, "what is stored")
        yield* equal((yield* client.list()).map((head) => head.key), [key], "the listed keys")
      }
    }
  },
  {
    id: "isolation.ofReceipts",
    title: "changing a receipt changes neither what is stored nor how a repeated write is answered",
    run: function*(trial) {
      const client = yield* trial.open
      const change = trial.change(put(key, 1), append(key, ["a"]))
      const first = yield* client.adapter.commit(change)
      const { entryCount, version } = first.keys[0]!
      const before = yield* client.snapshot(key)
      spoil(first)
      yield* equal(yield* client.snapshot(key), before, "what is stored")
      spoil(yield* client.adapter.commit({ ...change, attempt: 2 }))
      const again = yield* client.send({ ...change, attempt: 3 })
      yield* equal([again.entryCount, again.version], [entryCount, version], "the answer to the repeated write")
      yield* equal((yield* client.list()).map((head) => head.key), [key], "the listed keys")
    }
  }
])
