/**
 * An instance in another process: a command that serves an adapter over its standard input and output, started,
 * connected to, and killed when that is wanted.
 *
 * Closing the scope closes the instance in good order and waits for the process to end; one that does not end
 * in time is killed. What the process says on its standard error is said on ours.
 */
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import type { StandardCommand } from "effect/process/ChildProcess"
import * as ChildProcess from "effect/process/ChildProcess"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type * as Scope from "effect/Scope"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Elsewhere } from "../Harness.ts"
import { connect } from "./connect.ts"

// A process that has nothing to do ends within milliseconds of its input.
const endLimit = "5 seconds"

/** Starts a command that serves an adapter, until the scope closes. */
export const startElsewhere = Effect.fnUntraced(function*(
  command: StandardCommand
): Effect.fn.Return<Elsewhere, StorageError | PlatformError, ChildProcessSpawner | Scope.Scope> {
  const child = yield* ChildProcess.make(command.command, command.args, { ...command.options, stderr: "inherit" })
  const kill = child.kill({ killSignal: "SIGKILL" })
  const ended = Effect.exit(child.exitCode)
  const { adapter, hangUp } = yield* connect({ input: child.stdout, output: child.stdin })
  yield* Effect.addFinalizer(() =>
    Effect.andThen(hangUp, ended).pipe(
      Effect.timeoutOrElse({ duration: endLimit, orElse: () => Effect.ignore(kill, { log: "Debug" }) })
    )
  )
  return { adapter, kill }
})
