/**
 * What the program is shown on: how wide it is, and whether it takes colours and lines that are written over.
 *
 * A pipe is as wide as its longest line, so that whoever reads it finds every record on one line. It is read here
 * and nowhere else; a test brings its own.
 */
import * as Context from "effect/Context"
import { isatty } from "node:tty"

export interface Screen {
  /** In cells; infinite where lines are not cut off. */
  readonly width: number
  /** Whether standard output takes colours. */
  readonly hasColors: boolean
  /** Whether standard error is a terminal, where progress may be shown. */
  readonly showsProgress: boolean
  /** How a command line begins that runs this program again: `npx` leaves nothing that could be typed by its name. */
  readonly program: string
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

// Below this nothing fits, and a terminal that says so has not been asked.
const narrowest = 20

const observe = (): Screen => {
  const { env } = process
  const [isScreen, isErrorScreen] = [isatty(1), isatty(2)]
  const isDumb = env["TERM"] === "dumb"
  const columns = Number(env["COLUMNS"] ?? process.stdout.columns)
  const width = isScreen && columns >= narrowest ? columns : Infinity
  const isForced = isSet(env["FORCE_COLOR"]) && env["FORCE_COLOR"] !== "0"
  return {
    width,
    hasColors: !isSet(env["NO_COLOR"]) && !isDumb && (isScreen || isForced),
    showsProgress: isErrorScreen && !isDumb,
    program: env["npm_command"] === "exec" && env["npm_lifecycle_event"] === "npx" ? "npx @holdfast/cli" : "holdfast"
  }
}

/** The screen of this process, unless somebody provides another. */
export const CurrentScreen: Context.Reference<Screen> = Context.Reference("@holdfast/cli/output/Screen", {
  defaultValue: observe
})
