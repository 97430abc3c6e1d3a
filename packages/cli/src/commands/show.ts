/**
 * `holdfast show`: one session with its state and its newest entries.
 *
 * It is the one command that prints what a session says; every message leaves that out. A session whose entries are
 * damaged is shown with a line in the place of each of them. It only looks.
 */
import {
  displayKey,
  type StorageAdapter,
  type StoredEntry,
  type StoredSession,
  type UnreadableEntry
} from "@holdfast/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { entryJson, headJson, parsed } from "../output/encode.ts"
import { Output, type Shown } from "../output/Output.ts"
import { moment, type Paper } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { findHead } from "../stores/keys.ts"
import { openStore } from "../stores/open.ts"

type Row = StoredEntry | UnreadableEntry

interface Whole {
  readonly session: StoredSession
  readonly entries: ReadonlyArray<Row>
}

/** Reads a session and its newest entries. */
const read = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], text: string, last: number) {
  const { key } = yield* findHead(adapter, text)
  const session = yield* adapter.load(key)
  if (Option.isNone(session)) {
    return yield* new CliFailure({
      code: "NoSuchSession",
      what: `the session ${displayKey(key)} was removed a moment ago`,
      advice: "Run `holdfast ls` to see which sessions there are."
    })
  }
  const entries = last === 0 ? [] : yield* Stream.runCollect(adapter.entries(key, { last }))
  return { session: session.value, entries } satisfies Whole
})

const entryLines = (row: Row, { paint }: Paper): ReadonlyArray<string> =>
  row._tag === "StoredEntry"
    ? [`${paint("dim", `#${row.index}  ${moment(row.at)}`)}  ${JSON.stringify(parsed(row.entry))}`]
    : [paint("bad", `#${row.index}  cannot be read: ${row.error.reason.message}`)]

// Control characters of a state would speak to the terminal; JSON escapes all of them but these.
const harmless = (json: string): string =>
  json.replace(/[\u007f-\u009f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`)

const textOf = ({ entries, session: { body, head } }: Whole) => (paper: Paper): ReadonlyArray<string> => [
  paper.paint("head", displayKey(head.key).slice(1, -1)),
  `kind      ${head.kind}, schema version ${head.schemaVersion}`,
  `version   ${head.version}`,
  `created   ${moment(head.createdAt)}`,
  `updated   ${moment(head.updatedAt)}`,
  `entries   ${head.entryCount}`,
  "",
  harmless(JSON.stringify(parsed(body), null, 2)),
  ...(entries.length === 0 ? [] : ["", ...entries.flatMap((row) => entryLines(row, paper)).map(harmless)]),
  ...(entries.length < head.entryCount && entries.length > 0
    ? [paper.paint("dim", `the last ${entries.length} of ${head.entryCount}; --entries shows more`)]
    : [])
]

const shown = (whole: Whole): Shown => ({
  json: () => ({
    ...headJson(whole.session.head),
    state: parsed(whole.session.body),
    entries: whole.entries.map(entryJson)
  }),
  text: textOf(whole)
})

const showSession = Effect.fnUntraced(function*(text: string, last: number) {
  const { endWith, show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Look" })
  const whole = yield* read(adapter, text, last)
  yield* show(shown(whole))
  if (whole.entries.some(({ _tag }) => _tag === "UnreadableEntry")) yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const show = Command.make("show", {
  session: Argument.String("session").pipe(Argument.withDescription("The session, as `holdfast ls` shows it")),
  entries: Flag.Int("entries").pipe(
    Flag.filter((count) => count >= 0, () => "a number of entries is 0 or more"),
    Flag.withDescription("How many of its newest entries to show"),
    Flag.withDefault(10)
  )
}, ({ entries, session }) => withOutput(showSession(session, entries))).pipe(
  Command.withDescription("Show one session: its state and its newest entries."),
  Command.withExamples([
    { command: "holdfast show acct/org/local_1 --store ./sessions --entries 3", description: "With three entries" }
  ]),
  Command.annotate(ExitCodes, { 0: "shown", 1: "shown, and an entry could not be read" })
)
