/**
 * The stores that an app switches between, each with the name that the app gives it: `--backend files=./sessions`.
 *
 * Names are kept in the stores' own records, so a command has to use those of the app. The first store is the one that
 * serves where none of them was ever switched.
 */
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"

/** A store by the app's name for it, as it was typed. */
export interface Backend {
  readonly name: string
  readonly store: string
}

const backend = (text: string): Effect.Effect<Backend, CliError.InvalidValue> => {
  const [, name, store] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  return name === undefined || store === undefined
    ? Effect.fail(
      new CliError.InvalidValue({ option: "backend", value: text, expected: "name=url", kind: "flag" })
    )
    : Effect.succeed({ name, store })
}

/** The flag for the stores of an app. */
export const backendFlag = Flag.String("backend").pipe(
  Flag.withAlias("b"),
  Flag.withMetavar("name=url"),
  Flag.mapEffect(backend),
  Flag.withDescription("A store of the app and its name there; all of them, the app's initial one first"),
  Flag.atLeast(0)
)

const wrong = (what: string, advice: string) =>
  new CliFailure({ code: "Backends", what, advice, exit: exitCodes.usage })

/** Fails unless there are two stores or more, each with a name of its own, and the one to switch to is among them. */
export const checkBackends = (
  backends: ReadonlyArray<Backend>,
  to: Option.Option<string>
): Effect.Effect<void, CliFailure> => {
  const names = backends.map(({ name }) => name)
  if (names.length < 2) {
    return Effect.fail(
      wrong(
        "a switch is between two stores or more",
        "Name each with --backend name=url, by the name that the app gives it, the app's initial one first."
      )
    )
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    return Effect.fail(wrong(`two stores are named ${JSON.stringify(twice)}`, "Give each store a name of its own."))
  }
  return Option.exists(to, (name) => !names.includes(name))
    ? Effect.fail(wrong(`no store is named ${JSON.stringify(Option.getOrThrow(to))}`, `There are ${names.join(", ")}.`))
    : Effect.void
}
