/**
 * Spans where somebody takes them, and nowhere else.
 *
 * A span that nobody sees costs about as much as a write to memory: `Effect.fn("name")` takes 6 us a call and
 * `Effect.fnUntraced` 0.4. Effect's own tracer, which stands where none is installed, keeps spans in memory and
 * shows them to nobody.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"

/** Whether a tracer is installed for a fiber that takes its spans somewhere. */
export const hasTracer = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(References.TracerEnabled) && fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer

/** `Effect.fn(name)` for methods: their calls get a span of this name where a tracer is installed. */
export const tracedFn = (name: string): Effect.fn.Untraced =>
  ((...parts: Parameters<Effect.fn.Untraced>) => {
    const method = Effect.fnUntraced(...parts) as (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown>
    return (...args: ReadonlyArray<unknown>) =>
      Effect.withFiber((fiber) => hasTracer(fiber) ? Effect.withSpan(method(...args), name) : method(...args))
  }) as Effect.fn.Untraced
