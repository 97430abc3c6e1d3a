/** A picture of a store that is kept by its changes, and listed again where some were missed, is right in the end. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Change, keyText, makeKey, type SessionKey } from "@holdfast/core"
import { Arbitrary, Effect, Schema, Stream } from "effect"
import { Chat, draft, hello, storeOver } from "./chats.ts"

type Chats = Effect.Success<ReturnType<typeof open>>

const open = () => Effect.flatMap(MemoryAdapter.make(), (adapter) => storeOver(adapter, Chat))

const namespaces: ReadonlyArray<ReadonlyArray<string>> = [[], ["acct"], ["acct", "org"], ["other"]]

const Step = Schema.Struct({
  what: Schema.Literals(["save", "save", "append", "remove", "fork", "burst", "look", "look"]),
  id: Schema.Literals(["a", "b", "c"]),
  to: Schema.Literals(["a", "b", "c"]),
  place: Schema.Literals([0, 1, 2, 3])
})

type Step = typeof Step.Type

// A burst is more than a watcher lets wait; a look is where the watcher takes what there is.
const steps = Arbitrary.array(Arbitrary.schema(Step), { maxLength: 25 })

/** Does a step; what a store refuses changes nothing. */
const perform = (chats: Chats, { id, place, to, what }: Step): Effect.Effect<unknown> => {
  const key = makeKey(id, namespaces[place])
  switch (what) {
    case "save":
      return Effect.result(chats.save(key, draft))
    case "append":
      return Effect.result(chats.append(key, [hello]))
    case "remove":
      return Effect.result(chats.remove(key))
    case "fork":
      return Effect.result(chats.fork(key, { id: to }))
    case "burst":
      return Effect.forEach(Array(1_100).keys(), () => Effect.result(chats.save(key, draft)), { discard: true })
    case "look":
      return Effect.void
  }
}

const watched = ["acct"]

/** The versions of the watched sessions. */
const versionsOf = (chats: Chats) =>
  Effect.map(
    chats.list({ namespace: watched }),
    ({ sessions }) => new Map(sessions.map(({ key, version }) => [keyText(key), version as number]))
  )

/** Brings a picture up to date with a change. */
const follow = Effect.fnUntraced(function*(chats: Chats, picture: Map<string, number>, change: Change) {
  if (change._tag === "Missed") {
    picture.clear()
    for (const [text, version] of yield* versionsOf(chats)) picture.set(text, version)
    return
  }
  const text = keyText(change.key)
  if (change._tag === "Removed") picture.delete(text)
  else picture.set(text, change.version)
})

const inside = (key: SessionKey) => key.namespace[0] === "acct"

describe("whoever watches a store", () => {
  it.effect.prop(
    "has the right picture of it once all changes were taken",
    { steps },
    ({ steps }) =>
      Effect.gen(function*() {
        const chats = yield* open()
        const pull = yield* Stream.toPull(yield* chats.changes({ namespace: watched }))
        const picture = new Map<string, number>()
        const look = Effect.gen(function*() {
          // The mark makes sure that there is something to take.
          const mark = yield* chats.save(makeKey("mark", watched), draft)
          let isMarked = false
          while (!isMarked) {
            for (const change of yield* Effect.orDie(pull)) {
              if (change._tag !== "Missed") assert.isTrue(inside(change.key))
              yield* follow(chats, picture, change)
            }
            isMarked = picture.get(keyText(mark.key)) === mark.version
          }
          assert.deepStrictEqual(picture, yield* versionsOf(chats))
        })
        for (const step of steps) yield* step.what === "look" ? look : perform(chats, step)
        yield* look
      }),
    { arbitrary: { runs: 25, size: 1000 } }
  )
})
