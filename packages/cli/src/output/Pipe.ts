/**
 * Standard output as what it may be: a pipe that is read slowly, or whose reader has gone.
 *
 * Systems differ in whether a write to a pipe waits. Whoever writes much waits here, so that what is not read yet does
 * not pile up in memory. A reader that has gone ends the run without a word: it has what it wanted.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Waits until standard output takes more. */
export const CurrentDrain: Context.Reference<Effect.Effect<void>> = Context.Reference<Effect.Effect<void>>(
  "@holdfast/cli/output/Pipe",
  {
    defaultValue: () =>
      Effect.suspend(() =>
        process.stdout.writableNeedDrain
          ? Effect.callback<void>((resume) => {
            const listener = () => resume(Effect.void)
            process.stdout.once("drain", listener)
            return Effect.sync(() => process.stdout.off("drain", listener))
          })
          : Effect.void
      )
  }
)

/** Ends with the code of the error when standard output cannot be written; `EPIPE` when nobody reads it any more. */
export const outputFailed: Effect.Effect<string> = Effect.callback<string>((resume) => {
  const listener = (error: Error) => resume(Effect.succeed("code" in error ? String(error.code) : error.message))
  process.stdout.on("error", listener)
  return Effect.sync(() => process.stdout.off("error", listener))
})
