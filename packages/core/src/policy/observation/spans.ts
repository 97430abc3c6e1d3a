/**
 * The spans of an observed adapter, by OpenTelemetry's conventions for database clients.
 *
 * See https://opentelemetry.io/docs/specs/semconv/db/database-spans/. A span ends with what may be told of its
 * operation, not with the error itself, whose message names the session.
 */
import type * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { displayKey } from "../../model/SessionKey.ts"
import { hasTracer } from "../../port/tracing.ts"
import { type Failing, failureAttributes, type OperationFacts } from "./operation.ts"

/** Whether operations get spans: `auto` where a tracer is installed that takes them somewhere. */
export type SpansOption = "auto" | "on" | "off"

/** What a span says of an operation that failed. */
class OperationFailed
  extends Data.TaggedError("OperationFailed")<{ readonly what: string; readonly errorType: string }>
{
  override get message(): string {
    return `${this.what}: ${this.errorType}`
  }
}

/** Whether a fiber's operations are traced. */
export const isTraced = (fiber: Fiber.Fiber<unknown, unknown>, spans: SpansOption): boolean =>
  spans === "on" ? fiber.getRef(References.TracerEnabled) : spans === "auto" && hasTracer(fiber)

/** What a span tells of an operation before it runs. */
export const spanOf = (
  adapter: string,
  { batchSize, key, kind, operation }: OperationFacts,
  keys: "hidden" | "shown"
): { readonly name: string; readonly attributes: Record<string, string | number> } => ({
  name: kind === undefined ? operation : `${operation} ${kind}`,
  attributes: {
    "db.system.name": adapter,
    "db.operation.name": operation,
    ...(kind === undefined ? {} : { "db.collection.name": kind }),
    // The conventions count operations where there are several only.
    ...(batchSize === undefined || batchSize < 2 ? {} : { "db.operation.batch.size": batchSize }),
    ...(keys === "hidden" || key === undefined ? {} : { "holdfast.session.key": displayKey(key) })
  }
})

/** Runs a call with a span as the parent of what it does. */
export const below = <A, E, R>(call: Effect.Effect<A, E, R>, span: Tracer.Span): Effect.Effect<A, E, R> =>
  Effect.provideService(call, Tracer.ParentSpan, span) as Effect.Effect<A, E, R>

/** Adds attributes to a span. */
export const annotate = (span: Tracer.Span, attributes: Record<string, string | number | boolean>): void => {
  for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
}

/** Ends a span. */
export const endSpan = (span: Tracer.Span, clock: Clock.Clock, failing: Option.Option<Failing>): void => {
  if (Option.isSome(failing)) annotate(span, failureAttributes(failing.value))
  const exit = Option.match(failing, {
    onNone: () => Exit.void,
    onSome: ({ errorType }) =>
      errorType === "Interrupted" ? Exit.interrupt() : Exit.fail(new OperationFailed({ what: span.name, errorType }))
  })
  span.end(clock.currentTimeNanosUnsafe(), exit)
}
