/**
 * The policy that shows what an adapter does: metrics of every operation, spans where somebody traces, and a debug
 * log of every failure.
 *
 * Names follow OpenTelemetry's conventions for database clients where they fit. Nothing of a session's content is
 * told, and neither are keys and namespaces, unless spans are asked to. It changes no answer of the adapter.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Operation, StorageChange } from "../port/StorageChange.ts"
import { makeMetrics, type OperationMetrics } from "./observation/metrics.ts"
import { failingOf, failureAttributes, type OperationFacts, receiptAttributes } from "./observation/operation.ts"
import { annotate, below, endSpan, isTraced, spanOf, type SpansOption } from "./observation/spans.ts"
import type { Adapter, AdapterPolicy } from "./policies.ts"

/** How an adapter is observed. */
export interface ObservedOptions {
  /**
   * `auto`, the default, makes spans where the calling fiber has a tracer other than Effect's own, which keeps them
   * in memory; `on` makes them always, `off` never.
   */
  readonly spans?: SpansOption | undefined
  /** `shown` adds the session's key to spans, escaped and shortened; `hidden` is the default. */
  readonly keys?: "hidden" | "shown" | undefined
}

type Ended = <A>(exit: Exit.Exit<A, StorageError>) => Effect.Effect<void>

/** Runs something with the end of its observation, below the operation's span where there is one. */
type Begin = <A, E, R>(
  facts: OperationFacts,
  run: (ended: Ended, span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E, R>

const makeBegin = (
  adapter: string,
  metrics: OperationMetrics,
  { keys = "hidden", spans = "auto" }: ObservedOptions
): Begin => {
  const makeEnded = (facts: OperationFacts, clock: Clock.Clock, span: Tracer.Span | undefined): Ended => {
    const started = clock.monotonicTimeNanosUnsafe()
    return (exit) =>
      Effect.withFiber((fiber) => {
        const failing = failingOf(exit)
        const seconds = Number(clock.monotonicTimeNanosUnsafe() - started) / 1e9
        metrics.ended({ operation: facts.operation, seconds, failing }, fiber.context)
        if (span !== undefined) endSpan(span, clock, failing)
        if (Option.isNone(failing)) return Effect.void
        return Effect.annotateLogs(Effect.logDebug("a storage operation failed"), {
          ...spanOf(adapter, facts, keys).attributes,
          ...failureAttributes(failing.value)
        })
      })
  }

  return (facts, run) =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      if (!isTraced(fiber, spans)) return run(makeEnded(facts, clock, undefined), undefined)
      const { attributes, name } = spanOf(adapter, facts, keys)
      // An interruption finds the span either not begun or with its end in place.
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          Effect.makeSpan(name, { kind: "client", attributes }),
          (span) => restore(run(makeEnded(facts, clock, span), span))
        )
      )
    })
}

const kindOf = (operation: Operation): string | undefined =>
  operation._tag === "Remove" ? undefined : operation._tag === "Restore" ? operation.record.head.kind : operation.kind

/** What may be told of a change before it is committed. */
const factsOfChange = ({ operations }: StorageChange): OperationFacts => {
  const kinds = new Set(operations.flatMap((operation) => kindOf(operation) ?? []))
  return {
    operation: "commit",
    key: operations[0]?.key,
    batchSize: operations.length,
    kind: kinds.size === 1 ? [...kinds][0] : undefined
  }
}

/**
 * Observes an adapter.
 *
 * **Details**
 *
 * Metrics: the histogram `db.client.operation.duration` by operation and `error.type`, and the counters
 * `holdfast.storage.retries`, `.fallbacks`, `.displaced` and `.conflicts`. Spans are named by operation and kind of
 * session and tell of a write its adapter, durability, protocol, attempts and whether a lower tier took it. A
 * failure is logged at debug level by reason, outcome and remedy.
 *
 * The duration of a stream ends when its reader has the last row or stops, so it includes the reader's own time.
 * What retries and fallbacks do is seen where they are below this policy.
 */
export const observed = (options: ObservedOptions = {}): AdapterPolicy => (adapter) => {
  const metrics = makeMetrics(adapter.name)
  const begin = makeBegin(adapter.name, metrics, options)

  const effect = <A, E extends StorageError, R>(
    facts: OperationFacts,
    call: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> =>
    begin(facts, (ended, span) => Effect.onExit(span === undefined ? call : below(call, span), ended))

  const stream = <A>(
    facts: OperationFacts,
    rows: Stream.Stream<A, StorageError>
  ): Stream.Stream<A, StorageError> =>
    Stream.unwrap(begin(facts, (ended, span) => {
      const traced = span === undefined ? rows : Stream.provideService(rows, Tracer.ParentSpan, span)
      return Effect.succeed(Stream.onExit(traced, ended))
    }))

  const acknowledged = (receipt: AdapterReceipt): Effect.Effect<void> =>
    Effect.withFiber((fiber) => {
      metrics.acknowledged(receipt, fiber.context)
      return Effect.void
    })

  const commit: Adapter["commit"] = (change) =>
    begin(factsOfChange(change), (ended, span) => {
      const call = Effect.tap(adapter.commit(change), acknowledged)
      if (span === undefined) return Effect.onExit(call, ended)
      const told = Effect.tap(below(call, span), (receipt) =>
        Effect.sync(() => annotate(span, receiptAttributes(receipt))))
      return Effect.onExit(told, ended)
    })

  return {
    ...adapter,
    commit,
    head: (key) => effect({ operation: "head", key }, adapter.head(key)),
    load: (key) => effect({ operation: "load", key }, adapter.load(key)),
    entries: (key, range) => stream({ operation: "entries", key }, adapter.entries(key, range)),
    list: (query) => stream({ operation: "list", kind: query.kind }, adapter.list(query)),
    changes: effect({ operation: "changes" }, adapter.changes),
    probe: effect({ operation: "probe" }, adapter.probe),
    recover: (mode) => stream({ operation: "recover" }, adapter.recover(mode)),
    role: {
      read: effect({ operation: "readRole" }, adapter.role.read),
      compareAndSet: (expected, next) =>
        effect({ operation: "compareAndSetRole" }, adapter.role.compareAndSet(expected, next))
    }
  }
}
