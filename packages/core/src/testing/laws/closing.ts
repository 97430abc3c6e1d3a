/**
 * The laws of closing: what an instance acknowledged before it closed is there, and nothing goes through
 * it afterwards.
 * What is under way when an instance closes may come to either end, but not to a false answer.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { StorageError } from "../../errors/StorageError.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { broken, equal, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { family } from "../Trial.ts"

const key = makeKey("session", ["account"])

export const closingLaws = family("closing", [
  {
    id: "closed.refusesReads",
    title: "every read through a closed instance fails as closed",
    run: function*(trial) {
      const { adapter } = yield* trial.visit((client) => Effect.as(client.commit(put(key, 1)), client))
      yield* refused(adapter.head(key), "Closed", "a head")
      yield* refused(adapter.load(key), "Closed", "a load")
      yield* refused(Stream.runDrain(adapter.entries(key, {})), "Closed", "entries")
      yield* refused(Stream.runDrain(adapter.list({ namespace: [], order: "id" })), "Closed", "a listing")
      yield* refused(Stream.runDrain(adapter.recover("inspect")), "Closed", "a recovery")
    }
  },
  {
    id: "closed.refusesWrites",
    title: "every write through a closed instance fails as closed and changes nothing",
    run: function*(trial) {
      const closed = yield* trial.visit((client) => Effect.as(client.commit(put(key, 1)), client))
      const before = yield* trial.visit((client) => client.snapshot(key))
      for (const operation of [put(key, 2), append(key, [1]), remove(key), put(makeKey("new"), 1)]) {
        yield* refused(closed.commit(operation), "Closed", "a write")
      }
      yield* equal(yield* trial.visit((client) => client.snapshot(key)), before, "what is stored")
      yield* equal((yield* trial.visit((client) => client.list())).length, 1, "the number of sessions")
    }
  },
  {
    id: "closed.leavesOthers",
    title: "closing one instance leaves the others open",
    run: function*(trial) {
      const client = yield* trial.open
      yield* trial.visit((other) => other.commit(put(key, 1)))
      yield* client.commit(put(key, 2))
      yield* equal((yield* client.read(key)).body, json(2), "what the open instance wrote")
    }
  },
  {
    id: "closing.keepsPromises",
    title: "a write that is under way when its instance closes is there if it was acknowledged, and absent if refused",
    run: function*(trial) {
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(trial.open, scope)
      const keys = Array.from({ length: 10 }, (_, index) => makeKey(`session ${index}`))
      const fibers = yield* Effect.forEach(
        keys,
        (each) => Effect.forkChild(Effect.result(client.commit(put(each, 1))), { startImmediately: true })
      )
      yield* Scope.close(scope, Exit.void)
      const later = yield* trial.open
      const stored = (yield* later.list()).map((head) => head.key.id)
      for (const [index, fiber] of fibers.entries()) {
        const result = yield* Fiber.join(fiber)
        const isStored = stored.includes(keys[index]!.id)
        if (Result.isSuccess(result)) yield* equal(isStored, true, "whether an acknowledged write is stored")
        else if (!(result.failure instanceof StorageError)) yield* broken(String(result.failure))
        else if (result.failure.reason._tag === "Closed") {
          yield* equal(isStored, false, "whether a refused write is stored")
        } else {yield* equal(
            result.failure.reason._tag,
            "OutcomeUnknown",
            "what a write is answered that closing cut short"
          )}
      }
    }
  }
])
