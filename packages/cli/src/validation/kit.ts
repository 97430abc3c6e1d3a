/**
 * The conformance kit that an adapter's own module uses: the laws, and the Effect that runs them.
 *
 * Both are loaded from where the module lies, not from this program: an adapter is judged by the version of Holdfast
 * that it was written against, and two copies of Effect are not mixed. This is the one place that loads code of others.
 */
import type * as TestingModule from "@holdfast/core/testing"
import type { Harness, Law, LawOutcome, RunOptions } from "@holdfast/core/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { CliFailure } from "../output/CliFailure.ts"

/** Loads modules, by path or as a module at a path would. */
export interface Modules {
  readonly load: (file: string) => Promise<unknown>
  readonly loadFrom: (file: string, specifier: string) => Promise<unknown>
}

const load = (file: string): Promise<unknown> => import(pathToFileURL(file).href)

/** The modules of this machine, unless somebody provides others. */
export const CurrentModules: Context.Reference<Modules> = Context.Reference<Modules>(
  "@holdfast/cli/validation/Modules",
  {
    defaultValue: () => ({
      load,
      loadFrom: (file, specifier) => load(createRequire(file).resolve(specifier))
    })
  }
)

/** The kit and the harness of a module. */
export interface Kit {
  readonly harness: Harness
  readonly laws: ReadonlyArray<Law>
  /** Runs one law; ends when it is interrupted. */
  readonly run: (law: Law, options: RunOptions) => Effect.Effect<LawOutcome, CliFailure>
}

const failed = (what: string, advice: string) => (cause?: unknown) =>
  new CliFailure({
    code: "ModuleFailed",
    what: cause instanceof Error ? `${what}: ${cause.message.split("\n")[0]}` : what,
    advice
  })

const attempt = <A>(run: () => Promise<A>, fail: (cause: unknown) => CliFailure): Effect.Effect<A, CliFailure> =>
  Effect.tryPromise({ try: run, catch: fail })

const isHarness = (value: unknown): value is Harness =>
  Predicate.hasProperty(value, "name") && Predicate.isString(value.name)
  && Predicate.hasProperty(value, "fresh") && Effect.isEffect(value.fresh)

const harnessOf = (module: unknown): Harness | undefined =>
  ["harness", "default"]
    .map((name) => Predicate.hasProperty(module, name) ? module[name] : undefined)
    .find(isHarness)

type Testing = typeof TestingModule
type EffectModule = typeof Effect

/** Loads the harness that a module exports, and the kit that it was written for. */
export const loadKit = Effect.fnUntraced(function*(module: string): Effect.fn.Return<Kit, CliFailure> {
  const modules = yield* CurrentModules
  const file = resolve(module)
  if (!existsSync(file)) return yield* failed(`there is no module ${file}`, "Look at the path once more.")()
  const harness = harnessOf(
    yield* attempt(
      () => modules.load(file),
      failed(`${module} cannot be loaded`, "Name the module of a harness, such as ./harness.js.")
    )
  )
  if (harness === undefined) {
    return yield* failed(
      `${module} exports no harness`,
      "Export one as `harness` or by default: { name, fresh }, where fresh is an Effect that makes an empty store, as " +
        "@holdfast/core/testing describes it."
    )()
  }
  const besides = failed(
    `the conformance kit is not in reach of ${module}`,
    "Install @holdfast/core and effect where the module lies."
  )
  const own = <A>(specifier: string) => attempt(() => modules.loadFrom(file, specifier) as Promise<A>, besides)
  const testing = yield* own<Testing>("@holdfast/core/testing")
  const { runPromise } = yield* own<EffectModule>("effect/Effect")
  return {
    harness,
    laws: testing.laws,
    run: (law, options) =>
      Effect.tryPromise({
        try: (signal) => runPromise(testing.runLaw(harness, law, options), { signal }),
        catch: failed(`the law ${law.id} came to no end`, "See what the module prints.")
      })
  }
})
