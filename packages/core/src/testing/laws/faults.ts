/**
 * The laws of faults: while the storage under an adapter fails, no answer is false. A write that could not be
 * made fails for a reason that names the fault, a read never takes what it cannot reach for absent, and when
 * the fault is gone everything goes on.
 * Each law meets every fault of the harness, one after the other, over one storage; messages begin with its name.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { StorageError } from "../../errors/StorageError.ts"
import type { Edit } from "../../model/operations.ts"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import { broken, equal, holds, inCase, type LawBroken, present } from "../claims.ts"
import { afterAnswer, type Contents, contentsOf, possible, withChange } from "../contents.ts"
import type { Fault, Offer } from "../Harness.ts"
import type { Law } from "../Law.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family, type LawText, type Trial } from "../Trial.ts"

const asks: ReadonlyArray<Offer> = ["faults"]

/** The sessions of one fault: one that is there, one that is to be removed, one that is not there. */
interface Place {
  readonly fault: Fault
  readonly kept: SessionKey
  readonly removed: SessionKey
  readonly absent: SessionKey
  readonly all: ReadonlyArray<SessionKey>
}

const placeOf = (fault: Fault, index: number): Place => {
  const [kept, removed, absent] = ["kept", "removed", "absent"].map((id) => makeKey(id, ["account", `fault-${index}`]))
  return { fault, kept: kept!, removed: removed!, absent: absent!, all: [kept!, removed!, absent!] }
}

/** Writes the sessions of a fault while nothing is wrong. */
const seed = Effect.fnUntraced(function*(client: Client, { kept, removed }: Place) {
  yield* client.commit(put(kept, "before"), append(kept, ["a", "b"]))
  yield* client.commit(put(removed, "before"), append(removed, ["c"]))
})

