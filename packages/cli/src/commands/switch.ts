/**
 * `holdfast switch`: makes another store the one that serves, while the app that has both goes on.
 *
 * Which store serves is noted in the stores themselves. An app that opens the same stores under the same names follows
 * within a second, and its writes wait for milliseconds; every session is copied and compared before that. Without
 * `--to` it says which store serves, and changes nothing.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { Output } from "../output/Output.ts"
import { withOutput } from "../root.ts"
import { type Backend, backendFlag, checkBackends } from "../switching/backends.ts"
import { statusShown, switchedShown } from "../switching/show.ts"
import { statusOf } from "../switching/status.ts"
import { switchTo } from "../switching/switchTo.ts"

const switchGiven = Effect.fnUntraced(function*(flags: {
  readonly backend: ReadonlyArray<Backend>
  readonly to: Option.Option<string>
  readonly transfer: "copy" | "none"
  readonly leaveUnreadable: boolean
}) {
  const { endWith, show } = yield* Output
  const { backend: backends, leaveUnreadable, to, transfer } = flags
  yield* checkBackends(backends, to)
  if (Option.isNone(to)) {
    const status = yield* statusOf(backends)
    yield* show(statusShown(status))
    return yield* Option.isNone(status.serving) ? endWith(exitCodes.attention) : Effect.void
  }
  const unreadable = leaveUnreadable ? "leave" : "refuse"
  const switched = yield* switchTo({ backends, to: to.value, transfer, unreadable })
  yield* show(switchedShown(switched, backends))
  if (switched.left.length > 0) yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const switchStores = Command.make("switch", {
  backend: backendFlag,
  to: Flag.String("to").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("The store that is to serve, by its name; without it nothing is changed"),
    Flag.optional
  ),
  transfer: Flag.Literals("transfer", ["copy", "none"]).pipe(
    Flag.withDescription("Whether the sessions are copied; with none the store serves what it holds"),
    Flag.withDefault("copy" as const)
  ),
  leaveUnreadable: Flag.Boolean("leave-unreadable").pipe(
    Flag.withDescription("Leave behind what cannot be read, and name it; without it such a store is not switched"),
    Flag.withDefault(false)
  )
}, (flags) => withOutput(switchGiven(flags))).pipe(
  Command.withDescription("Make another store the one that an app uses, while the app runs."),
  Command.withExamples([
    {
      command: "holdfast switch --backend files=./sessions --backend db=sqlite:./sessions.db",
      description: "Which of them serves, by the names that the app gives them"
    },
    {
      command: "holdfast switch --backend files=./sessions --backend db=sqlite:./sessions.db --to db",
      description: "From files to a database"
    }
  ]),
  Command.annotate(ExitCodes, {
    0: "the store serves",
    1: "without --to: no store can be said to serve; with --leave-unreadable: it serves, and something was left behind",
    2: "it was not switched; the store that served serves on",
    3: "it was not switched, and some sessions were copied; the store that served serves on"
  })
)
