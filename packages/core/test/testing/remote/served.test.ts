/**
 * An adapter that is served over two pipes keeps the laws that it keeps here: nothing is lost or changed on the
 * way, errors come back as what they were, and streams and subscriptions go on as they do.
 */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { connect, type Harness, type Law, laws, serve } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, Fiber } from "effect"
import { makePipePair } from "./pipePair.ts"

const served: Harness = {
  name: "memory, served",
  fresh: Effect.sync(() => {
    const content = MemoryAdapter.makeMemory()
    return {
      open: Effect.gen(function*() {
        const { answering, asking } = yield* makePipePair
        const server = yield* Effect.forkScoped(serve(MemoryAdapter.make(content), answering))
        const { adapter, hangUp } = yield* connect(asking)
        yield* Effect.addFinalizer(() => Effect.andThen(hangUp, Fiber.await(server)))
        return adapter
      })
    }
  })
}

/** Families whose laws, taken together, send everything that goes over the pipes. */
const families: ReadonlySet<Law["family"]> = new Set([
  "round trip",
  "compare-and-set",
  "append",
  "removal",
  "instances",
  "health",
  "changes"
])

/** Laws that take long, and one about an instance that is asked after it was closed: who hung up asks nobody. */
const left: ReadonlySet<string> = new Set([
  "append.bigBatch",
  "append.concurrent",
  "cas.counts",
  "changes.sayMissed",
  "changes.endWithInstance"
])

conformance(served, { laws: laws.filter(({ family, id }) => families.has(family) && !left.has(id)) })