/** Runs an effect between a fault's begin and end. */
const during = <A, E, R>({ inject, lift }: Fault, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(inject, () => effect, () => lift)

type Answer<A> = Result.Result<A, StorageError | LawBroken>

/** Claims that a call succeeded or failed for a reason of the fault. */
const isTyped = Effect.fnUntraced(function*<A>({ reasons }: Fault, answer: Answer<A>) {
  if (Result.isSuccess(answer)) return
  const { failure } = answer
  if (!(failure instanceof StorageError)) return yield* failure
  if ([...reasons, "OutcomeUnknown"].includes(failure.reason._tag)) return
  return yield* broken(`expected a failure with ${reasons.join(" or ")}, found ${failure.message}`)
})

/** Claims that a read succeeded, or failed for a reason of the fault and says that it changed nothing. */
const isTypedRead = Effect.fnUntraced(function*<A>(fault: Fault, answer: Answer<A>) {
  yield* isTyped(fault, answer)
  if (Result.isSuccess(answer) || !(answer.failure instanceof StorageError)) return
  yield* equal(answer.failure.outcome, "notApplied", "the outcome of a read that fails")
})

/** Claims that what surely fails under a fault did fail: else the fault is none. */
const isFelt = ({ hits }: Fault, what: "reads" | "writes", areFailing: ReadonlyArray<boolean>) =>
  holds(() => !hits.includes(what) || areFailing.includes(true), `at least one of the ${what} fails`)

const writesOf = ({ absent, kept, removed }: Place): ReadonlyArray<ReadonlyArray<Edit>> => [
  [put(kept, "during")],
  [append(kept, ["d", "e"])],
  [put(kept, "during, with an entry"), append(kept, ["f"])],
  [remove(removed)],
  [put(absent, "during"), append(absent, ["g"])]
]

/** Writes under a fault; answers the contents that are possible since. */
const writeAll = Effect.fnUntraced(function*(client: Client, place: Place, before: Contents) {
  const areFailing: Array<boolean> = []
  let contents: ReadonlyArray<Contents> = [before]
  for (const operations of writesOf(place)) {
    const answer = yield* Effect.result(client.commit(...operations))
    yield* isTyped(place.fault, answer)
    areFailing.push(Result.isFailure(answer))
    contents = afterAnswer(contents, operations, answer)
  }
  yield* isFelt(place.fault, "writes", areFailing)
  return contents
})

/** Claims that a listing shows each of these sessions, or fails, or has rows that could not be read; answers the first. */
const listsAll = Effect.fnUntraced(function*(client: Client, { fault, kept, removed }: Place) {
  const rows = yield* Effect.result(Stream.runCollect(client.adapter.list({ namespace: kept.namespace, order: "id" })))
  yield* isTypedRead(fault, rows)
  if (Result.isFailure(rows)) return false
  const ids = rows.success.map((row) => row._tag === "StoredHead" ? row.key.id : "")
  const isWhole = [kept, removed].every(({ id }) => ids.includes(id))
  yield* holds(() => isWhole || ids.includes(""), "a listing shows every session, or what it could not read")
  return isWhole && !ids.includes("")
})

/** Claims that a read fails for a reason of the fault or finds what is there; answers whether it found it. */
const finds = Effect.fnUntraced(function*<A>(
  fault: Fault,
  read: Effect.Effect<A, StorageError | LawBroken>,
  expected: A
) {
  const answer = yield* Effect.result(read)
  yield* isTypedRead(fault, answer)
  if (Result.isSuccess(answer)) yield* equal(answer.success, expected, "what a read finds")
  return Result.isSuccess(answer)
})

/** The health that is told to whoever asks. */
const stateOf = Effect.fnUntraced(function*({ adapter }: Client) {
  return (yield* present(yield* Stream.runHead(adapter.health), "the current health")).state
})

/** A law as it meets one fault after the other, over an instance that lives through all of them. */
interface FaultText extends Omit<LawText, "run"> {
  readonly run: (client: Client, place: Place, trial: Trial) => Effect.fn.Return<void, unknown, Scope.Scope>
}

const faultFamily = (texts: ReadonlyArray<FaultText>): ReadonlyArray<Law> =>
  family(
    "faults",
    texts.map(({ run, ...text }) => ({
      ...text,
      asks,
      run: function*(trial) {
        const client = yield* trial.open
        for (const [index, fault] of trial.faults.entries()) {
          const place = placeOf(fault, index)
          yield* seed(client, place)
          yield* Effect.gen(() => run(client, place, trial)).pipe(inCase(fault.name))
        }
      }
    }))
  )

export const faultLaws = faultFamily([
  {
    id: "fault.tellsTheTruth",
    title: "a write under a fault succeeds or fails for that reason, and what it says of its outcome is so",
    run: function*(client, place, trial) {
      const { all, fault } = place
      const contents = yield* during(fault, writeAll(client, place, yield* contentsOf(client, all)))
      const found = yield* contentsOf(client, all)
      yield* possible(found, contents, "what is there afterwards")
      const later = yield* trial.visit((other) => contentsOf(other, all))
      yield* equal(later, found, "what a later instance reads")
    }
  },
  {
    id: "fault.readsTheTruth",
    title: "a read under a fault gives what is there or fails for that reason: it never finds nothing instead",
    run: function*(client, place) {
      const { absent, fault, kept } = place
      const { entries, session } = yield* client.snapshot(kept)
      const head = yield* client.adapter.head(kept)
      const isFound = [
        yield* during(fault, finds(fault, Effect.asSome(client.read(kept)), session)),
        yield* during(fault, finds(fault, client.adapter.head(kept), head)),
        yield* during(fault, finds(fault, client.entries(kept), entries)),
        yield* during(fault, finds(fault, client.adapter.load(absent), Option.none())),
        yield* during(fault, listsAll(client, place))
      ]
      yield* isFelt(fault, "reads", isFound.map((found) => !found))
    }
  },
  {
    id: "fault.opensTruly",
    title: "an instance that opens under a fault shows every session or what it cannot read, and serves them later",
    run: function*(client, place, trial) {
      const { all, fault } = place
      const contents = yield* contentsOf(client, all)
      const opened = yield* during(fault, Effect.result(Effect.tap(trial.open, (other) => listsAll(other, place))))
      yield* isTypedRead(fault, opened)
      const serving = Result.isSuccess(opened) ? opened.success : yield* trial.open
      yield* equal(yield* contentsOf(serving, all), contents, "what it reads afterwards")
      yield* serving.commit(put(place.kept, "after"))
    }
  },
  {
    id: "fault.isOver",
    title: "after a fault the same instance writes on, and nothing that was there before is lost",
    run: function*(client, { absent, all, fault, kept }) {
      const before = yield* client.snapshot(kept)
      yield* during(fault, Effect.exit(client.commit(put(absent, "during"))))
      yield* equal(yield* client.snapshot(kept), before, "a session that nobody wrote to")
      for (const key of all) {
        const { version } = yield* client.commit(put(key, "after"), append(key, ["after"]))
        const { body, head } = yield* client.read(key)
        yield* equal([body, head.version], [json("after"), version], "what was written afterwards")
      }
      yield* equal((yield* client.list({ namespace: kept.namespace })).length, all.length, "the sessions listed")
    }
  },
  {
    id: "fault.repeats",
    title: "a write that a fault made fail is applied once when it is sent again",
    run: function*(client, place, trial) {
      for (const operations of writesOf(place).slice(1)) {
        const keys = operations.slice(0, 1).map(({ key }) => key)
        const after = withChange(yield* contentsOf(client, keys), operations)
        const change = trial.change(...operations)
        yield* during(place.fault, Effect.exit(client.send(change)))
        const first = yield* client.send({ ...change, attempt: 2 })
        yield* equal(yield* contentsOf(client, keys), after, "what is there when it was sent again")
        const again = yield* client.send({ ...change, attempt: 3 })
        yield* equal(again.version, first.version, "the version in the answer when it is sent once more")
        yield* equal(yield* contentsOf(client, keys), after, "what is there then")
      }
    }
  },
  {
    id: "fault.isHealth",
    title: "an instance whose write failed for the storage's sake is not healthy until a write succeeds",
    run: function*(client, { fault, kept }) {
      const answer = yield* during(fault, Effect.result(client.commit(put(kept, "during"))))
      const isFailing = Result.isFailure(answer) && answer.failure instanceof StorageError &&
        answer.failure.remedy !== "caller"
      yield* equal((yield* stateOf(client)) !== "healthy", isFailing, "whether it says that it is not healthy")
      yield* client.commit(put(kept, "after"))
      yield* equal(yield* stateOf(client), "healthy", "the health afterwards")
    }
  }
])
