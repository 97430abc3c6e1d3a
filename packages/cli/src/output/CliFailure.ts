/**
 * Failures of commands, and how every failure is told: what failed, what was changed, and what to do.
 *
 * No message holds session content. A failure that says nothing about changes has changed nothing: commands find out
 * what may go wrong before they write, and tell what was done when something goes wrong later.
 */
import { type Outcome, type Reason, StorageError } from "@holdfast/core"
import * as Data from "effect/Data"
import type { Json } from "effect/Schema"
import { type ExitCode, exitCodes } from "../exitCode.ts"

/** A command cannot go on, for a reason of its own. */
export class CliFailure extends Data.TaggedError("CliFailure")<{
  /** A stable name, for scripts. */
  readonly code: string
  /** One sentence without its full stop. */
  readonly what: string
  /** What was changed, where it is not nothing. */
  readonly changed?: string | undefined
  readonly advice: string
  /** The exit code, where it does not follow from what was changed. */
  readonly exit?: ExitCode | undefined
}> {
  override get message() {
    return this.what
  }
}

/** A failure as it is told. */
export interface Told {
  readonly code: string
  readonly what: string
  readonly changed: string
  readonly advice: string
  readonly exit: ExitCode
}

const nothing = "nothing"

const changes: { readonly [outcome in Outcome]: string } = {
  notApplied: nothing,
  applied: "what was asked for was done",
  unknown: "nobody can tell whether the change was made"
}

const adviceOf: { readonly [tag in Reason["_tag"]]?: string } = {
  DirectoryUnreadable:
    "Your sessions are not proven gone: the folder cannot be read. Copy it before you reinstall anything, then run `holdfast doctor`.",
  PermissionDenied: "Run it as the user whose sessions these are, or give this user the folder.",
  ReadOnly: "Make the volume writable, or name a store on another one.",
  NoSpace: "Make room on the disk, then run the same command again.",
  Busy: "Close the app that has the store open, then run the same command again.",
  Corrupt: "Run `holdfast recover` to see what can be brought back.",
  NewerFormat: "Use a newer version of holdfast: this store was written by one.",
  InvalidKey: "Give the session as `holdfast ls` shows it.",
  Virtualized: "Run `holdfast doctor`: it shows where the files really lie.",
  CrossDevice: "Run `holdfast doctor`: it shows how sessions are saved where files cannot be renamed.",
  Conflict: "Look at the session with `holdfast show`, and run the command again if it is still what you want.",
  Unavailable: "The app has moved to another store; name that one with --store.",
  TooManyOpenFiles: "Close other programs, or raise the limit of open files (`ulimit -n`), then try again."
}

const tellStorage = (error: StorageError): Told => ({
  code: error.reason._tag,
  what: `${error.adapter}.${error.operation}${
    error.key === undefined ? "" : ` of ${error.key.id}`
  }: ${error.reason.message}`,
  changed: changes[error.outcome],
  advice: adviceOf[error.reason._tag] ?? "Run `holdfast doctor` to see what is wrong with the store.",
  exit: error.outcome === "notApplied" ? exitCodes.failed : exitCodes.changed
})

/** How a failure is told; one that nobody foresaw is a mistake of this program. */
export const tell = (error: unknown): Told => {
  if (error instanceof CliFailure) {
    const { advice, changed = nothing, code, exit, what } = error
    return { code, what, changed, advice, exit: exit ?? (changed === nothing ? exitCodes.failed : exitCodes.changed) }
  }
  if (error instanceof StorageError) return tellStorage(error)
  return {
    code: "Unexpected",
    what: `holdfast met something that it does not know: ${error instanceof Error ? error.message : "no error at all"}`,
    changed: "nobody can tell",
    advice: "Run the command again with --log-level debug, and report what it prints.",
    exit: exitCodes.changed
  }
}

/** A failure as JSON. */
export const jsonOf = ({ advice, changed, code, what }: Told): Json => ({ error: { code, what, changed, advice } })
