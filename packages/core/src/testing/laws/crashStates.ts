/**
 * The laws of crash states: whatever moment a crash takes, the store opens, holds what was acknowledged
 * before it and at most the write that was under way, and goes on from there.
 * Which states a crash can leave is the harness's knowledge; the work is one write after the other.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Capability } from "../../model/Capability.ts"
import { keyText, makeKey } from "../../model/SessionKey.ts"
import type { Operation, StorageChange } from "../../port/StorageChange.ts"
import { equal, holds, inCase } from "../claims.ts"
import { type Contents, contentsOf, possible, withChange } from "../contents.ts"
import type { CrashState, Offer } from "../Harness.ts"
import type { Law } from "../Law.ts"
import { append, put, remove } from "../operations.ts"
import { type Client, family, type LawText, type Trial } from "../Trial.ts"

const asks: ReadonlyArray<Offer> = ["crashes"]

const [one, other] = [makeKey("one", ["account"]), makeKey("other")]
const keys = [one, other]

const big = { text: "x".repeat(5000) }

/** Every kind of write; where a change may name several sessions, one that does. */
const writesOf = ({ atomicity }: Capability): ReadonlyArray<ReadonlyArray<Operation>> => [
  [put(one, 1)],
  [put(one, big), append(one, ["a", big])],
  [append(one, ["b"])],
  ...(atomicity === "manyKeys" ? [[put(other, 1), append(one, ["c"]), append(other, ["d"])]] : []),
  [remove(one)],
  [put(one, 2), append(one, ["e"])]
]

/** A crash state with what may be in it: nothing more than was attempted, nothing less than was acknowledged. */
interface Left {
  readonly state: CrashState
  readonly contents: ReadonlyArray<Contents>
  /** The write that was under way; none when all were acknowledged. */
  readonly underWay: StorageChange | undefined
  /** The newest version of each session that was acknowledged. */
  readonly versions: ReadonlyMap<string, number>
}

/** Runs the work and gives every state that a crash could have left of it. */
const leftBehind = Effect.fnUntraced(function*(trial: Trial) {
  const changes: Array<StorageChange> = []
  const versions: Array<ReadonlyMap<string, number>> = [new Map()]
  const states = yield* trial.crashes((client) =>
    Effect.forEach(
      writesOf(client.adapter.capability),
      Effect.fnUntraced(function*(operations) {
        const change = trial.change(...operations)
        changes.push(change)
        const { keys } = yield* client.adapter.commit(change)
        versions.push(
          new Map([...versions.at(-1)!, ...keys.map(({ key, version }) => [keyText(key), version] as const)])
        )
      }),
      { discard: true }
    )
  )
  const contents = changes.reduce<ReadonlyArray<Contents>>(
    (all, { operations }) => [...all, withChange(all.at(-1)!, operations)],
    [{}]
  )
  yield* holds(() => states.some(({ acknowledged }) => acknowledged === changes.length), "a state is of the end")
  return states.map((state): Left => ({
    state,
    contents: contents.slice(state.acknowledged, state.acknowledged + 2),
    underWay: changes[state.acknowledged],
    versions: versions[state.acknowledged]!
  }))
})

/** Claims that what is listed is what is there. */
const listsContents = Effect.fnUntraced(function*(client: Client, contents: Contents) {
  const heads = yield* client.list()
  yield* equal(heads.map(({ key }) => keyText(key)).toSorted(), Object.keys(contents).toSorted(), "what is listed")
})

/** A law as it meets one crash state after the other. */
interface CrashText extends Omit<LawText, "run"> {
  readonly run: (after: Trial, left: Left) => Effect.fn.Return<void, unknown, Scope.Scope>
}

const crashFamily = (texts: ReadonlyArray<CrashText>): ReadonlyArray<Law> =>
  family(
    "crash states",
    texts.map(({ run, ...text }) => ({
      ...text,
      asks,
      run: function*(trial) {
        for (const left of yield* leftBehind(trial)) {
          const { acknowledged, name, storage } = left.state
          yield* Effect.scoped(Effect.gen(() => run(trial.over(storage), left))).pipe(
            inCase(`a crash ${name}, after ${acknowledged} acknowledged writes`)
          )
        }
      }
    }))
  )

export const crashStateLaws = crashFamily([
  {
    id: "crash.keepsAcknowledged",
    title: "whatever moment a crash takes, what was acknowledged is there, and no write is there in part",
    run: function*(after, { contents }) {
      const client = yield* after.open
      const found = yield* contentsOf(client, keys)
      yield* possible(found, contents, "what is there")
      yield* listsContents(client, found)
    }
  },
  {
    id: "crash.goesOn",
    title:
      "after a crash one recovery is enough, and the write that was under way is applied once when it is sent again",
    run: function*(after, { contents, underWay, versions }) {
      const client = yield* after.open
      yield* Stream.runDrain(client.adapter.recover("apply"))
      const left = yield* Stream.runCollect(client.adapter.recover("inspect"))
      yield* equal(left.filter(({ action }) => action !== "none"), [], "what a second recovery finds to do")
      for (const attempt of underWay === undefined ? [] : [2, 3]) yield* client.send({ ...underWay!, attempt })
      const sentAgain = contents.at(-1)!
      yield* equal(yield* contentsOf(client, keys), sentAgain, "what is there when it was sent again")
      for (const key of keys) {
        const { version } = yield* client.commit(put(key, "next"), append(key, ["next"]))
        const before = versions.get(keyText(key)) ?? 0
        yield* holds(() => version > before, `${keyText(key)} goes on with version ${version} after ${before}`)
      }
      const next = keys.reduce((all, key) => withChange(all, [put(key, "next"), append(key, ["next"])]), sentAgain)
      yield* equal(yield* contentsOf(client, keys), next, "what is there after the next writes")
    }
  }
])
