/**
 * The program of a worker thread that has a SQLite store: see `threadClient.ts`, which starts it.
 *
 * Its data are the options of the store. It ends when the store is closed, or could not be opened. It is loaded by its
 * name beside the module that starts it, so it stays a file of its own in a build.
 */
import * as Effect from "effect/Effect"
import { parentPort, workerData } from "node:worker_threads"
import { make, type SqliteOptions } from "./SqliteAdapter.ts"
import { serve } from "./threadServer.ts"

if (parentPort === null) throw new Error("this module is the program of a worker thread")

Effect.runFork(serve(parentPort, make(workerData as SqliteOptions)))
