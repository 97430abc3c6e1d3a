/**
 * `holdfast report`: what support asks for about a store, in one file that somebody may send without a second thought.
 *
 * It holds counts, codes and what was tried, and neither content nor names: of accounts, sessions, folders or people. It
 * is JSON that can be read before it is sent. A store that cannot be opened is reported with the reason's code.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { Json } from "effect/Schema"
import { examine } from "../doctor/examine.ts"
import { judge } from "../doctor/judge.ts"
import { CurrentMachine } from "../doctor/Machine.ts"
import { ExitCodes } from "../exitCode.ts"
import { CliFailure, tell } from "../output/CliFailure.ts"
import { instant } from "../output/encode.ts"
import { Output } from "../output/Output.ts"
import { counted, size, wrap } from "../output/text.ts"
import { fileFailure } from "../recovery/files.ts"
import { factsOf } from "../report/facts.ts"
import { givenStore, version, withOutput } from "../root.ts"

// Documents are taken as a recovery takes them by itself.
const plainAdoption = {
  kind: Option.none<string>(),
  schemaVersion: Option.none<number>(),
  summary: [],
  accept: "likely"
} as const

/** The facts of a store, or why it cannot be opened, without what the failure names. */
const factsOfStore = Effect.gen(function*() {
  const url = yield* givenStore
  const examined = yield* Effect.result(examine(url, plainAdoption))
  if (examined._tag === "Success") return factsOf(examined.success, judge(examined.success))
  // A store that is not there has nothing to report: the name was wrong.
  if (examined.failure._tag === "CliFailure") return yield* examined.failure
  const { code } = tell(examined.failure)
  return { verdict: "unreadable", problem: code, operation: examined.failure.operation } satisfies Json
})

const reportOf = Effect.gen(function*() {
  const { architecture, node, osRelease, platform } = yield* CurrentMachine
  return {
    holdfastReport: 1,
    madeAt: instant(yield* Clock.currentTimeMillis),
    holdfast: version,
    system: { platform, architecture, osRelease, node },
    store: yield* factsOfStore
  } satisfies Json
})

const isThere = (file: string) =>
  new CliFailure({
    code: "ReportExists",
    what: `${file} is there already`,
    advice: "Name a file that is not there with --out."
  })

const writeReport = Effect.fnUntraced(function*(file: string, text: string) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* Effect.mapError(
    fileSystem.writeFileString(file, text, { flag: "wx", mode: 0o600 }),
    (error) =>
      error.reason._tag === "AlreadyExists" ? isThere(file) : fileFailure(`the report ${file} cannot be written`)(error)
  )
})

const reportStore = Effect.fnUntraced(function*(out: Option.Option<string>) {
  const { note, show } = yield* Output
  const report = yield* reportOf
  const text = `${JSON.stringify(report, null, 2)}\n`
  if (Option.isNone(out)) {
    yield* show({ json: () => report, text: () => [text.trimEnd()] })
    return yield* note("It holds no content and no names. --out writes it to a file.")
  }
  const file = out.value
  yield* writeReport(file, text)
  const lines = text.split("\n").length - 1
  yield* show({
    json: () => ({ report: file, bytes: Buffer.byteLength(text) }),
    text: (paper) => [
      `Report written to ${file}: ${counted(lines, "line")}, ${size(Buffer.byteLength(text))}.`,
      ...wrap(
        paper,
        "It holds counts, codes and what was tried; no content, and no names of accounts, sessions, folders or people. " +
          "It is plain text: read it before you send it."
      )
    ]
  })
})

export const report = Command.make("report", {
  out: Flag.String("out").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("file"),
    Flag.withDescription("The file to write, which must not be there. Standard output when left out"),
    Flag.optional
  )
}, ({ out }) => withOutput(reportStore(out))).pipe(
  Command.withDescription("Make a report for support, without content and names."),
  Command.withExamples([
    { command: "holdfast report --store ./sessions --out ./report.json", description: "To a file that can be sent" }
  ]),
  Command.annotate(ExitCodes, {
    0: "the report was made, whatever it says of the store",
    2: "the store is not there, or the report cannot be written"
  })
)
