/** The laws of the port over chaos: what keeps them unharmed keeps them slowly, and what fails fails within them. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Io, NoSpace } from "@holdfast/core"
import { Context, Effect, Layer } from "effect"
import { StorageAdapter } from "../../src/port/StorageAdapter.ts"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import type { Fault, Harness } from "../../src/testing/Harness.ts"
import { laws } from "../../src/testing/laws/index.ts"
import { conformance } from "../../src/testing/vitest.ts"

const openOver = (content: MemoryAdapter.Memory) =>
  Effect.map(Layer.build(MemoryAdapter.layerOver(content)), (built) => Context.get(built, StorageAdapter))

/** Memory behind chaos; its instances share one control, as they share one content. */
const behind = (name: string, options: Chaos.Options): Harness => ({
  name,
  fresh: Effect.gen(function*() {
    const content = MemoryAdapter.makeMemory()
    const control = yield* Chaos.control(options)
    return { open: Effect.flatMap(openOver(content), control.over) }
  })
})

const never: Chaos.Chances = {
  latency: 0,
  failure: 0,
  lostAnswer: 0,
  lateApplication: 0,
  hang: 0,
  partialListing: 0,
  torn: 0
}

conformance(behind("memory behind chaos that never strikes", { seed: { seed: "calm", chances: never } }))

conformance(
  behind("memory that is slow now and then, and late with every fifth change", {
    seed: {
      seed: "slow",
      chances: { latency: 0.1, lateApplication: 0.2 },
      latencyMax: "2 millis",
      late: { answer: "late", after: "1 millis" }
    }
  })
)

const at = { outcome: "notApplied", path: "memory" } as const

const faults: ReadonlyArray<Omit<Fault, "inject" | "lift"> & { readonly rules: ReadonlyArray<Chaos.Rule> }> = [
  {
    name: "there is no space",
    reasons: ["NoSpace"],
    hits: ["writes"],
    rules: [{ operation: "writes", mishap: Chaos.fail(new NoSpace({ ...at, code: "ENOSPC" })) }]
  },
  {
    name: "the device fails",
    reasons: ["Io"],
    hits: ["reads", "writes"],
    rules: [{ operation: "any", mishap: Chaos.fail(new Io({ ...at, code: "EIO" })) }]
  },
  {
    name: "answers are lost",
    reasons: ["OutcomeUnknown"],
    hits: ["writes"],
    rules: [{ operation: "commit", mishap: Chaos.loseAnswer }]
  },
  {
    name: "changes land on top of those that overtook them",
    reasons: ["OutcomeUnknown"],
    hits: ["writes"],
    rules: [{ operation: "commit", mishap: Chaos.applyLate({ others: "overtake", after: "1 millis" }) }]
  },
  {
    name: "rows cannot be read and streams are torn",
    reasons: ["Io"],
    hits: ["reads"],
    rules: [
      { operation: "list", every: 2, mishap: Chaos.hide() },
      { operation: "list", mishap: Chaos.tear(1) },
      { operation: "entries", mishap: Chaos.tear(1) }
    ]
  }
]

/** Memory whose faults are chaos that a law turns on and off. */
const faulty: Harness = {
  name: "memory whose faults are chaos",
  fresh: Effect.gen(function*() {
    const content = MemoryAdapter.makeMemory()
    let current = ""
    const rules = faults.flatMap(({ name, rules }) =>
      rules.map((rule): Chaos.Rule => ({ ...rule, while: () => current === name }))
    )
    const control = yield* Chaos.control({ rules })
    return {
      open: Effect.flatMap(openOver(content), control.over),
      faults: faults.map((fault): Fault => ({
        ...fault,
        inject: Effect.sync(() => void (current = fault.name)),
        lift: Effect.andThen(control.settle, Effect.sync(() => void (current = "")))
      }))
    }
  })
}

conformance(faulty, { laws: laws.filter(({ family }) => family === "faults") })
