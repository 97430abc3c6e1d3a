/**
 * An adapter whose commits go wrong by script, and what the tests of policies say with it: changes of one
 * session, errors, what is stored.
 *
 * Each commit takes the next deed of the script; when the script is over, commits do what memory does.
 */
import {
  type Expect,
  type ListQuery,
  makeMemory,
  makeMemoryAdapter,
  OutcomeUnknown,
  type Reason,
  type SessionKey,
  type StorageChange,
  StorageError
} from "@holdfast/core"
import { Clock, Deferred, Effect, Fiber, type Latch, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Adapter } from "../../src/policy/policies.ts"

export const key: SessionKey = { namespace: ["acct"], id: "one" }
export const otherKey: SessionKey = { namespace: ["acct"], id: "two" }

/** A query for every session. */
export const all: ListQuery = { namespace: [], order: "id" }

/** What becomes of a commit. */
export type Deed =
  /** It fails, and nothing was changed below. */
  | { readonly _tag: "refuse"; readonly reason: Reason }
  /** It is applied, and its answer is lost. */
  | { readonly _tag: "loseAnswer" }
  /** It is answered as unknown at once, and is applied when the latch opens. */
  | { readonly _tag: "applyLate"; readonly latch: Latch.Latch }
  /** It hangs until the latch opens, next it is applied and answered. */
  | { readonly _tag: "hang"; readonly latch: Latch.Latch }

export const refuse = (reason: Reason): Deed => ({ _tag: "refuse", reason })
export const loseAnswer: Deed = { _tag: "loseAnswer" }
export const applyLate = (latch: Latch.Latch): Deed => ({ _tag: "applyLate", latch })
export const hang = (latch: Latch.Latch): Deed => ({ _tag: "hang", latch })

export const errorOf = (reason: Reason, operation: StorageError["operation"] = "commit"): StorageError =>
  new StorageError({ adapter: "memory", operation, reason })

const lost = errorOf(new OutcomeUnknown({ outcome: "unknown", why: "the answer was lost" }))

const putOf = (key: SessionKey) => (writeId: string, body: string, expect: Expect = "any"): StorageChange => ({
  writeId,
  operations: [{ _tag: "Put", key, expect, kind: "chat", schemaVersion: 1, summary: "{}", body }]
})

export const put = putOf(key)
export const putOther = putOf(otherKey)

export const append = (writeId: string, entries: ReadonlyArray<string>, expect: Expect = "any"): StorageChange => ({
  writeId,
  operations: [{ _tag: "Append", key, expect, kind: "chat", schemaVersion: 1, entries }]
})

export const remove = (writeId: string, expect: Expect = "any"): StorageChange => ({
  writeId,
  operations: [{ _tag: "Remove", key, expect }]
})

/** A memory with commits by script. `sent` are the changes that reached it, `times` when, in milliseconds. */
export const makeScripted = Effect.fnUntraced(function*(...script: ReadonlyArray<Deed>) {
  const memory = yield* makeMemoryAdapter(makeMemory())
  const deeds = [...script]
  const sent: Array<StorageChange> = []
  const times: Array<number> = []
  const applied = yield* Deferred.make<void>()

  const carryOut = (deed: Deed, change: StorageChange) => {
    switch (deed._tag) {
      case "refuse":
        return Effect.fail(errorOf(deed.reason))
      case "loseAnswer":
        return Effect.andThen(memory.commit(change), Effect.fail(lost))
      case "applyLate": {
        const later = Effect.ensuring(
          Effect.andThen(deed.latch.await, memory.commit(change)),
          Deferred.succeed(applied, undefined)
        )
        return Effect.andThen(Effect.forkDetach(later), Effect.fail(lost))
      }
      case "hang":
        return Effect.andThen(deed.latch.await, memory.commit(change))
    }
  }

  const adapter: Adapter = {
    ...memory,
    commit: Effect.fnUntraced(function*(change) {
      sent.push(change)
      times.push(yield* Clock.currentTimeMillis)
      const deed = deeds.shift()
      return yield* deed === undefined ? memory.commit(change) : carryOut(deed, change)
    })
  }
  return {
    adapter,
    memory,
    sent,
    times,
    /** Adds to the script. */
    next: (...more: ReadonlyArray<Deed>) => deeds.push(...more),
    /** Ends when what was to be applied late was. */
    landed: Deferred.await(applied)
  }
})

export const bodyIn = (adapter: Adapter, of: SessionKey = key) =>
  Effect.map(adapter.load(of), (found) => Option.getOrUndefined(found)?.body)

export const entriesIn = (adapter: Adapter, of: SessionKey = key) =>
  Effect.map(
    Stream.runCollect(adapter.entries(of, {})),
    (rows) => rows.map((row) => row._tag === "StoredEntry" ? row.entry : row._tag)
  )

export const healthOf = (adapter: Adapter) => Effect.map(Stream.runHead(adapter.health), Option.getOrThrow)

/** Runs an effect to its end while the time passes that it waits for. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })
