/**
 * A SQLite store that a worker thread has open: its adapter here asks the thread, and the event loop stays free.
 *
 * Its laws are those of the store in this thread. When the thread ends before it should, a write that was under way
 * is `OutcomeUnknown` and everything else `Unavailable`. The thread keeps no process that has nothing to ask it.
 */
import {
  type AdapterReceipt,
  type Capability,
  checkChange,
  checkKey,
  checkNamespace,
  Closed,
  type Health,
  OutcomeUnknown,
  type ProbeReport,
  readRestorations,
  type Reason,
  type SessionKey,
  type StorageAdapter,
  StorageError,
  type StorageOperation,
  type StoredHead,
  type StoredSession,
  Unavailable
} from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Worker } from "node:worker_threads"
import { type Answer, type Call, pack, type Pulled, type Request, unpack } from "./threadMessages.ts"

const name = "sqlite"
const what = "the worker thread that has the store open"

/** Under which name a call fails. */
interface Asked {
  readonly operation: StorageOperation
  readonly key?: SessionKey | undefined
}

const isWrite = ({ _tag }: Call): boolean => _tag === "Commit" || _tag === "SetRole"

const failed = ({ key, operation }: Asked, reason: Reason) =>
  new StorageError({ adapter: name, operation, key, reason })

const effectOf = (exit: Answer["exit"]): Effect.Effect<unknown, StorageError> => {
  if (exit._tag === "Success") return Effect.succeed(unpack(exit.value))
  if (exit._tag === "Failure") return Effect.fail(unpack(exit.error) as StorageError)
  return Effect.die(new Error(exit.message))
}

interface Waiter {
  readonly answer: (answer: Effect.Effect<unknown, StorageError>) => void
  /** What it is told when the thread ends. */
  readonly onEnd: () => StorageError
}

// In the repository modules are TypeScript, and other packages are found by this condition.
const isSource = import.meta.url.endsWith(".ts")

const start = (options: object): Worker =>
  new Worker(new URL(isSource ? "./thread.ts" : "./thread.js", import.meta.url), {
    workerData: options,
    ...(isSource ? { execArgv: ["--conditions=@holdfast/source"] } : {})
  })

/** Starts a thread and gives what asks it; the thread is told to close its store when the scope closes. */
const connect = Effect.fnUntraced(function*(options: object) {
  const waiters = new Map<number, Waiter>()
  let last = 0
  let isClosing = false
  let end: { readonly cause: unknown } | undefined
  const worker = start(options)

  const wait = (id: number, waiter: Waiter): void => {
    if (waiters.size === 0) worker.ref()
    waiters.set(id, waiter)
  }
  const settle = (id: number): Waiter | undefined => {
    const waiter = waiters.get(id)
    waiters.delete(id)
    if (waiters.size === 0) worker.unref()
    return waiter
  }
  const post = (request: Request) => worker.postMessage(request, [])

  const endReason = (call: Call): Reason =>
    isWrite(call)
      ? new OutcomeUnknown({ outcome: "unknown", why: `${what} has ended`, cause: end?.cause })
      : new Unavailable({ outcome: "notApplied", what, cause: end?.cause })

  worker.on("message", ({ exit, id }: Answer) => settle(id)?.answer(effectOf(exit)))
  worker.on("error", (cause) => {
    end ??= { cause }
  })
  worker.on("exit", (code) => {
    end ??= { cause: new Error(`the thread ended with code ${code}`) }
    for (const [id, { onEnd }] of waiters) settle(id)?.answer(Effect.fail(onEnd()))
  })

  const ask = <A>(call: Call, asked: Asked): Effect.Effect<A, StorageError> =>
    Effect.callback((resume) => {
      if (isClosing) return resume(Effect.fail(failed(asked, new Closed({ outcome: "notApplied" }))))
      if (end !== undefined) {
        return resume(Effect.fail(failed(asked, new Unavailable({ outcome: "notApplied", what, cause: end.cause }))))
      }
      const id = ++last
      wait(id, {
        answer: (answer) => resume(answer as Effect.Effect<A, StorageError>),
        onEnd: () => failed(asked, endReason(call))
      })
      post({ _tag: "Call", id, call })
      return Effect.sync(() => post({ _tag: "Cancel", id }))
    })

  const exited = Effect.callback<void>((resume) => {
    if (end !== undefined) return resume(Effect.void)
    worker.ref()
    worker.once("exit", () => resume(Effect.void))
  })
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isClosing = true
      if (end === undefined) post({ _tag: "Close" })
      return exited
    })
  )
  const described = yield* Effect.callback<unknown, StorageError>((resume) => {
    wait(0, { answer: resume, onEnd: () => failed({ operation: "open" }, endReason({ _tag: "Probe" })) })
  })
  return { ask, described: described as { readonly capability: Capability; readonly location: string } }
})

