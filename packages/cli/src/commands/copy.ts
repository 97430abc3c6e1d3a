/**
 * `holdfast copy`: the sessions of one store into another, whatever kinds of stores they are.
 *
 * The source is only read. A session that is in the target already is left unless the source has a later version of it,
 * so a copy that was interrupted is ended by the same command. Every session that is written is read back.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { copiedJson, copiedLines, isWhole } from "../output/copied.ts"
import { Output } from "../output/Output.ts"
import { withOutput } from "../root.ts"
import { copyAll } from "../stores/copying.ts"
import { mapFlag, type Rule } from "../stores/mapping.ts"
import { openStore } from "../stores/open.ts"
import { storeOf } from "../stores/storeName.ts"

const sameStore = (location: string) =>
  new CliFailure({
    code: "SameStore",
    what: `--from and --to are the same store, ${location}`,
    advice: "Name two stores.",
    exit: exitCodes.usage
  })

const copyStores = Effect.fnUntraced(function*(flags: {
  readonly from: string
  readonly to: string
  readonly map: ReadonlyArray<Rule>
  readonly verify: boolean
}) {
  const { endWith, show } = yield* Output
  const source = yield* openStore(yield* storeOf(flags.from), { _tag: "Look" })
  const target = yield* openStore(yield* storeOf(flags.to), { _tag: "Fill" })
  if (source.location === target.location) return yield* sameStore(source.location)
  const copied = yield* copyAll(source, target, flags)
  yield* show({ json: () => copiedJson(copied), text: copiedLines(copied) })
  if (!isWhole(copied)) yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const copy = Command.make("copy", {
  from: Flag.String("from").pipe(Flag.withMetavar("url"), Flag.withDescription("The store to copy; it is only read")),
  to: Flag.String("to").pipe(
    Flag.withMetavar("url"),
    Flag.withDescription("The store to fill; it is made when it is missing")
  ),
  map: mapFlag,
  verify: Flag.Boolean("verify").pipe(
    Flag.withDescription("At the end, compare every session with its copy once more"),
    Flag.withDefault(false)
  )
}, (flags) => withOutput(copyStores(flags))).pipe(
  Command.withDescription("Copy the sessions of one store into another."),
  Command.withExamples([
    {
      command: "holdfast copy --from ./sessions --to sqlite:./sessions.db --verify",
      description: "Files to a database"
    }
  ]),
  Command.annotate(ExitCodes, {
    0: "every session is in the target",
    1: "some are not, which are named; the same command goes on",
    3: "stopped in the middle; the same command goes on"
  })
)
