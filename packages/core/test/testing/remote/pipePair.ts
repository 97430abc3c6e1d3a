/** Two pipes within one process: what is written at one end of a pipe is read at the other. */
import type { Pipes } from "@holdfast/core/testing"
import { type Cause, Effect, Queue, Sink, Stream } from "effect"

type Pipe = Queue.Queue<Uint8Array, Cause.Done>

const makePipe: Effect.Effect<Pipe> = Queue.unbounded()

const sideOf = (input: Pipe, output: Pipe): Pipes => ({
  input: Stream.fromQueue(input),
  output: Sink.ensuring(Sink.forEach((bytes: Uint8Array) => Queue.offer(output, bytes)), Queue.end(output))
})

export interface PipePair {
  readonly asking: Pipes
  readonly answering: Pipes
  /** Ends what the asking side reads, as the death of the other side does. */
  readonly cut: Effect.Effect<void>
}

/** The ends of both sides of a conversation. */
export const makePipePair: Effect.Effect<PipePair> = Effect.gen(function*() {
  const [there, back] = yield* Effect.all([makePipe, makePipe])
  return { asking: sideOf(back, there), answering: sideOf(there, back), cut: Effect.asVoid(Queue.end(back)) }
})