type Ask = Effect.Success<ReturnType<typeof connect>>["ask"]

/** Streams are read by pulling: the thread reads on only when somebody asks for more. */
const makeStreams = (ask: Ask) => {
  const open = (call: Call, asked: Asked) =>
    Effect.acquireRelease(
      ask<number>(call, asked),
      (target) => Effect.ignore(ask({ _tag: "Drop", target }, asked), { log: "Trace" })
    )
  const read = <A>(target: number, asked: Asked): Stream.Stream<A, StorageError> =>
    Stream.paginate(
      undefined,
      () =>
        Effect.map(ask<Pulled>({ _tag: "Pull", target }, asked), ({ isEnd, rows }) =>
          [rows as ReadonlyArray<A>, isEnd ? Option.none() : Option.some(undefined)] as const)
    )
  return {
    subscribe: <A>(call: Call, asked: Asked) => Effect.map(open(call, asked), (target) => read<A>(target, asked)),
    stream: <A>(call: Call, asked: Asked) =>
      Stream.unwrap(Effect.map(open(call, asked), (target) => read<A>(target, asked)))
  }
}

/** The health of a store that nobody can ask any more. */
const failing = (error: StorageError): Effect.Effect<Health> =>
  Effect.map(Clock.currentTimeMillis, (since) => {
    const facts = { state: "failing", since, lastError: Option.some(error), displacedCount: 0 } as const
    return { ...facts, tiers: [{ name, ...facts }] }
  })

const unopened = (location: string, detail: string): ProbeReport => ({
  adapter: name,
  location,
  checks: [{ name: "open", place: location, outcome: "fails", detail }]
})

/** Opens a SQLite store in a worker thread for the length of the scope. */
export const makeInThread = Effect.fnUntraced(function*(
  options: object
): Effect.fn.Return<StorageAdapter["Service"], StorageError, Scope.Scope> {
  const { ask, described: { capability, location } } = yield* connect(options)
  const { stream, subscribe } = makeStreams(ask)
  return {
    name,
    location,
    capability,
    head: (key) =>
      Effect.andThen(
        checkKey(name, "head", key),
        ask<Option.Option<StoredHead>>({ _tag: "Head", key }, { operation: "head", key })
      ),
    load: (key) =>
      Effect.andThen(
        checkKey(name, "load", key),
        ask<Option.Option<StoredSession>>({ _tag: "Load", key }, { operation: "load", key })
      ),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(name, capability, change)
      const planned = yield* readRestorations(name, capability, change)
      const asked = { operation: "commit", key: change.operations[0]!.key } as const
      return yield* ask<AdapterReceipt>({ _tag: "Commit", change: planned }, asked)
    }),
    entries: (key, range) =>
      Stream.unwrap(
        Effect.as(
          checkKey(name, "entries", key),
          stream({ _tag: "Entries", key, range }, { operation: "entries", key })
        )
      ),
    list: (query) =>
      Stream.unwrap(
        Effect.as(checkNamespace(name, query.namespace), stream({ _tag: "List", query }, { operation: "list" }))
      ),
    changes: subscribe({ _tag: "Changes" }, { operation: "changes" }),
    health: Stream.catch(
      stream<Health>({ _tag: "Health" }, { operation: "open" }),
      (error) => Stream.fromEffect(failing(error))
    ),
    role: {
      read: ask({ _tag: "ReadRole" }, { operation: "role" }),
      compareAndSet: (expected, next) => ask({ _tag: "SetRole", expected: pack(expected), next }, { operation: "role" })
    },
    probe: Effect.catch(
      ask<ProbeReport>({ _tag: "Probe" }, { operation: "open" }),
      ({ message }) => Effect.succeed(unopened(location, message))
    ),
    recover: (mode) => stream({ _tag: "Recover", mode }, { operation: "recover" })
  }
})
