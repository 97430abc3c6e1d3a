/**
 * The root of the command tree: what every command takes, and how a command is given its output.
 *
 * A command's own file says what it does; here is what they have in common. Which commands there are is told in
 * `commands.ts`.
 */
import type { StorageUrl } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import type { CliFailure } from "./output/CliFailure.ts"
import { makeOutput, Output } from "./output/Output.ts"
import { requireStore, storeOf } from "./stores/storeName.ts"

/** The version of this package. */
export const version = "0.1.0"

const store = Flag.String("store").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription("The store: the path of its folder, fs:<folder> or sqlite:<file>; else HOLDFAST_STORE"),
  Flag.withFallbackConfig(Config.String("HOLDFAST_STORE")),
  Flag.optional
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON on standard output, and nothing else there"),
  Flag.withDefault(false)
)

const quiet = Flag.Boolean("quiet").pipe(
  Flag.withAlias("q"),
  Flag.withDescription("Print results and failures only"),
  Flag.withDefault(false)
)

/** The root, whose flags every command takes. */
export const root = Command.make("holdfast").pipe(
  Command.withSharedFlags({ store, json, quiet }),
  Command.withDescription("Find, bring back and look after the sessions of an app.")
)

/** Gives a command its output. */
export const withOutput = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const output = yield* makeOutput(yield* root)
    return yield* Effect.provideService(effect, Output, output)
  })

/** The store that the command line or the environment names. */
export const givenStore: Effect.Effect<
  StorageUrl.Parsed,
  CliFailure,
  FileSystem | Command.CommandContext<"holdfast">
> = Effect.gen(function*() {
  const flags = yield* root
  return yield* storeOf(yield* requireStore(flags.store))
})
