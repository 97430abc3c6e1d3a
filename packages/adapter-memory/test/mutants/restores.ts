/** Flaws in what a restore makes of a record, and in what is known of its writes afterwards. */
import {
  type AppliedWrite,
  Conflict,
  keyText,
  makeChangeFeed,
  type Restore,
  StorageError,
  Version
} from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { toldBy } from "../host.ts"
import { type Cell, editCell, type Flaw, type Mutant, mutant, recordOf, withRecord } from "./mutant.ts"

/** The restore that a change consists of. */
export const restoreIn = (change: Parameters<Adapter["commit"]>[0]): Restore | undefined =>
  change.operations.length === 1 && change.operations[0]?._tag === "Restore" ? change.operations[0] : undefined

type Commit = Adapter["commit"]

/** A mutant that restores in another way; it commits other changes as it should. */
export const restoring = (
  flaw: Flaw,
  commitOver: (
    adapter: Adapter,
    content: Content
  ) => (restore: Restore, change: Parameters<Commit>[0]) => ReturnType<Commit>
): Mutant =>
  mutant(flaw, (content) => (adapter) => {
    const commit = commitOver(adapter, content)
    return {
      commit: (change) => {
        const restore = restoreIn(change)
        return restore === undefined ? adapter.commit(change) : Effect.suspend(() => commit(restore, change))
      }
    }
  })

/** A mutant that damages what was restored, or what is written to a restored session. */
const damagingRestored = (
  flaw: Flaw,
  damage: (cell: Cell, restore: Restore, before: Cell | undefined) => Cell
): Mutant =>
  restoring(flaw, (adapter, content) => (restore, change) => {
    const before = content.cells.get(keyText(restore.key))
    return Effect.tap(adapter.commit(change), () =>
      Effect.sync(() =>
        editCell(content, restore.key, (cell) =>
          cell === before ? cell : damage(cell, restore, before))
      ))
  })

const versionOf = (content: Content, { key }: Restore): number =>
  recordOf(content.cells.get(keyText(key)))?.version ?? 0

const written: ReadonlyArray<Mutant> = [
  restoring(
    {
      id: "restoresAsWrite",
      flaw: "a restore is a write like any other",
      breaks: ["restore.isVerbatim", "restore.copiesStore", "restore.knowsWrites"]
    },
    (adapter) => ({ entries, expect, key, record: { body, head } }, change) =>
      Effect.flatMap(Stream.runCollect(entries), (rows) => {
        const { kind, schemaVersion, summary } = head
        const as = { key, expect, kind, schemaVersion }
        return adapter.commit({
          ...change,
          operations: [
            { _tag: "Put", ...as, summary, body },
            { _tag: "Append", ...as, entries: rows.map(({ entry }) => entry) }
          ]
        })
      })
  ),
  damagingRestored(
    { id: "drawsIncarnations", flaw: "a restored record has another incarnation", breaks: ["restore.isVerbatim"] },
    (cell) => withRecord(cell, ({ incarnation }) => ({ incarnation: `${incarnation}0` }))
  ),
  damagingRestored(
    { id: "keepsOldEntries", flaw: "a restore keeps the entries that were there", breaks: ["restore.replaces"] },
    (cell, _, before) => {
      const entries = [...cell.entries, ...(before?.entries ?? []).slice(cell.entries.length)]
      return withRecord({ ...cell, entries }, () => ({ entryCount: entries.length }))
    }
  ),
  restoring(
    { id: "keepsKinds", flaw: "a restore over a record of another kind is refused", breaks: ["restore.replaces"] },
    (adapter, content) => ({ expect, key, record }, change) => {
      const kind = recordOf(content.cells.get(keyText(key)))?.kind ?? record.head.kind
      const reason = new Conflict({ outcome: "notApplied", expected: expect, actual: Option.none() })
      return kind === record.head.kind
        ? adapter.commit(change)
        : Effect.fail(new StorageError({ adapter: "memory", operation: "commit", key, reason }))
    }
  ),
  damagingRestored(
    { id: "keepsRecordsKey", flaw: "a record is restored under its own key", breaks: ["restore.isUnderItsKey"] },
    (cell, { record }) => ({ ...cell, key: record.head.key })
  ),
  mutant(
    { id: "keepsWhatIsRestored", flaw: "keeps the entries that it was given", breaks: ["restore.isCopied"] },
    (content) => (adapter) => ({
      commit: (change) => {
        const restore = restoreIn(change)
        if (restore === undefined) return adapter.commit(change)
        return Effect.flatMap(Stream.runCollect(restore.entries), (entries) =>
          Effect.tap(
            adapter.commit({ ...change, operations: [{ ...restore, entries: Stream.fromIterable(entries) }] }),
            () => Effect.sync(() => editCell(content, restore.key, (cell) => ({ ...cell, entries })))
          ))
      }
    })
  ),
  restoring(
    { id: "refusesWhatIsThere", flaw: "restoring what is there already is a conflict", breaks: ["restore.ofSame"] },
    (adapter, content) => (restore, change) =>
      versionOf(content, restore) < restore.record.head.version
        ? adapter.commit(change)
        : Effect.fail(
          new StorageError({
            adapter: "memory",
            operation: "commit",
            key: restore.key,
            reason: new Conflict({
              outcome: "notApplied",
              expected: restore.expect,
              actual: Option.map(
                content.cells.get(keyText(restore.key))?.facts.live ?? Option.none(),
                ({ version }) => version
              )
            })
          })
        )
  ),
  restoring(
    { id: "tellsNoRestores", flaw: "a restore is not reported", breaks: ["restore.isTold"] },
    (_, content) => (__, change) =>
      Effect.scoped(Effect.flatMap(openOver(toldBy(content, makeChangeFeed())), (silent) => silent.commit(change)))
  )
]

