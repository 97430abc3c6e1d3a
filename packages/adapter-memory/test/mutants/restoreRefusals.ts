/** Flaws in which restores are taken: those of older records, of other entries, and those that are not alone. */
import { keyText, type Restore, type StoredEntry, Version } from "@holdfast/core"
import { Effect, Stream } from "effect"
import { type Flaw, type Mutant, mutant, recordOf } from "./mutant.ts"
import { restoring } from "./restores.ts"

/** A mutant that restores another record, or other entries. */
const restoringOther = (
  flaw: Flaw,
  edit: (restore: Restore, entries: ReadonlyArray<StoredEntry>) => Restore,
  read: (entries: Restore["entries"]) => Restore["entries"] = (entries) => entries
): Mutant =>
  restoring(flaw, (adapter) => (restore, change) =>
    Effect.flatMap(
      Stream.runCollect(read(restore.entries)),
      (entries) => adapter.commit({ ...change, operations: [edit(restore, entries)] })
    ))

/** As many entries as came, and a record that counts as many. */
const counting = (restore: Restore, entries: ReadonlyArray<StoredEntry>): Restore => ({
  ...restore,
  record: { ...restore.record, head: { ...restore.record.head, entryCount: entries.length } },
  entries: Stream.fromIterable(
    entries.map((entry, index) => ({
      ...entry,
      index,
      version: Version(Math.min(entry.version, restore.record.head.version))
    }))
  )
})

export const restoreRefusalMutants: ReadonlyArray<Mutant> = [
  restoring(
    { id: "restoresBackwards", flaw: "a restore replaces what is newer", breaks: ["restore.needsHigherVersion"] },
    (adapter, content) => ({ key, expect }, change) => {
      if (expect !== "any") return adapter.commit(change)
      const before = content.cells.get(keyText(key))
      content.cells.delete(keyText(key))
      return Effect.tapError(adapter.commit(change), () =>
        Effect.sync(() => {
          if (before !== undefined) content.cells.set(keyText(key), before)
        }))
    }
  ),
  restoring(
    {
      id: "restoresOverRemovals",
      flaw: "a restore brings back what was removed since",
      breaks: ["restore.needsHigherVersion"]
    },
    (adapter, content) => ({ key }, change) => {
      if (recordOf(content.cells.get(keyText(key))) === undefined) content.cells.delete(keyText(key))
      return adapter.commit(change)
    }
  ),
  restoringOther(
    {
      id: "restoresWhateverExpected",
      flaw: "a restore is judged by no precondition",
      breaks: ["restore.judgesExpect"]
    },
    (restore, entries) => ({ ...restore, expect: "any", entries: Stream.fromIterable(entries) })
  ),
  restoringOther(
    {
      id: "restoresWhatCame",
      flaw: "restores the entries that came before their source failed",
      breaks: ["restore.failsWithSource"]
    },
    counting,
    Stream.catch(() => Stream.empty)
  ),
  restoringOther(
    { id: "countsWhatCame", flaw: "restores as many entries as come", breaks: ["restore.countsEntries"] },
    counting
  ),
  mutant(
    { id: "restoresFirst", flaw: "of a change with a restore the restore is taken only", breaks: ["restore.isAlone"] },
    () => (adapter) => ({
      commit: (change) => {
        const restore = change.operations.find(({ _tag }) => _tag === "Restore")
        return adapter.commit(restore === undefined ? change : { ...change, operations: [restore] })
      }
    })
  )
]
