/**
 * The queue of a key: changes that wait for their turn, in the order of their coming.
 *
 * The first of a queue waits for the key, the others for nothing but their answer. Whoever gets the turn takes those
 * behind him that can be written as one with his own: saves that stand next to each other and expect nothing of the
 * version before. Anything else breaks the run. Whoever is first then, or after the first one gave up, is called.
 */
import { type AdapterReceipt, type PlannedChange, type PlannedOperation, type StorageError } from "@holdfast/core/port"
import * as Deferred from "effect/Deferred"
import type * as Effect from "effect/Effect"

/** A change that waits for its key, and how its caller is answered. */
export interface Waiting {
  readonly change: PlannedChange
  /** What the caller waits for: it becomes another one when he is called. */
  answer: Deferred.Deferred<AdapterReceipt, StorageError>
  /** Waits for the key and for the answer; run by the caller who is the first. */
  readonly lead: Effect.Effect<AdapterReceipt, StorageError>
  isCalled: boolean
  /** Somebody writes it: whoever gives up waiting gives up the answer only. */
  isTaken: boolean
}

// The head remembers all write ids of the run that it was written for, whatever becomes of it: 91 bytes each.
const runMax = 256

const expectsNothing = (operation: PlannedOperation): boolean => operation._tag === "Put" && operation.expect === "any"

const isPlain = ({ change: { operations } }: Waiting): boolean =>
  operations.length === 1 && operations.every(expectsNothing)

/** The queues of all keys that somebody waits for. */
export type Queues = Map<string, Array<Waiting>>

const queueOf = (queues: Queues, key: string): Array<Waiting> => {
  const queue = queues.get(key) ?? []
  queues.set(key, queue)
  return queue
}

/** Makes the first of a queue go on with its `lead`, unless it does so already. */
const callFirst = ([first]: ReadonlyArray<Waiting>): void => {
  if (first === undefined || first.isCalled) return
  first.isCalled = true
  const former = first.answer
  first.answer = Deferred.makeUnsafe()
  Deferred.doneUnsafe(former, first.lead)
}

/** Goes to the end of a key's queue, and gives what to wait for. */
export const enterQueue = (queues: Queues, key: string, waiting: Waiting): Waiting["lead"] => {
  const queue = queueOf(queues, key)
  queue.push(waiting)
  waiting.isCalled = queue.length === 1
  return waiting.isCalled ? waiting.lead : Deferred.await(waiting.answer)
}

/** Leaves a key's queue; nothing happens when it was left before. */
export const leaveQueue = (queues: Queues, key: string, waiting: Waiting): void => {
  const queue = queueOf(queues, key)
  const at = queue.indexOf(waiting)
  if (at >= 0) queue.splice(at, 1)
  callFirst(queue)
  if (queue.length === 0) queues.delete(key)
}

/** Takes the first of the queue and those behind it that may be written as one with it. */
export const takeRun = (queues: Queues, key: string): ReadonlyArray<Waiting> => {
  const queue = queueOf(queues, key)
  const end = queue.findIndex((waiting) => !isPlain(waiting))
  const run = queue.splice(0, Math.max(1, Math.min(end < 0 ? queue.length : end, runMax)))
  for (const waiting of run) waiting.isTaken = true
  callFirst(queue)
  if (queue.length === 0) queues.delete(key)
  return run
}
