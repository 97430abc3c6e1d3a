/**
 * The metrics of an observed adapter.
 *
 * Latency is OpenTelemetry's `db.client.operation.duration` with its unit, boundaries and attributes, see
 * https://opentelemetry.io/docs/specs/semconv/db/database-metrics/. The counters are Holdfast's own. No attribute
 * depends on sessions: there are as many series as operations and kinds of failure.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { Failing, ObservedOperation } from "./operation.ts"

// In seconds, as the conventions have them.
const durationBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** How long an operation took, and how it failed if it did. */
interface OperationEnd {
  readonly operation: ObservedOperation
  readonly seconds: number
  readonly failing: Option.Option<Failing>
}

/** Records what operations did, in the registry of the fiber that calls. */
export interface OperationMetrics {
  readonly ended: (end: OperationEnd, context: Context.Context<never>) => void
  readonly acknowledged: (receipt: AdapterReceipt, context: Context.Context<never>) => void
}

const counter = (
  adapter: string,
  { name, ...facts }: { readonly name: string; readonly description: string; readonly unit: string }
): Metric.Counter<number> =>
  Metric.counter(`holdfast.storage.${name}`, {
    description: facts.description,
    incremental: true,
    attributes: { "db.system.name": adapter, unit: facts.unit }
  })

/** Counts the tries that a retry makes beyond the first. Only the retry knows them: attempts are counted by others as well. */
export const retriesOf = (adapter: string): Metric.Counter<number> =>
  counter(adapter, { name: "retries", description: "Tries of calls beyond the first.", unit: "{try}" })

/** Makes the metrics of an adapter. */
export const makeMetrics = (adapter: string): OperationMetrics => {
  const durations = new Map<string, Metric.Histogram<number>>()

  const durationOf = (operation: ObservedOperation, errorType: string | undefined): Metric.Histogram<number> => {
    const series = errorType === undefined ? operation : `${operation} ${errorType}`
    const known = durations.get(series)
    if (known !== undefined) return known
    const made = Metric.histogram("db.client.operation.duration", {
      description: "Duration of database client operations.",
      boundaries: durationBoundaries,
      attributes: {
        "db.system.name": adapter,
        "db.operation.name": operation,
        unit: "s",
        ...(errorType === undefined ? {} : { "error.type": errorType })
      }
    })
    durations.set(series, made)
    return made
  }

  const fallbacks = counter(adapter, {
    name: "fallbacks",
    description: "Writes that a lower tier took.",
    unit: "{write}"
  })
  const displaced = counter(adapter, {
    name: "displaced",
    description: "Sessions whose write waits in a lower tier to be drained.",
    unit: "{session}"
  })
  const conflicts = counter(adapter, {
    name: "conflicts",
    description: "Writes that were refused because of what was there.",
    unit: "{write}"
  })

  return {
    ended: ({ failing, operation, seconds }, context) => {
      const errorType = Option.isSome(failing) ? failing.value.errorType : undefined
      durationOf(operation, errorType).updateUnsafe(seconds, context)
      if (errorType === "Conflict") conflicts.updateUnsafe(1, context)
    },
    acknowledged: ({ degraded, keys }, context) => {
      if (Option.isNone(degraded)) return
      fallbacks.updateUnsafe(1, context)
      if (degraded.value.pendingDrain) displaced.updateUnsafe(keys.length, context)
    }
  }
}
