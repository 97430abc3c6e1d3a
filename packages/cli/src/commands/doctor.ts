/**
 * `holdfast doctor`: what is wrong with a store, in plain words, and what to type next.
 *
 * It changes nothing: the only files that it makes are those by which it tries what the folder can do, and it removes
 * them. For an app whose store nobody knows it looks in every place where the app may keep one.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { examine } from "../doctor/examine.ts"
import { judge, type Verdict } from "../doctor/judge.ts"
import { findStore } from "../doctor/roots.ts"
import { diagnosisShown } from "../doctor/show.ts"
import { type ExitCode, ExitCodes, exitCodes } from "../exitCode.ts"
import { Output } from "../output/Output.ts"
import { adoptFlags, adoptFlagsOf } from "../recovery/adoptFlags.ts"
import type { AdoptFlags } from "../recovery/looking.ts"
import { givenStore, root, withOutput } from "../root.ts"

const codes: { readonly [verdict in Verdict]: ExitCode } = {
  healthy: exitCodes.done,
  attention: exitCodes.attention,
  unreadable: exitCodes.failed
}

interface Wanted {
  readonly app: Option.Option<string>
  readonly sessions: Option.Option<string>
  readonly adopt: AdoptFlags
}

const diagnose = Effect.fnUntraced(function*({ adopt, app, sessions }: Wanted) {
  const { endWith, show } = yield* Output
  const { store } = yield* root
  const isSearched = Option.isNone(store) && Option.isSome(app)
  const url = isSearched ?
    yield* findStore({ name: app.value, sessions: Option.getOrUndefined(sessions) }) :
    Option.some(
      yield* givenStore
    )
  if (Option.isNone(url)) return
  const examined = yield* examine(url.value, adopt)
  const judgement = judge(examined)
  yield* show(diagnosisShown(examined, judgement, yield* Clock.currentTimeMillis))
  yield* endWith(codes[judgement.verdict])
})

export const doctor = Command.make("doctor", {
  app: Flag.String("app").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("Look in every place where this app may keep its sessions; the name of its data folder"),
    Flag.optional
  ),
  sessions: Flag.String("sessions").pipe(
    Flag.withMetavar("folder"),
    Flag.withDescription("With --app: the folder of its sessions below its data folder"),
    Flag.optional
  ),
  ...adoptFlags
}, (flags) => withOutput(diagnose({ app: flags.app, sessions: flags.sessions, adopt: adoptFlagsOf(flags) }))).pipe(
  Command.withDescription("Say what is wrong with a store and what to do, without changing it."),
  Command.withExamples([
    { command: "holdfast doctor --store ./sessions", description: "Look at a folder of sessions" },
    { command: "holdfast doctor --app Claude --sessions claude-code-sessions", description: "Look for an app's store" }
  ]),
  Command.annotate(ExitCodes, { 0: "healthy", 1: "needs attention", 2: "cannot be read; nothing was changed" })
)
