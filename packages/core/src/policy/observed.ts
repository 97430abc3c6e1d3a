/**
 * The policy that shows what an adapter does: metrics of every operation, spans where somebody traces, and a debug
 * log of every failure.
 *
 * Names follow OpenTelemetry's conventions for database clients where they fit. Nothing of a session's content is
 * told, and neither are keys and namespaces, unless spans are asked to. It changes no answer of the adapter.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { StorageError } from "../errors/StorageError.ts"
import type { Operation, StorageChange } from "../port/StorageChange.ts"
import { makeMetrics, type OperationMetrics } from "./observation/metrics.ts"
import {
  failingOf,
  failureAttributes,
  type ObservedOperation,
  type OperationFacts,
  receiptAttributes
} from "./observation/operation.ts"
import { annotate, below, endSpan, isTraced, spanOf, type SpansOption } from "./observation/spans.ts"
import { type Adapter, type AdapterPolicy, wrap } from "./policies.ts"

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

/** One call under observation: how its end is told, and where. */
interface Observation {
  readonly ended: <A>(exit: Exit.Exit<A, StorageError>) => Effect.Effect<void>
  /** The operation's span where it is traced. */
  readonly span: Tracer.Span | undefined
  /** Of the fiber that calls: it has the registry of metrics. */
  readonly context: Context.Context<never>
}

/** Runs something under observation. What is told of it is asked for only where it is told: in spans and of failures. */
type Begin = <A, E, R>(
  operation: ObservedOperation,
  facts: () => OperationFacts,
  run: (observation: Observation) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E, R>

const makeBegin = (
  adapter: string,
  metrics: OperationMetrics,
  { keys = "hidden", spans = "auto" }: ObservedOptions
): Begin =>
(operation, facts, run) =>
  Effect.withFiber((fiber) => {
    const { context } = fiber
    const clock = fiber.getRef(Clock.Clock)

    const observe = (span: Tracer.Span | undefined): Observation => {
      const started = clock.monotonicTimeNanosUnsafe()
      const ended: Observation["ended"] = (exit) => {
        const failing = failingOf(exit)
        const seconds = Number(clock.monotonicTimeNanosUnsafe() - started) / 1e9
        metrics.ended({ operation, seconds, failing }, context)
        if (span !== undefined) endSpan(span, clock, failing)
        if (Option.isNone(failing)) return Effect.void
        return Effect.annotateLogs(Effect.logDebug("a storage operation failed"), {
          ...spanOf(adapter, facts(), keys).attributes,
          ...failureAttributes(failing.value)
        })
      }
      return { ended, span, context }
    }

    if (!isTraced(fiber, spans)) return run(observe(undefined))
    const { attributes, name } = spanOf(adapter, facts(), keys)
    // An interruption finds the span either not begun or with its end in place.
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.makeSpan(name, { kind: "client", attributes }),
        (span) => restore(run(observe(span)))
      )
    )
  })

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
 * `holdfast.storage.fallbacks`, `.displaced` and `.conflicts`; `holdfast.storage.retries` is counted by the policy that
 * retries. Spans are named by operation and kind of session and tell of a write its adapter, durability, protocol,
 * attempts and whether a lower tier took it. A failure is logged at debug level by reason, outcome and remedy.
 *
 * The duration of a stream ends when its reader has the last row or stops, so it includes the reader's own time.
 * What fallbacks do is seen where they are below this policy: round a chain, and not round one of its tiers.
 */
export const observed = (options: ObservedOptions = {}): AdapterPolicy => (adapter) => {
  const metrics = makeMetrics(adapter.name)
  const begin = makeBegin(adapter.name, metrics, options)

  const effect = <A, E extends StorageError, R>(
    facts: OperationFacts,
    call: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> =>
    begin(
      facts.operation,
      () => facts,
      ({ ended, span }) => Effect.onExit(span === undefined ? call : below(call, span), ended)
    )

  const stream = <A>(
    facts: OperationFacts,
    rows: Stream.Stream<A, StorageError>
  ): Stream.Stream<A, StorageError> =>
    Stream.unwrap(begin(facts.operation, () => facts, ({ ended, span }) => {
      const traced = span === undefined ? rows : Stream.provideService(rows, Tracer.ParentSpan, span)
      return Effect.succeed(Stream.onExit(traced, ended))
    }))

  const commit: Adapter["commit"] = (change) =>
    begin("commit", () => factsOfChange(change), ({ context, ended, span }) => {
      const call = adapter.commit(change)
      return Effect.onExit(span === undefined ? call : below(call, span), (exit) => {
        if (Exit.isSuccess(exit)) {
          metrics.acknowledged(exit.value, context)
          if (span !== undefined) annotate(span, receiptAttributes(exit.value))
        }
        return ended(exit)
      })
    })

  return wrap(adapter, {
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
  })
}
