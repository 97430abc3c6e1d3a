/** Switches between memories under concurrent writers, with targets that fail and restarts. */
import { assert, it } from "@effect/vitest"
import { makeMemory, makeMemoryAdapter, StorageAdapter } from "@holdfast/core"
import { Effect, Layer } from "effect"
import { runSwitchLoad } from "../../../../testing/switchLoad.ts"
import { overBackends } from "./load.ts"

const lasting = () => {
  const memory = makeMemory()
  const opened = Effect.map(
    makeMemoryAdapter(memory),
    (adapter) => ({ ...adapter, capability: { ...adapter.capability, durability: "flushed" as const } })
  )
  return Layer.effect(StorageAdapter, opened)
}

it.live(
  "no write is lost or doubled by 100 switches under load, some of which fail or are interrupted, with restarts",
  () =>
    Effect.gen(function*() {
      const backends = yield* overBackends(lasting(), lasting())
      const report = yield* runSwitchLoad({
        ...backends,
        switchCount: 100,
        writerCount: 4,
        writeEvery: "10 millis",
        failEvery: 3,
        interruptEvery: 5,
        restartEvery: 10
      })
      assert.deepStrictEqual([report.lost, report.doubled, report.fallen], [[], [], []])
      assert.isAbove(report.failedCount, 5)
      assert.isAbove(report.interruptedCount, 2)
      assert.isAbove(report.restartCount, 3)
      assert.isAbove(report.writeCount, 100)
    }),
  60_000
)
