/**
 * The program that the tests start, kill and starve: an app that keeps notes in a file store.
 *
 * Its argument is the store's options as JSON. Each line of its input is a list of lanes of numbered operations: lanes
 * run at the same time, the operations of a lane one after the other. Every operation is answered by one line of JSON
 * with its number, which has left the process before the lane goes on. It ends with its input, and with code 1 when anything failed.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Session } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { AppOptions } from "./app.ts"
import type { ChildOptions } from "./child.ts"
import { type Answer, Note, Notes, type Operation, perform, toWire } from "./notes.ts"

const { adopt, ...options } = JSON.parse(process.argv[2] ?? "{}") as Omit<AppOptions, keyof ChildOptions | "under">

const adopter = Session.adopter(
  Note,
  (json) => Option.map(Schema.decodeUnknownOption(Note.state)(json), (state) => ({ state }))
)

const say = (number: number, answer: Answer) =>
  Effect.sync(() => {
    if (answer._tag === "Failed") process.exitCode = 1
    // Node writes to a pipe before it returns.
    process.stdout.write(`${JSON.stringify([number, answer])}\n`)
  })

const runLanes = (line: string) =>
  Effect.forEach(
    JSON.parse(line) as ReadonlyArray<ReadonlyArray<readonly [number, Operation]>>,
    (lane) =>
      Effect.forEach(
        lane,
        ([number, operation]) => Effect.flatMap(perform(operation), (answer) => say(number, answer)),
        { discard: true }
      ),
    { concurrency: "unbounded", discard: true }
  )

const input = Stream.fromAsyncIterable(
  process.stdin as AsyncIterable<Uint8Array>,
  (cause) => new Error("no input", { cause })
)

const files = FsAdapter.layer(adopt === undefined ? options : { ...options, adopt: adopter })
const store = Notes.layer.pipe(Layer.provide(files), Layer.provide(NodeServices.layer))

const main = Effect.gen(function*() {
  yield* Notes
  yield* say(0, { _tag: "Opened" })
  yield* Stream.runForEach(input.pipe(Stream.decodeText, Stream.splitLines, Stream.orDie), runLanes)
}).pipe(
  Effect.provide(store),
  Effect.catch((error) => say(0, { _tag: "Failed", error: toWire(error) }))
)

await Effect.runPromise(main)
