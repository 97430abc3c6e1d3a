/** A tracer that keeps the spans that ended, and adapters that fail in a given way. */
import { makeMemory, makeMemoryAdapter, type Reason, type StorageOperation } from "@holdfast/core"
import { Effect, type Exit, Metric, type Scope, Stream, Tracer } from "effect"
import { type Adapter, failureOf } from "../../src/policy/policies.ts"

export interface EndedSpan {
  readonly name: string
  readonly kind: string
  readonly parent: string | undefined
  readonly attributes: Record<string, unknown>
  readonly exit: Exit.Exit<unknown, unknown>
}

/** Runs with a tracer that keeps what ends, and a metric registry of its own. */
export const observing = <A, E, R>(run: (spans: ReadonlyArray<EndedSpan>) => Effect.Effect<A, E, R>) => {
  const spans: Array<EndedSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (time, exit) => {
        end(time, exit)
        const parent = span.parent._tag === "Some" && span.parent.value._tag === "Span"
          ? span.parent.value.name
          : undefined
        spans.push({ name: span.name, kind: span.kind, parent, attributes: Object.fromEntries(span.attributes), exit })
      }
      return span
    }
  })
  return Effect.suspend(() => run(spans)).pipe(
    Effect.withTracer(tracer),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )
}

/** Memory whose calls fail for a reason. */
export const failing = Effect.fnUntraced(function*(reason: Reason): Effect.fn.Return<Adapter, never, Scope.Scope> {
  const memory = yield* makeMemoryAdapter(makeMemory())
  const fail = (operation: StorageOperation) => Effect.fail(failureOf(memory, operation, { reason }))
  return {
    ...memory,
    load: () => fail("load"),
    commit: () => fail("commit"),
    list: () => Stream.fromEffect(fail("list"))
  }
})

/** The counters and histograms that were updated, as `name{attribute=value}` with their counts. */
export const metrics = Effect.map(Metric.snapshot, (snapshots) =>
  Object.fromEntries(
    snapshots.map(({ attributes, id, state }) => {
      const named = Object.entries(attributes ?? {}).filter(([name]) => name !== "unit" && name !== "db.system.name")
      const labels = named.map(([name, value]) => `${name}=${value}`).toSorted().join(",")
      return [`${id}{${labels}}`, "count" in state ? Number(state.count) : undefined]
    })
  ))
