/**
 * The laws of killed processes: whatever a process was about when it was killed, what it acknowledged is
 * there, what it was writing is there whole or not at all, and the others go on.
 * The moment of the kill is random; what a run found is told by its message.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Capability } from "../../model/Capability.ts"
import { keyText, makeKey, type SessionKey } from "../../model/SessionKey.ts"
import type { Operation, StorageChange } from "../../port/StorageChange.ts"
import { equal, holds } from "../claims.ts"
import { type Contents, contentsOf, possible, withChange } from "../contents.ts"
import type { Offer } from "../Harness.ts"
import { append, put } from "../operations.ts"
import { inTime } from "../patience.ts"
import { type Client, family, leavesUnchanged, type Remote, type Trial } from "../Trial.ts"
import { isShared } from "./processes.ts"

const asks: ReadonlyArray<Offer> = ["elsewhere"]

/** Writes of some sessions, one after the other; the sessions of two lanes differ. */
interface Lane {
  readonly keys: ReadonlyArray<SessionKey>
  readonly changes: ReadonlyArray<StorageChange>
  acknowledgedCount: number
}

/** The n-th write of a lane of one session: its state tells how many writes there were. */
const writeOf = (key: SessionKey, n: number): ReadonlyArray<Operation> => {
  const state = { n, text: "x".repeat(n % 4 * 4000) }
  return n % 3 === 1
    ? [put(key, state), append(key, [n, "more"])]
    : n % 3 === 2
    ? [append(key, [n])]
    : [put(key, state)]
}

// More than any process writes before it is killed, so that the kill finds it writing.
const changesPerLane = 400

/** Lanes of one session each; where a change may name several, one more of two sessions. */
const lanesOf = (trial: Trial, { atomicity }: Capability): ReadonlyArray<Lane> => {
  const single = ["a", "b"].map((id) => [makeKey(id, ["account"])])
  const double = [makeKey("c", ["account"]), makeKey("d")]
  return [...single, ...(atomicity === "manyKeys" ? [double] : [])].map((keys) => ({
    keys,
    changes: Array.from(
      { length: changesPerLane },
      (_, n) => trial.change(...keys.flatMap((key) => writeOf(key, n + 1)))
    ),
    acknowledgedCount: 0
  }))
}

/** Writes all lanes at the same time in another process, and kills it somewhere in between. */
const killWriting = Effect.fnUntraced(function*(remote: Remote, lanes: ReadonlyArray<Lane>) {
  const enough = yield* Deferred.make<void>()
  let left = yield* Random.nextIntBetween(0, 30)
  const write = Effect.fnUntraced(function*(lane: Lane) {
    for (const change of lane.changes) {
      const answer = yield* Effect.result(remote.send(change))
      if (Result.isFailure(answer)) return
      lane.acknowledgedCount++
      if (left-- <= 0) yield* Deferred.succeed(enough, undefined)
    }
  })
  const writers = yield* Effect.forEach(lanes, (lane) => Effect.forkChild(write(lane)))
  yield* inTime(Deferred.await(enough), "the other process acknowledges writes")
  yield* Effect.sleep(yield* Random.nextBetween(0, 3))
  yield* remote.kill
  yield* inTime(Fiber.awaitAll(writers), "every call to a process that was killed comes to an end")
})

const contentsAfter = (lane: Lane, count: number): Contents =>
  lane.changes.slice(0, count).reduce((contents, { operations }) => withChange(contents, operations), {})

/** Claims that a lane holds what was acknowledged, and at most the write that was under way beside it. */
const keepsLane = Effect.fnUntraced(function*(client: Client, lane: Lane) {
  const { acknowledgedCount: count } = lane
  const contents = [contentsAfter(lane, count), contentsAfter(lane, count + 1)]
  yield* possible(yield* contentsOf(client, lane.keys), contents, `after ${count} acknowledged writes`)
})

export const killLaws = family("kills", [
  {
    id: "kill.keepsAcknowledged",
    title: "what a process acknowledged before it was killed is there, and what it was writing is whole or not there",
    needs: isShared,
    asks,
    run: function*(trial) {
      const client = yield* trial.open
      const lanes = lanesOf(trial, client.adapter.capability)
      yield* killWriting(yield* trial.elsewhere, lanes)
      const keys = lanes.flatMap((lane) => lane.keys)
      for (const lane of lanes) yield* keepsLane(client, lane)
      const read = yield* contentsOf(client, keys)
      const listed = (yield* client.list()).map(({ key }) => keyText(key))
      yield* equal(listed.toSorted(), Object.keys(read).toSorted(), "the sessions that are listed")
      yield* trial.visit((later) =>
        Effect.flatMap(contentsOf(later, keys), (again) => equal(again, read, "what a later instance reads"))
      )
    }
  },
  {
    id: "kill.leavesOthersWriting",
    title: "after a process was killed the others write on, in its sessions too",
    needs: isShared,
    asks,
    run: function*(trial) {
      const client = yield* trial.open
      const lanes = lanesOf(trial, client.adapter.capability)
      yield* killWriting(yield* trial.elsewhere, lanes)
      for (const { acknowledgedCount, keys: [key] } of lanes) {
        const before = yield* client.snapshot(key!)
        const receipt = yield* inTime(client.commit(put(key!, "next"), append(key!, ["next"])), "the next write ends")
        yield* equal(receipt.entryCount, before.entries.length + 1, "the entry count after the next write")
        yield* equal((yield* client.texts(key!)).slice(0, -1), before.entries.map(({ entry }) => entry), "the entries")
        yield* holds(() => acknowledgedCount === 0 || before.session._tag === "Some", "what was acknowledged is there")
      }
      const next = yield* trial.elsewhere
      yield* inTime(next.commit(put(lanes[0]!.keys[0]!, "later")), "a write of the next process ends")
    }
  },
  {
    id: "kill.repeats",
    title: "a write that was under way when its process was killed is applied once when it is sent again",
    needs: isShared,
    asks,
    run: function*(trial) {
      const { capability } = yield* trial.visit((client) => Effect.succeed(client.adapter))
      const lanes = lanesOf(trial, capability)
      yield* Effect.scoped(Effect.flatMap(trial.elsewhere, (remote) => killWriting(remote, lanes)))
      const client = yield* trial.open
      yield* Stream.runDrain(client.adapter.recover("apply"))
      const left = yield* Stream.runCollect(client.adapter.recover("inspect"))
      yield* equal(left.filter(({ action }) => action !== "none"), [], "what a second recovery finds to do")
      for (const lane of lanes) {
        const { acknowledgedCount: count, changes, keys } = lane
        // The last ones that were answered too: their answers may have been lost on the way.
        for (const change of changes.slice(Math.max(0, count - 3), count + 1)) {
          yield* client.send({ ...change, attempt: 2 })
        }
        const contents = contentsAfter(lane, count + 1)
        yield* possible(yield* contentsOf(client, keys), [contents], `after write ${count + 1} was sent again`)
        const last = changes[Math.min(count, changes.length - 1)]!
        yield* leavesUnchanged(client, keys, client.send({ ...last, attempt: 3 }))
      }
    }
  }
])
