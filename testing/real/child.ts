/**
 * Child processes that end with the scope: each in a group of its own, killed by that group's id alone.
 *
 * A child is watched by its lines of output. Its input is kept open; a child that ends with its input also ends when
 * this process is killed.
 */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly errors: string
}

export interface Child {
  readonly pid: number
  /** Writes a line to its input. */
  readonly write: (line: string) => Effect.Effect<void>
  /** All lines of output so far. */
  readonly lines: ReadonlyArray<string>
  /** What `look` sees in the lines, looked for after every line. Dies when the process ends before there is something. */
  readonly see: <A>(look: (lines: ReadonlyArray<string>) => A | undefined) => Effect.Effect<A>
  /** Ends its input and waits for its end. */
  readonly close: Effect.Effect<Ended>
  readonly kill: Effect.Effect<Ended>
  readonly ended: Effect.Effect<Ended>
}

export interface ChildOptions {
  /** The user and group to run as. */
  readonly user?: number | undefined
  readonly environment?: { readonly [name: string]: string } | undefined
}

const launch = (command: ReadonlyArray<string>, options: ChildOptions) => {
  const [program, ...args] = command
  const { environment, user } = options
  const process_ = spawn(program!, args, {
    cwd: "/",
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    ...(user === undefined ? {} : { uid: user, gid: user })
  })
  const lines: Array<string> = []
  const listeners = new Set<() => void>()
  const tell = () => [...listeners].forEach((listener) => listener())
  let errors = ""
  let ended: Ended | undefined
  // Writing to a process that has died is no news: its end is.
  process_.stdin.on("error", () => {})
  process_.stderr.setEncoding("utf8").on("data", (text: string) => errors += text)
  createInterface({ input: process_.stdout }).on("line", (line) => {
    lines.push(line)
    tell()
  })
  process_.on("error", (error) => errors += error.message)
  process_.on("close", (code, signal) => {
    ended = { code, signal, errors }
    tell()
  })

  /** Looks now, and again after every event, until there is something to see. */
  const watch = <A>(look: () => A | undefined) =>
    Effect.callback<A>((resume) => {
      const listener = () => {
        const seen = look()
        if (seen !== undefined) resume(Effect.succeed(seen))
      }
      listeners.add(listener)
      listener()
      return Effect.sync(() => listeners.delete(listener))
    })

  const outcome = watch(() => ended)
  const killGroup = Effect.andThen(
    Effect.sync(() => {
      if (ended !== undefined || process_.pid === undefined) return
      try {
        process.kill(-process_.pid, "SIGKILL")
      } catch (error) {
        // It has ended, and its end was not told yet.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
      }
    }),
    outcome
  )
  const child: Child = {
    pid: process_.pid ?? 0,
    lines,
    write: (line) => Effect.sync(() => void process_.stdin.write(`${line}\n`)),
    see: (look) =>
      Effect.flatMap(
        watch(() => {
          const seen = look(lines)
          return seen === undefined ? ended : { seen }
        }),
        (found) =>
          "seen" in found
            ? Effect.succeed(found.seen)
            : Effect.die(new Error(`${command.join(" ")} ended too early: ${JSON.stringify(found)}`))
      ),
    close: Effect.andThen(Effect.sync(() => process_.stdin.end()), outcome),
    kill: killGroup,
    ended: outcome
  }
  return child
}

// A process that waits for a file system of this scope dies only after that one, which is ended later.
const deathLimit = "2 seconds"

/** Starts a process; the end of the scope is its end. */
export const startChild = (command: ReadonlyArray<string>, options: ChildOptions = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => launch(command, options)),
    (child) => Effect.timeoutOption(child.kill, deathLimit)
  )

/** Runs a command to its end and fails the test unless it succeeded. */
export const runCommand = (...command: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* startChild(command)
    const { code, errors, signal } = yield* child.close
    if (code !== 0) return yield* Effect.die(new Error(`${command.join(" ")}: ${signal ?? code} ${errors}`))
  }))
