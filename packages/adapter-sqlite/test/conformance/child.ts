/**
 * The program that stands for another process in the conformance laws: a SQLite store, served over its standard
 * input and output. Its argument is the store's options as JSON. It ends with its input.
 */
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { serveOverStdio } from "@holdfast/core/testing"
import * as Effect from "effect/Effect"

const options = JSON.parse(process.argv[2] ?? "{}") as SqliteAdapter.SqliteOptions

await Effect.runPromise(Effect.provide(serveOverStdio(SqliteAdapter.make(options)), NodeStdio.layer))