/** What a mutant tells in the place of the writes that a session remembers. */
const tellingWrites = (
  flaw: Flaw,
  edit: (writes: ReadonlyArray<AppliedWrite>) => ReadonlyArray<AppliedWrite>
): Mutant =>
  mutant(flaw, () => (adapter) => ({
    load: (key) =>
      Effect.map(
        adapter.load(key),
        Option.map((session) => ({ ...session, writes: edit(session.writes) }))
      )
  }))

const remembered: ReadonlyArray<Mutant> = [
  damagingRestored(
    {
      id: "forgetsRestoredWrites",
      flaw: "a restore forgets the writes of its record",
      breaks: ["restore.knowsWrites"]
    },
    (cell) => withRecord(cell, () => ({ writes: [] }))
  ),
  damagingRestored(
    {
      id: "forgetsRestoredAppends",
      flaw: "a restore forgets the appends that the record does not remember itself",
      breaks: ["restore.knowsWrites"]
    },
    (cell) => ({ ...cell, entryWrites: new Map() })
  ),
  mutant(
    { id: "goesOnBelow", flaw: "versions after a restore are those that a clock gives", breaks: ["restore.goesOn"] },
    (content) => (adapter) => {
      const restored = new Set<string>()
      return {
        commit: (change) =>
          Effect.tap(adapter.commit(change), () =>
            Effect.sync(() => {
              const [{ key } = { key: undefined }] = change.operations
              if (key === undefined) return
              if (restoreIn(change) !== undefined) restored.add(keyText(key))
              else if (restored.has(keyText(key))) {
                editCell(content, key, (cell) => withRecord(cell, ({ updatedAt }) => ({ version: Version(updatedAt) })))
              }
            })).pipe(Effect.map((receipt) => ({
              ...receipt,
              keys: receipt.keys.map((row) => ({
                ...row,
                version: recordOf(content.cells.get(keyText(row.key)))?.version ?? row.version
              }))
            })))
      }
    }
  ),
  tellingWrites(
    { id: "tellsOldestFirst", flaw: "the newest write is told first", breaks: ["writes.areTold"] },
    (writes) => writes.toReversed()
  ),
  tellingWrites(
    { id: "tellsFewWrites", flaw: "a session tells three writes", breaks: ["writes.areTold"] },
    (writes) => writes.slice(-3)
  ),
  mutant(
    { id: "entriesWithoutIds", flaw: "entries do not say which write added them", breaks: ["writes.areTold"] },
    () => (adapter) => ({
      entries: (key, range) =>
        Stream.map(
          adapter.entries(key, range),
          (row) => row._tag === "StoredEntry" ? { ...row, writeId: undefined } : row
        )
    })
  )
]

export const restoreMutants: ReadonlyArray<Mutant> = [...written, ...remembered]
