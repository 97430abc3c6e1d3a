/**
 * `holdfast rm`: removes sessions.
 *
 * A session is removed as it was when it was looked up: one that somebody saved meanwhile stays. What a removal leaves
 * on the disk is a tombstone and, until `purge`, what the store keeps beside it.
 */
import { keyText, randomId, type StorageAdapter } from "@holdfast/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { ExitCodes } from "../exitCode.ts"
import { CliFailure, tell } from "../output/CliFailure.ts"
import { Output } from "../output/Output.ts"
import { counted } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { findHead } from "../stores/keys.ts"
import { openStore } from "../stores/open.ts"

const removeOne = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], text: string) {
  const { key, version } = yield* findHead(adapter, text)
  yield* adapter.commit({ writeId: randomId(), operations: [{ _tag: "Remove", key, expect: version }] })
  return keyText(key)
})

/** The failure of a later session says which ones are gone already. */
const afterSome = (removed: ReadonlyArray<string>) => (error: unknown) => {
  const { advice, changed, code, exit, what } = tell(error)
  const before = `${counted(removed.length, "session")} before it removed (${removed.join(", ")})`
  return new CliFailure({
    code,
    what,
    changed: changed === "nothing" ? before : `${before}; of this one: ${changed}`,
    advice,
    exit: removed.length === 0 ? exit : undefined
  })
}

const remove = Effect.fnUntraced(function*(texts: ReadonlyArray<string>) {
  const { show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Change" })
  const removed: Array<string> = []
  for (const text of texts) {
    const one = removeOne(adapter, text)
    removed.push(yield* removed.length === 0 ? one : Effect.mapError(one, afterSome(removed)))
  }
  yield* show({ json: () => ({ removed }), text: () => removed.map((key) => `removed ${key}`) })
}, Effect.scoped)

export const rm = Command.make("rm", {
  sessions: Argument.String("session").pipe(
    Argument.withDescription("The sessions, as `holdfast ls` shows them"),
    Argument.atLeast(1)
  )
}, ({ sessions }) => withOutput(remove(sessions))).pipe(
  Command.withDescription("Remove sessions from a store."),
  Command.withExamples([{ command: "holdfast rm acct/org/local_1 --store ./sessions", description: "Remove one" }]),
  Command.annotate(ExitCodes, {
    0: "removed",
    2: "not removed: it is not there, or was saved meanwhile",
    3: "some were removed, which the message names"
  })
)
