/**
 * `holdfast watch`: what is saved and removed in a store, and how it is, as it happens.
 *
 * Changes of other processes are told where the store can tell them. What may have been missed is said, never passed
 * over. It goes on until it is interrupted, or until so many changes were told. Who watches is noted in the store, so
 * that writers tell what they do: the store is opened as an app opens it.
 */
import { type Change, type Health, keyText, type StorageAdapter } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ExitCodes } from "../exitCode.ts"
import { instant } from "../output/encode.ts"
import { Output, type Shown } from "../output/Output.ts"
import { moment } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { openStore } from "../stores/open.ts"

type Event =
  | { readonly _tag: "Change"; readonly change: Change }
  | { readonly _tag: "Health"; readonly health: Health }

const wordsOf = (change: Change): { readonly what: string; readonly key: string | null } => {
  switch (change._tag) {
    case "Changed":
      return { what: "saved", key: keyText(change.key) }
    case "Removed":
      return { what: "removed", key: keyText(change.key) }
    case "Missed":
      return { what: "missed", key: null }
  }
}

const healthText = ({ lastError, state }: Health): string =>
  `health: ${state}${Option.match(lastError, { onNone: () => "", onSome: ({ reason }) => ` (${reason._tag})` })}`

const missedText = "something may have changed that was not told; run `holdfast ls`"

const shown = (event: Event, at: number): Shown => {
  if (event._tag === "Health") {
    const { health } = event
    return {
      json: () => ({ at: instant(at), health: health.state, displaced: health.displacedCount }),
      text: () => [`${moment(at)}  ${healthText(health)}`]
    }
  }
  const { key, what } = wordsOf(event.change)
  return {
    json: () => ({ at: instant(at), change: what, key }),
    text: () => [`${moment(at)}  ${key === null ? missedText : `${what} ${key}`}`]
  }
}

const eventsOf = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], count: number) {
  const changes = Stream.map(yield* adapter.changes, (change): Event => ({ _tag: "Change", change }))
  const counted = count > 0 ? Stream.take(changes, count) : changes
  const health = Stream.map(adapter.health, (state): Event => ({ _tag: "Health", health: state }))
  return Stream.merge(counted, health, { haltStrategy: "left" })
})

const watchStore = Effect.fnUntraced(function*(count: number) {
  const { item, note } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Change" })
  const events = yield* eventsOf(adapter, count)
  yield* note(
    adapter.capability.watch === "process"
      ? `Watching ${adapter.location}; what other programs write here cannot be seen at this place.`
      : `Watching ${adapter.location}; interrupt to end.`
  )
  yield* Stream.runForEach(events, (event) => Effect.flatMap(Clock.currentTimeMillis, (at) => item(shown(event, at))))
}, Effect.scoped)

export const watch = Command.make("watch", {
  count: Flag.Int("count").pipe(
    Flag.filter((count) => count >= 0, () => "a count is 0 (without end) or more"),
    Flag.withDescription("End after so many changes; 0 goes on until it is interrupted"),
    Flag.withDefault(0)
  )
}, ({ count }) => withOutput(watchStore(count))).pipe(
  Command.withDescription("Tell what is saved and removed in a store, as it happens."),
  Command.withExamples([
    { command: "holdfast watch --store ./sessions --count 1", description: "Wait for the next change" }
  ]),
  Command.annotate(ExitCodes, { 0: "so many changes were told", 130: "interrupted, which is how it usually ends" })
)
