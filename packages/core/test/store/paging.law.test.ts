/** Pages stay right whatever is saved, removed, created and forked between them, judged by a list that is sorted anew. */
import { assert, describe, it } from "@effect/vitest"
import { keyText, type ListOrder, makeKey, type Saved, type SessionKey } from "@holdfast/core"
import { Arbitrary, DateTime, Effect, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { type Chat, hello, openChats } from "./chats.ts"

type Chats = Effect.Success<typeof openChats>

const Step = Schema.Struct({
  what: Schema.Literals(["save", "save", "create", "append", "remove", "fork"]),
  id: Schema.Literals(["a", "b", "c", "d", "e", "f"]),
  to: Schema.Literals(["a", "b", "c", "d", "e", "f"]),
  isNested: Schema.Boolean,
  pinned: Schema.Boolean,
  pause: Schema.Literals([0, 0, 1, 1_000])
})

type Step = typeof Step.Type

const steps = (maxLength: number) => Arbitrary.array(Arbitrary.schema(Step), { maxLength })

/** What is done before the first page and before each later one; there are more pages than that. */
const visit = {
  before: steps(20),
  between: Arbitrary.array(steps(4), { maxLength: 6 }),
  limit: Arbitrary.schema(Schema.Literals([1, 2, 3, 5])),
  pinned: Arbitrary.schema(Schema.Union([Schema.Literal(true), Schema.Undefined]))
}

/** What a session's own calls have told of it. */
interface Known {
  readonly key: SessionKey
  readonly createdAt: number
  readonly updatedAt: number
  readonly pinned: boolean
}

type Model = Map<string, Known>

/** Does a step with the store, and notes in the model what its answer says. What is refused changes nothing. */
const perform = Effect.fnUntraced(function*(chats: Chats, model: Model, step: Step) {
  yield* TestClock.adjust(step.pause)
  const key = makeKey(step.id, step.isNested ? ["n"] : [])
  const state = { title: step.id, pinned: step.pinned }
  if (step.what === "remove") {
    if (Result.isSuccess(yield* Effect.result(chats.remove(key)))) model.delete(keyText(key))
    return
  }
  if (step.what === "append") {
    yield* Effect.result(chats.append(key, [hello]))
    const now = DateTime.toEpochMillis(yield* DateTime.now)
    const known = model.get(keyText(key))
    if (known !== undefined) model.set(keyText(key), { ...known, updatedAt: now })
    return
  }
  const write: ReturnType<Chats["create"] | Chats["save"] | Chats["fork"]> = step.what === "fork"
    ? chats.fork(key, { id: step.to })
    : step.what === "create"
    ? chats.create(state, { ...key })
    : chats.save(key, state)
  const saved = yield* Effect.result<Saved<typeof Chat.state.Type>, unknown, never>(write)
  if (Result.isFailure(saved)) return
  const { createdAt, key: made, state: { pinned }, updatedAt } = saved.success
  const times = { createdAt: DateTime.toEpochMillis(createdAt), updatedAt: DateTime.toEpochMillis(updatedAt) }
  model.set(keyText(made), { key: made, pinned, ...times })
})

/** A session's place as text that sorts like the listing: times fall, then keys rise. */
const placeOf = (order: ListOrder, { key, ...times }: Known): string => {
  const byKey = `${key.namespace.length} ${key.id}`
  return order === "id" ? `${key.id} ${byKey}` : `${String(9e12 - times[order]).padStart(13, "0")} ${byKey}`
}

interface Asked {
  readonly order: ListOrder
  readonly limit: number
  readonly pinned: true | undefined
}

/** The places that a page shows after a place, and whether there are more. */
const expected = (model: Model, after: string, { limit, order, pinned }: Asked) => {
  const places = [...model.values()]
    .filter((known) => pinned === undefined || known.pinned === pinned)
    .map((known) => placeOf(order, known))
    .filter((place) => place > after)
    .toSorted()
  return { places: places.slice(0, limit), hasMore: places.length > limit }
}

describe.each([["updatedAt"], ["createdAt"], ["id"]] as const)("the pages of a listing by %s", (order) => {
  it.effect.prop(
    "show what is there after the last row of the page before, and no session twice",
    visit,
    ({ before, between, limit, pinned }) =>
      Effect.gen(function*() {
        const chats = yield* openChats
        const model: Model = new Map()
        const seen: Array<string> = []
        for (const step of before) yield* perform(chats, model, step)
        let after = Option.none<string>()
        let place = ""
        for (let index = 0; index === 0 || Option.isSome(after); index++) {
          const page = yield* chats.list({
            order,
            limit,
            after,
            ...(pinned === undefined ? {} : { where: { pinned } })
          })
          const { hasMore, places } = expected(model, place, { order, limit, pinned })
          const shown = page.sessions.map(({ key }) => model.get(keyText(key))!)
          assert.deepStrictEqual(shown.map((known) => placeOf(order, known)), places)
          assert.deepStrictEqual([page.complete, Option.isSome(page.next)], [true, hasMore])
          seen.push(...page.sessions.map(({ key }) => keyText(key)))
          place = places.at(-1) ?? place
          after = page.next
          for (const step of between[index] ?? []) yield* perform(chats, model, step)
        }
        assert.strictEqual(new Set(seen).size, seen.length)
      }),
    { arbitrary: { runs: 150, size: 1000 } }
  )
})
