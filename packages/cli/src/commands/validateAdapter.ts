/**
 * `holdfast validate-adapter`: the laws of the storage port, run over somebody's own adapter.
 *
 * The module exports a harness, which opens the adapter on empty data. Each law runs on data of its own and says whether
 * the adapter keeps it, breaks it and how, or need not keep it. Laws that are known to be broken are named, so that a
 * script fails on what is broken beside them, and on a gap that was closed.
 */
import type { LawOutcome } from "@holdfast/core/testing"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { Output } from "../output/Output.ts"
import { makeProgress } from "../output/progress.ts"
import { withOutput } from "../root.ts"
import { type Kit, loadKit } from "../validation/kit.ts"
import { complaintsOf, validatedShown } from "../validation/show.ts"

interface Wanted {
  readonly module: string
  /** Ids of laws or names of families; all of them when empty. */
  readonly only: ReadonlyArray<string>
  readonly gaps: ReadonlyArray<string>
  readonly seconds: number
}

const unknownNames = (names: ReadonlyArray<string>, known: string) =>
  new CliFailure({
    code: "UnknownLaw",
    what: `no law is named ${names.map((name) => JSON.stringify(name)).join(", ")}`,
    advice: `The laws and their families are listed in docs/CONTRACT.md; families are ${known}.`,
    exit: exitCodes.usage
  })

/** The laws that are asked for. */
const selectLaws = Effect.fnUntraced(function*({ laws }: Kit, { gaps, only }: Wanted) {
  const [ids, families] = [new Set(laws.map(({ id }) => id)), new Set<string>(laws.map(({ family }) => family))]
  const unknown = [
    ...only.filter((name) => !ids.has(name) && !families.has(name)),
    ...gaps.filter((id) => !ids.has(id))
  ]
  if (unknown.length > 0) return yield* unknownNames(unknown, [...families].join(", "))
  return only.length === 0 ? laws : laws.filter(({ family, id }) => only.includes(id) || only.includes(family))
})

// As many as the kit itself runs beside each other.
const lawsAtOnce = 4

const runLaws = Effect.fnUntraced(function*(kit: Kit, wanted: Wanted) {
  const laws = yield* selectLaws(kit, wanted)
  const progress = yield* makeProgress(`checking ${kit.harness.name}`, laws.length)
  const runOne = (law: LawOutcome["law"]) =>
    Effect.tap(kit.run(law, { limit: `${wanted.seconds} seconds` }), () => progress(1))
  return yield* Effect.forEach(laws, runOne, { concurrency: lawsAtOnce })
}, Effect.scoped)

const validate = Effect.fnUntraced(function*(wanted: Wanted) {
  const { endWith, show } = yield* Output
  const kit = yield* loadKit(wanted.module)
  const outcomes = yield* runLaws(kit, wanted)
  const validated = { name: kit.harness.name, outcomes, gaps: wanted.gaps }
  yield* show(validatedShown(validated))
  if (complaintsOf(validated).length > 0) yield* endWith(exitCodes.attention)
})

export const validateAdapter = Command.make("validate-adapter", {
  module: Argument.String("module").pipe(
    Argument.withDescription("The module of a harness: it exports { name, fresh } as `harness` or by default")
  ),
  only: Flag.String("only").pipe(
    Flag.withMetavar("law"),
    Flag.withDescription("Only this law, or the laws of this family; may be given several times"),
    Flag.atLeast(0)
  ),
  gap: Flag.String("gap").pipe(
    Flag.withMetavar("law"),
    Flag.withDescription("A law that the adapter is known not to keep; may be given several times"),
    Flag.atLeast(0)
  ),
  seconds: Flag.Int("seconds").pipe(
    Flag.filter((seconds) => seconds >= 1, () => "a number of seconds from 1 on"),
    Flag.withDescription("How long one law may take"),
    Flag.withDefault(60)
  )
}, ({ gap, module, only, seconds }) => withOutput(validate({ module, only, gaps: gap, seconds }))).pipe(
  Command.withDescription("Check an adapter of one's own against the laws of the storage port."),
  Command.withExamples([
    { command: "holdfast validate-adapter ./harness.ts --only versions", description: "The laws of one family" }
  ]),
  Command.annotate(ExitCodes, {
    0: "every law that applies is kept, but for the known gaps",
    1: "a law is broken, or a known gap is none",
    2: "the module cannot be loaded, or exports no harness"
  })
)
