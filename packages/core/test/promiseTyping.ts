/** An autosave in the test's time: somebody types, and what is stored and told is seen. */
import type { StorageAdapter } from "@holdfast/core"
import type { AutosaveError, AutosaveOptions, AutosaveStatus } from "@holdfast/core/promise"
import { Clock, Effect, Layer, Scheduler } from "effect"
import { draft, openChats, settled, storageWith } from "./promiseStores.ts"

/** An autosave of the session `a` over a storage, in the test's time, with what it tells. */
export const makeTyping = Effect.fnUntraced(function*(
  storage: Layer.Layer<StorageAdapter>,
  options: Omit<AutosaveOptions, "onError"> = {}
) {
  const time = Layer.mergeAll(
    Layer.succeed(Clock.Clock, yield* Clock.Clock),
    Layer.succeed(Scheduler.Scheduler, yield* Scheduler.Scheduler)
  )
  const chats = yield* Effect.promise(() => openChats(Layer.mergeAll(storage, time)))
  const errors: Array<AutosaveError> = []
  const states: Array<AutosaveStatus["state"]> = []
  const autosave = chats.autosave("a", {
    onError: (error) => errors.push(error),
    onStatus: ({ state }) => states.push(state),
    ...options
  })
  return {
    autosave,
    chats,
    errors,
    states,
    type: (count: number) => autosave.set({ ...draft, count }),
    /** What is stored. */
    stored: Effect.promise(async () => (await chats.find("a"))?.state.count)
  }
})

/** A clock that is another one but for some of its methods. */
export const clockWith = (clock: Clock.Clock, replaced: Partial<Clock.Clock>): Clock.Clock =>
  Object.assign(Object.create(clock) as Clock.Clock, replaced)

/** A memory that counts commits. */
export const makeCounted = () => {
  let commits = 0
  const storage = storageWith((memory) => ({
    commit: (change) =>
      Effect.suspend(() => {
        commits += 1
        return memory.commit(change)
      })
  }))
  return { storage, commits: () => commits }
}

/** Lets everything that is due run, in real time. */
export const rest = Effect.promise(settled)
