/**
 * One run of the program: from its arguments to the code that it ends with.
 *
 * Every failure ends here and is told in the same way: what failed, what was changed, what to do. A failure goes to
 * standard error, with `--json` also to standard output as the document that the caller waits for.
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import { loadCommands } from "./commands.ts"
import { type ExitCode, exitCodeLines, ExitCodes, exitCodes } from "./exitCode.ts"
import { jsonOf, tell, type Told } from "./output/CliFailure.ts"
import { CurrentEnding, type Ending } from "./output/Output.ts"
import { CurrentScreen } from "./output/Screen.ts"
import { naming, paperOf } from "./output/text.ts"
import { root, version } from "./root.ts"

const program = (args: ReadonlyArray<string>) =>
  Effect.flatMap(
    loadCommands(args),
    (commands) => Command.runWith(Command.withSubcommands(root, commands), { version })(args)
  )

/** Help with exit codes; what is wrong with a command line is said in a few lines on standard error. */
const makePresenter = Effect.map(CurrentScreen, ({ hasColors, program: name }): CliOutput.Presenter => {
  const formatter = CliOutput.defaultFormatter({ colors: hasColors, globalFlags: "summary" })
  return {
    present: (event) => {
      switch (event._tag) {
        case "Help": {
          const codes = exitCodeLines(Context.get(event.helpDoc.annotations, ExitCodes))
          return Console.log([formatter.formatHelpDoc(event.helpDoc), "", "EXIT CODES", ...codes].join("\n"))
        }
        case "Version":
          return Console.log(formatter.formatVersion(event.name, event.version))
        case "InvalidInvocation": {
          const help = naming({ program: name }, `Nothing was done. See \`${event.commandPath.join(" ")} --help\`.`)
          return Console.error(`${formatter.formatErrors(event.errors).trim()}\n${help}`)
        }
      }
    }
  }
})

const printFailure = Effect.fnUntraced(function*(told: Told, format: "text" | "json") {
  const paper = paperOf({ ...yield* CurrentScreen, width: Infinity })
  if (format === "json") yield* Console.log(JSON.stringify(jsonOf(told)))
  yield* Console.error(`${paper.paint("bad", "Failed:")} ${told.what}.`)
  yield* Console.error(`Changed: ${told.changed}.`)
  yield* Console.error(`To do: ${naming(paper, told.advice)}`)
})

/** What the failure of a run comes to. */
const endOf = Effect.fnUntraced(function*(cause: Cause.Cause<unknown>, format: "text" | "json") {
  if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
  const error = Cause.squash(cause)
  // The command line was wrong, which has been said, or help was asked for by giving no command.
  if (CliError.isCliError(error)) return exitCodes.usage
  const told = tell(error)
  yield* printFailure(told, format)
  if (told.code === "Unexpected") yield* Effect.logDebug("holdfast: unexpected", cause)
  return told.exit
})

/** Runs a command line. It does not fail: what went wrong is told, and is in the code. */
export const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const ending: Ending = { code: exitCodes.done }
  const format = args.includes("--json") ? "json" : "text"
  const presenter = CliOutput.layerPresenter(yield* makePresenter)
  const settings = Layer.mergeAll(
    presenter,
    Layer.succeed(CurrentEnding, ending),
    Layer.succeed(References.LogToStderr, true)
  )
  return yield* program(args).pipe(
    Effect.map(() => ending.code),
    Effect.catchCause((cause): Effect.Effect<ExitCode> => endOf(cause, format)),
    Effect.provide(settings)
  )
})
