import { assert, describe, it } from "@effect/vitest"
import { StorageError } from "@holdfast/core"
import { Effect } from "effect"
import type { Adapter } from "../../src/policy/policies.ts"
import { mirrored } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import { bodyIn, errorOf, key, makeScripted, put, refuse } from "./scripted.ts"

const { Io: io, NoSpace: noSpace } = reasonSamples

const check = (place: string) => ({ name: "write", place, outcome: "works" as const, detail: "" })

describe("what is read through a mirrored store", () => {
  it.effect("comes from the primary, and a primary that cannot be read is an error", () =>
    Effect.gen(function*() {
      const [primary, mirror] = [yield* makeScripted(), yield* makeScripted(refuse(noSpace))]
      const policy = mirrored({ adapter: mirror.adapter })(primary.adapter)
      yield* policy.commit(put("w", "1"))
      assert.strictEqual(yield* bodyIn(policy), "1")
      const unreadable = mirrored({ adapter: mirror.adapter })({
        ...primary.memory,
        load: () => Effect.fail(errorOf(io, "load"))
      })
      const error = yield* Effect.flip(unreadable.load(key))
      assert.instanceOf(error, StorageError)
      assert.strictEqual(error.reason, io)
    }))

  it.effect("of a probe is both reports", () =>
    Effect.gen(function*() {
      const { memory } = yield* makeScripted()
      const probing = (place: string): Adapter => ({
        ...memory,
        probe: Effect.succeed({ adapter: "memory", location: place, checks: [check(place)] })
      })
      const report = yield* mirrored({ adapter: probing("second") })(probing("first")).probe
      assert.deepStrictEqual(report.checks, [check("first"), check("second")])
    }))
})
