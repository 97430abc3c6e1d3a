/**
 * The side of a conversation that has the store: opens it in the worker thread and carries out what is asked.
 *
 * Every call is answered, those that a closing cuts short too: a write is then unknown, anything else was not made.
 * When the store is closed nothing is left that would keep the thread.
 */
import {
  Closed,
  OutcomeUnknown,
  type PlannedChange,
  type Reason,
  type StorageAdapter,
  type StorageChange,
  StorageError
} from "@holdfast/core/port"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { MessagePort } from "node:worker_threads"
import { type Answer, type Call, pack, type Pulled, type Request, unpack } from "./threadMessages.ts"

type Adapter = StorageAdapter["Service"]

/** A stream that somebody reads. */
interface Reading {
  readonly scope: Scope.Closeable
  readonly pull: Pull.Pull<ReadonlyArray<unknown>, unknown>
}

/** A change as it is asked of an adapter: what is restored comes as a stream. */
const withStreams = (change: PlannedChange): StorageChange => ({
  ...change,
  operations: change.operations.map((operation) =>
    operation._tag === "Restore" ? { ...operation, entries: Stream.fromIterable(operation.entries) } : operation
  )
})

const isWrite = ({ _tag }: Call): boolean => _tag === "Commit" || _tag === "SetRole"

const cutShort = (call: Call): StorageError => {
  const reason: Reason = isWrite(call)
    ? new OutcomeUnknown({ outcome: "unknown", why: "the store was closed while the write was under way" })
    : new Closed({ outcome: "notApplied" })
  return new StorageError({ adapter: "sqlite", operation: isWrite(call) ? "commit" : "open", reason })
}

const exitOf = (call: Call, exit: Exit.Exit<unknown, unknown>): Answer["exit"] => {
  if (Exit.isSuccess(exit)) return { _tag: "Success", value: pack(exit.value) }
  const error = Exit.findErrorOption(exit)
  if (Option.isSome(error)) return { _tag: "Failure", error: pack(error.value) }
  return Cause.hasInterruptsOnly(exit.cause)
    ? { _tag: "Failure", error: pack(cutShort(call)) }
    : { _tag: "Defect", message: Cause.pretty(exit.cause) }
}

/** The streams that are read, by number. */
const makeReadings = () => {
  const readings = new Map<number, Reading>()
  let last = 0
  const drop = (target: number) =>
    Effect.suspend(() => {
      const reading = readings.get(target)
      readings.delete(target)
      return reading === undefined ? Effect.void : Scope.close(reading.scope, Exit.void)
    })
  return {
    open: Effect.fnUntraced(function*<E>(
      stream: Effect.Effect<Stream.Stream<unknown, unknown>, E, Scope.Scope>
    ) {
      const scope = yield* Scope.make()
      const opening = Effect.flatMap(stream, (opened) => Stream.toPull(opened))
      const pull = yield* Effect.onError(
        Scope.provide(opening, scope),
        (cause) => Scope.close(scope, Exit.failCause(cause))
      )
      readings.set(++last, { scope, pull })
      return last
    }),
    pull: (target: number): Effect.Effect<Pulled, unknown> =>
      Effect.suspend(() => {
        const ended: Pulled = { rows: [], isEnd: true }
        const reading = readings.get(target)
        if (reading === undefined) return Effect.succeed(ended)
        return Pull.matchEffect(reading.pull, {
          onSuccess: (rows): Effect.Effect<Pulled, unknown> => Effect.succeed({ rows, isEnd: false }),
          onFailure: (cause) => Effect.failCause(cause),
          onDone: () => Effect.succeed(ended)
        })
      }),
    drop
  }
}

// What comes from the other end was typed there.
const given = (value: unknown) => unpack(value) as never

const makeCarryOut = (adapter: Adapter) => {
  const readings = makeReadings()
  const reading = (stream: Stream.Stream<unknown, unknown>) => readings.open(Effect.succeed(stream))
  return (call: Call): Effect.Effect<unknown, unknown> => {
    switch (call._tag) {
      case "Head":
        return adapter.head(given(call.key))
      case "Load":
        return adapter.load(given(call.key))
      case "Commit":
        return adapter.commit(withStreams(given(call.change)))
      case "ReadRole":
        return adapter.role.read
      case "SetRole":
        return adapter.role.compareAndSet(given(call.expected), given(call.next))
      case "Probe":
        return adapter.probe
      case "Entries":
        return reading(adapter.entries(given(call.key), given(call.range)))
      case "List":
        return reading(adapter.list(given(call.query)))
      case "Recover":
        return reading(adapter.recover(given(call.mode)))
      case "Changes":
        return readings.open(adapter.changes)
      case "Health":
        return reading(adapter.health)
      case "Pull":
        return readings.pull(call.target)
      case "Drop":
        return readings.drop(call.target)
    }
  }
}

/** Opens a store and serves it over a port until it is asked to close it. */
export const serve = Effect.fnUntraced(function*(
  port: MessagePort,
  open: Effect.Effect<Adapter, StorageError, Scope.Scope>
) {
  const post = (answer: Answer) => port.postMessage(answer)
  const scope = yield* Scope.make()
  const opened = yield* Effect.exit(Scope.provide(open, scope))
  const described = Exit.map(opened, ({ capability, location, name }) => ({ capability, location, name }))
  post({ id: 0, exit: exitOf({ _tag: "Probe" }, described) })
  if (Exit.isFailure(opened)) return
  const carryOut = makeCarryOut(opened.value)
  const fibers = new Map<number, Fiber.Fiber<unknown, unknown>>()

  const begin = ({ call, id }: Extract<Request, { _tag: "Call" }>): void => {
    const fiber = Effect.runFork(carryOut(call))
    fibers.set(id, fiber)
    fiber.addObserver((exit) => {
      fibers.delete(id)
      post({ id, exit: exitOf(call, exit) })
    })
  }

  yield* Effect.callback<void>((resume) => {
    port.on("message", (request: Request) => {
      if (request._tag === "Call") begin(request)
      if (request._tag === "Cancel") fibers.get(request.id)?.interruptUnsafe()
      if (request._tag === "Close") resume(Effect.void)
    })
  })
  yield* Scope.close(scope, Exit.void)
  // Whoever was told that the store is closed answers for itself first.
  yield* Effect.sleep("10 millis")
  yield* Effect.forEach([...fibers.values()], (fiber) => Fiber.interrupt(fiber), { concurrency: "unbounded" })
  port.close()
})
