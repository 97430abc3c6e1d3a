/**
 * The one place that prints: results on standard output, everything else on standard error.
 *
 * A command shows one result as text for people or as one JSON document, or a stream of them as lines. Notes and
 * progress go to standard error and are dropped by `--quiet`. With `--json` nothing but JSON is on standard output.
 */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Json } from "effect/Schema"
import { type ExitCode, exitCodes } from "../exitCode.ts"
import { jsonList, type ListEnd, type LongList, textList } from "./longList.ts"
import { CurrentDrain } from "./Pipe.ts"
import { CurrentScreen } from "./Screen.ts"
import { type Paper, paperOf } from "./text.ts"

/** A result in both of its forms. */
export interface Shown {
  readonly json: () => Json
  readonly text: (paper: Paper) => ReadonlyArray<string>
}

/** A result that is shown while it is read. */
export interface ListWriter<A> {
  /** Shows some items, and waits until more can be shown. */
  readonly add: (items: ReadonlyArray<A>) => Effect.Effect<void>
  readonly end: (rest: ListEnd) => Effect.Effect<void>
}

export class Output extends Context.Service<Output, {
  readonly format: "text" | "json"
  /** Whether only results and failures are wanted. */
  readonly isQuiet: boolean
  /** Shows a whole result. */
  readonly show: (shown: Shown) => Effect.Effect<void>
  /** Shows one item of a stream of results: a line of JSON, or lines of text. */
  readonly item: (shown: Shown) => Effect.Effect<void>
  /** Shows a result with a list of any length. */
  readonly list: <A>(list: LongList<A>) => ListWriter<A>
  /** Says something beside the result, on standard error. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Makes the run end with this code, unless it ends with a worse one. */
  readonly endWith: (code: ExitCode) => Effect.Effect<void>
}>()("@holdfast/cli/output/Output") {}

/** How a run prints, as its flags say. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
}

/** The code that a run ends with, as far as its command has said so. */
export interface Ending {
  code: ExitCode
}

/** Where a run keeps its ending. */
export const CurrentEnding: Context.Reference<Ending> = Context.Reference<Ending>("@holdfast/cli/output/Ending", {
  defaultValue: () => ({ code: exitCodes.done })
})

const print = (lines: ReadonlyArray<string>) => lines.length === 0 ? Effect.void : Console.log(lines.join("\n"))

/** Makes the output of a run. */
export const makeOutput = Effect.fnUntraced(function*({ json, quiet }: OutputOptions) {
  const ending = yield* CurrentEnding
  const paper = paperOf(yield* CurrentScreen)
  const printText = ({ text }: Shown) => print(text(paper))
  return Output.of({
    format: json ? "json" : "text",
    isQuiet: quiet,
    show: (shown) => json ? Console.log(JSON.stringify(shown.json(), null, 2)) : printText(shown),
    item: (shown) => json ? Console.log(JSON.stringify(shown.json())) : printText(shown),
    list: (list) => {
      const lines = json ? jsonList(list) : textList(list, paper)
      return {
        add: (items) => Effect.andThen(print(lines.page(items)), Effect.flatten(CurrentDrain)),
        end: (rest) => print(lines.end(rest))
      }
    },
    note: (text) => quiet ? Effect.void : Console.error(text),
    endWith: (code) =>
      Effect.sync(() => {
        ending.code = Math.max(ending.code, code) as ExitCode
      })
  })
})
