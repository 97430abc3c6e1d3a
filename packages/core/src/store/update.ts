/**
 * Updates: a state is read, made into another one and saved, again where somebody else wrote in between.
 *
 * Updates of one key by one process take turns. Others are noticed by the version that was read, so no write is ever
 * written over unseen, and what is made is made of the state that it replaces.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { keyText } from "../model/SessionKey.ts"
import type { KeyedLock } from "../port/keyedLock.ts"
import { randomId } from "../port/randomId.ts"
import { traced } from "../port/tracing.ts"
import { toKey } from "./parts.ts"
import type { Sender } from "./send.ts"
import type { PlainSchema } from "./Session.ts"
import type { KeyInput, SessionStore } from "./SessionStore.ts"

// Updates against other writers: 30 tries with growing pauses of at most 100 ms end within about
// three seconds; in one process they queue up and never need a second try.
const updateRetries = Schedule.min([Schedule.exponential("2 millis"), Schedule.spaced("100 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 30 })
)

type MakesState<S extends PlainSchema, Failure, Needs> = (
  state: S["Type"]
) => Effect.Effect<S["~type.make.in"], Failure, Needs>

/** What updates are made of. */
interface Updating<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>
  extends Pick<SessionStore<S, E, Summary>, "load" | "save">, Pick<Sender, "ready">
{
  readonly lock: KeyedLock
}

/** Makes the updating methods of a store. */
export const makeUpdates = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { load, lock, ready, save }: Updating<S, E, Summary>
) => {
  type Store = SessionStore<S, E, Summary>

  // The keys whose updates the calling fiber is in: waiting for one of their turns would never end.
  const updating = Context.Reference<ReadonlySet<string>>(`@holdfast/core/store/updating/${randomId()}`, {
    defaultValue: () => new Set()
  })

  const updateEffect: Store["updateEffect"] = traced(
    "SessionStore.update",
    Effect.fnUntraced(function*<Failure, Needs>(input: KeyInput, f: MakesState<S, Failure, Needs>) {
      const key = toKey(input)
      yield* ready(key)
      const once = Effect.gen(function*() {
        const current = yield* load(key)
        const made = yield* Effect.result(f(current.state))
        // A failure of `f` is an answer, also where it is a conflict of its own: only ours is tried again.
        if (Result.isFailure(made)) return Result.fail(made.failure)
        return Result.succeed(yield* save(key, made.success, { expect: current.version }))
      })
      const underWay = yield* updating
      const name = keyText(key)
      if (underWay.has(name)) return yield* Effect.die(new Error("an update of a session inside its own update"))
      const untilDone = Effect.retry(once, {
        schedule: updateRetries,
        while: (error) => error._tag === "SessionConflict"
      }).pipe(Effect.provideService(updating, new Set([...underWay, name])))
      return yield* Effect.fromResult(yield* lock(name)(untilDone))
    })
  )

  const update: Store["update"] = (input, f) => updateEffect(input, (state) => Effect.sync(() => f(state)))

  return { update, updateEffect }
}
