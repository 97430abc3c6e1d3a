/** Flaws of a restore that show when something else happens at the same time: readers, writers, crashes and kills. */
import { keyText } from "@holdfast/core"
import { Effect, Semaphore } from "effect"
import type { Adapter, Content } from "../harness.ts"
import { editCell, hostMutant, type Mutant, mutant, withRecord } from "./mutant.ts"
import { tornByKills } from "./processes.ts"
import { restoreIn } from "./restores.ts"

/** Restores a record with half of its entries, does something else, then adds the others. */
export const restoreInHalves = (
  adapter: Adapter,
  content: Content,
  between: Effect.Effect<void>
): Adapter["commit"] =>
  Effect.fnUntraced(function*(change) {
    const restore = restoreIn(change)
    const receipt = yield* adapter.commit(change)
    const whole = restore === undefined ? undefined : content.cells.get(keyText(restore.key))
    if (restore === undefined || whole === undefined || whole.entries.length < 2) return receipt
    const half = Math.floor(whole.entries.length / 2)
    editCell(content, restore.key, (cell) =>
      withRecord({ ...cell, entries: cell.entries.slice(0, half) }, () => ({ entryCount: half })))
    yield* between
    editCell(content, restore.key, () =>
      whole)
    return receipt
  })

export const restoreRaceMutants: ReadonlyArray<Mutant> = [
  mutant(
    { id: "restoresInHalves", flaw: "a record is restored in two halves", breaks: ["restore.wholeForReaders"] },
    (content) => (adapter) => ({ commit: restoreInHalves(adapter, content, Effect.yieldNow) })
  ),
  mutant(
    {
      id: "readsUnderLock",
      flaw: "nobody writes while a restore waits for its entries",
      breaks: ["restore.waitsWithoutKey"]
    },
    () => {
      const lock = Semaphore.makeUnsafe(1)
      return (adapter) => ({ commit: (change) => lock.withPermit(adapter.commit(change)) })
    }
  )
]

/** The same flaws as they show in another process, or after a crash. */
export const restoreWorldMutants: ReadonlyArray<Mutant> = [
  hostMutant(
    {
      id: "restoresTornByKills",
      flaw: "a kill leaves a restored record with half of its entries",
      breaks: ["restore.outlivesKills"]
    },
    (content) => tornByKills((adapter, between) => restoreInHalves(adapter, content, between))
  ),
  hostMutant(
    {
      id: "restoresTornByCrashes",
      flaw: "a crash leaves a restored record without its last entry",
      breaks: ["restore.outlivesCrashes"]
    },
    () => ({
      left: (content, { name }) => ({
        ...content,
        cells: new Map(
          [...content.cells].map(([key, cell]) => [
            key,
            name === "before its answer" ? { ...cell, entries: cell.entries.slice(0, -1) } : cell
          ])
        )
      })
    })
  )
]
