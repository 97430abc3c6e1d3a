/**
 * The program `holdfast`: runs the command line of this process and ends with the code that it comes to.
 *
 * All it adds to `run` is the process: its arguments, its file system, its signals. An interrupted run closes its store
 * first and ends with 130.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { run } from "./run.ts"

const program = Effect.gen(function*() {
  process.exitCode = yield* run(process.argv.slice(2))
})

NodeRuntime.runMain(Effect.provide(program, NodeServices.layer))
