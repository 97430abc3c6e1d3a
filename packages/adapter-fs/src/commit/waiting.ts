/**
 * The queue of a key: changes that wait for their turn, in the order of their coming.
 *
 * Whoever gets the turn takes those behind him that can be written as one with his own: saves that stand
 * next to each other and expect nothing of the version before. Anything else breaks the run.
 */
import { type AdapterReceipt, type PlannedChange, type PlannedOperation, type StorageError } from "@holdfast/core/port"
import type * as Deferred from "effect/Deferred"

/** A change that waits for its key, and how its caller is answered. */
export interface Waiting {
  readonly change: PlannedChange
  readonly answer: Deferred.Deferred<AdapterReceipt, StorageError>
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

/** Goes to the end of a key's queue. */
export const enterQueue = (queues: Queues, key: string, waiting: Waiting): void => {
  queueOf(queues, key).push(waiting)
}

/** Leaves a key's queue; nothing happens when it was left before. */
export const leaveQueue = (queues: Queues, key: string, waiting: Waiting): void => {
  const queue = queueOf(queues, key)
  const at = queue.indexOf(waiting)
  if (at >= 0) queue.splice(at, 1)
  if (queue.length === 0) queues.delete(key)
}

/** Takes the first of the queue and those behind it that may be written as one with it. */
export const takeRun = (queues: Queues, key: string): ReadonlyArray<Waiting> => {
  const queue = queueOf(queues, key)
  const end = queue.findIndex((waiting) => !isPlain(waiting))
  const length = Math.max(1, Math.min(end < 0 ? queue.length : end, runMax))
  const run = queue.slice(0, length)
  for (const waiting of run) {
    waiting.isTaken = true
    leaveQueue(queues, key, waiting)
  }
  return run
}
