/** Flaws in how repeated writes are recognised and answered. */
import { keyText, type StorageChange, type StorageError } from "@holdfast/core"
import { Effect, Option } from "effect"
import { damaging, type Mutant, mutant, rewriting, withRecord } from "./mutant.ts"
import { conflict } from "./refusals.ts"

const isAfter = (change: StorageChange, tag: StorageChange["operations"][number]["_tag"]): boolean =>
  change.operations.some(({ _tag }) => _tag === tag)

const renamed = (tag: StorageChange["operations"][number]["_tag"]) => {
  let count = 0
  return (change: StorageChange): StorageChange =>
    isAfter(change, tag) ? { ...change, writeId: `${change.writeId}/${++count}` } : change
}

export const repeatMutants: ReadonlyArray<Mutant> = [
  rewriting(
    { id: "repeatsPuts", flaw: "a repeated put is applied again", breaks: ["repeat.put", "repeat.both"] },
    renamed("Put")
  ),
  rewriting(
    { id: "repeatsAppends", flaw: "a repeated append is applied again", breaks: ["repeat.append", "repeat.both"] },
    renamed("Append")
  ),
  rewriting(
    { id: "repeatsRemovals", flaw: "a repeated removal is applied again", breaks: ["repeat.remove"] },
    renamed("Remove")
  ),
  mutant(
    {
      id: "repeatIsConflict",
      flaw: "a repeated write is answered by a conflict",
      breaks: ["repeat.put", "repeat.beforeExpect"]
    },
    () => {
      const applied = new Set<string>()
      return (adapter) => ({
        commit: (change) =>
          Effect.suspend(() =>
            applied.has(change.writeId) ? Effect.fail(conflict(change.operations[0]?.key)) : adapter.commit(change)
          )
            .pipe(
              Effect.tap(() => Effect.sync(() => applied.add(change.writeId)))
            )
      })
    }
  ),
  mutant(
    {
      id: "answersAsIsNow",
      flaw: "a repeated write is answered as if it were the last one",
      breaks: ["repeat.afterOthers"]
    },
    (content) => (adapter) => ({
      commit: (change) =>
        Effect.map(adapter.commit(change), (receipt) => ({
          ...receipt,
          keys: receipt.keys.map((row) => {
            const live = Option.getOrUndefined(content.cells.get(keyText(row.key))?.facts.live ?? Option.none())
            return live === undefined
              ? row
              : { ...row, version: live.version, updatedAt: live.updatedAt, entryCount: live.entryCount }
          })
        }))
    })
  ),
  mutant(
    {
      id: "remembersInInstance",
      flaw: "write ids are known to the instance that applied them only",
      breaks: ["repeat.afterReopen", "instances.recogniseRepeats"]
    },
    () => {
      let count = 0
      return (adapter) => {
        const instance = ++count
        return { commit: (change) => adapter.commit({ ...change, writeId: `${instance}/${change.writeId}` }) }
      }
    }
  ),
  damaging(
    { id: "forgetsRemovedIds", flaw: "a removal forgets the writes before it", breaks: ["repeat.afterRemoval"] },
    (cell) => ({
      ...cell,
      facts: {
        ...cell.facts,
        removed: Option.map(cell.facts.removed, (tombstone) => ({ ...tombstone, writes: tombstone.writes.slice(-1) }))
      }
    })
  ),
  damaging(
    { id: "forgetsAppendsSoon", flaw: "remembers sixteen appends", breaks: ["repeat.longAgo"] },
    (cell) => ({ ...cell, entryWrites: new Map() })
  ),
  rewriting(
    { id: "neverUnsure", flaw: "what was forgotten counts as never applied", breaks: ["repeat.scrolledOut"] },
    (change) => ({ ...change, attempt: 1 })
  ),
  rewriting(
    { id: "alwaysUnsure", flaw: "a first try may have been applied before", breaks: ["repeat.scrolledOut"] },
    (change) => ({ ...change, attempt: 2 })
  ),
  mutant(
    { id: "remembersRefusals", flaw: "a write id that was refused stays refused", breaks: ["repeat.afterRefusal"] },
    () => {
      const refusals = new Map<string, StorageError>()
      return (adapter) => ({
        commit: (change) =>
          Effect.suspend(() => {
            const refusal = refusals.get(change.writeId)
            return refusal === undefined ? adapter.commit(change) : Effect.fail(refusal)
          }).pipe(Effect.tapError((error) => Effect.sync(() => refusals.set(change.writeId, error))))
      })
    }
  ),
  mutant(
    {
      id: "looksThenWrites",
      flaw: "looks for the write id, then writes, and others write between",
      breaks: ["repeat.atOnce"]
    },
    () => {
      const applied = new Set<string>()
      let count = 0
      return (adapter) => ({
        commit: Effect.fnUntraced(function*(change) {
          const isKnown = applied.has(change.writeId)
          yield* Effect.yieldNow
          applied.add(change.writeId)
          return yield* adapter.commit(
            isKnown ? change : { ...change, writeId: count++ === 0 ? change.writeId : `${change.writeId}/${count}` }
          )
        })
      })
    }
  ),
  damaging(
    { id: "forgetsPutIds", flaw: "write ids of puts are not remembered", breaks: ["repeat.put", "commit.interrupted"] },
    (cell, _, change) =>
      isAfter(change, "Put") ? withRecord({ ...cell, entryWrites: new Map() }, () => ({ writes: [] })) : cell
  )
]
