/**
 * Exit codes: what a script learns from a run without reading what it printed.
 *
 * They are part of the contract of every command and shown by its `--help`. The worst that happened decides. What a
 * code means beyond that to one command, that command says.
 */
import * as Context from "effect/Context"

/** The exit codes of every command. */
export const exitCodes = {
  /** Done, and nothing is wrong. */
  done: 0,
  /** It was looked through, and something needs attention. */
  attention: 1,
  /** It could not be read or done, and nothing was changed. */
  failed: 2,
  /** It failed after something was changed, or nobody can tell; the message says what. */
  changed: 3,
  /** The command line is wrong; nothing was done. */
  usage: 64
} as const

export type ExitCode = typeof exitCodes[keyof typeof exitCodes]

const meanings: { readonly [code: number]: string } = {
  0: "done, and nothing is wrong",
  1: "looked through, and something needs attention",
  2: "could not be read or done; nothing was changed",
  3: "failed after something was changed, or nobody can tell",
  64: "the command line is wrong; nothing was done",
  130: "interrupted",
  141: "whoever read the output went away"
}

/** What a command says of its exit codes beyond what they mean everywhere, by code. */
export const ExitCodes: Context.Reference<{ readonly [code: number]: string }> = Context.Reference(
  "@holdfast/cli/ExitCodes",
  { defaultValue: () => ({}) }
)

/** The lines of a help text about exit codes. */
export const exitCodeLines = (own: { readonly [code: number]: string }): ReadonlyArray<string> =>
  Object.entries({ ...meanings, ...own }).map(([code, meaning]) => `${code.padStart(3)}  ${meaning}`)
