/**
 * Progress of what takes long: how much is done, how fast, and how long the rest takes.
 *
 * It is shown on a terminal only, on standard error, in one line that is written over and taken away at the end. A pipe
 * never sees it.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Output } from "./Output.ts"
import { CurrentScreen } from "./Screen.ts"
import { span } from "./text.ts"

/** Writes to the terminal's line without ending it; a test brings its own. */
export const TerminalLine: Context.Reference<(text: string) => unknown> = Context.Reference<(text: string) => unknown>(
  "@holdfast/cli/output/TerminalLine",
  { defaultValue: () => (text) => process.stderr.write(text) }
)

// People read ten numbers a second at most, and a terminal may be slow.
const everyMillis = 100

// A rate of the first moments says little about the rest.
const settledMillis = 2000

/** The line for a state of things; `total` is 0 where it is not known. */
const progressLine = (
  what: string,
  { count, millis, total }: { readonly count: number; readonly total: number; readonly millis: number }
): string => {
  const rate = millis > 0 ? count / (millis / 1000) : 0
  const done = total > 0 ? `${count}/${total} (${Math.floor((count / total) * 100)} %)` : String(count)
  const speed = rate > 0 ? `, ${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s` : ""
  const isKnown = total > count && rate > 0 && millis >= settledMillis
  const left = isKnown ? `, about ${span(Math.max(1000, ((total - count) / rate) * 1000))} left` : ""
  return `${what}: ${done}${speed}${left}`
}

const clearLine = "\r\u001b[2K"

/** Counts what is done; each call counts so many more. The line goes with the scope. */
export const makeProgress = Effect.fnUntraced(function*(what: string, total: number) {
  const { showsProgress } = yield* CurrentScreen
  const { isQuiet } = yield* Output
  if (!showsProgress || isQuiet) return () => Effect.void
  const write = yield* TerminalLine
  const started = yield* Clock.currentTimeMillis
  let count = 0
  let shownAt = 0
  yield* Effect.addFinalizer(() => Effect.sync(() => write(clearLine)))
  return Effect.fnUntraced(function*(more: number) {
    count += more
    const now = yield* Clock.currentTimeMillis
    if (now - shownAt < everyMillis) return
    shownAt = now
    write(clearLine + progressLine(what, { count, total, millis: now - started }))
  })
})
