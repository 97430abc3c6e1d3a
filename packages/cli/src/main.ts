/**
 * The program `holdfast`: runs the command line of this process and ends with the code that it comes to.
 *
 * All it adds to `run` is the process: its arguments, its file system, its signals, its output. An interrupted run closes
 * its store first and ends with 130, and one whose output nobody reads any more with 141, as if by SIGPIPE.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { exitCodes } from "./exitCode.ts"
import { outputFailed } from "./output/Pipe.ts"
import { quietNotices } from "./output/quietNotices.ts"
import { run } from "./run.ts"

// 128 and the number of SIGPIPE, as shells show it.
const readerGone = 141

const notShown = (code: string) =>
  `Failed: what there is to show cannot be written: ${code}.\n` +
  "Changed: what the command had done until then is done.\n" +
  "To do: Send its output to another place, then run the same command again."

const untilOutputFails = Effect.flatMap(
  outputFailed,
  (code) => code === "EPIPE" ? Effect.succeed(readerGone) : Effect.as(Console.error(notShown(code)), exitCodes.changed)
)

// Every command is made so: what it wrote is whole, and what it had not written yet is not begun.
const interrupted = "Interrupted. What was done is whole and stays; the same command may be run again, and goes on."

const program = Effect.gen(function*() {
  process.exitCode = yield* Effect.raceFirst(run(process.argv.slice(2)), untilOutputFails)
})

quietNotices()

NodeRuntime.runMain(
  program.pipe(Effect.onInterrupt(() => Console.error(interrupted)), Effect.provide(NodeServices.layer))
)
