/**
 * The program that the tests start, kill and starve: an app that keeps notes in the storage it is given.
 *
 * Each line of its input is a list of lanes of numbered operations: lanes run at the same time, the operations of a
 * lane one after the other. Every operation is answered by one line of JSON with its number, which has left the
 * process before the lane goes on. It ends with its input, and with code 1 when anything failed.
 */
import type { StorageAdapter, StorageError } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Answer, Notes, type Operation, perform, toWire } from "./notes.ts"

/** The options that the program was started with. */
export const givenOptions = (): unknown => JSON.parse(process.argv[2] ?? "{}")

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

/** Runs the program over a storage, to the end of its input. */
export const runNotes = (storage: Layer.Layer<StorageAdapter, StorageError>): Promise<void> =>
  Effect.runPromise(
    Effect.gen(function*() {
      yield* Notes
      yield* say(0, { _tag: "Opened" })
      yield* Stream.runForEach(input.pipe(Stream.decodeText, Stream.splitLines, Stream.orDie), runLanes)
    }).pipe(
      Effect.provide(Layer.provide(Notes.layer, storage)),
      Effect.catch((error) => say(0, { _tag: "Failed", error: toWire(error) }))
    )
  )
