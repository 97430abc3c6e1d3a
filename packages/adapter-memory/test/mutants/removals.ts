/** Flaws in removal, re-creation and incarnations. */
import { keyText, type StoredHead } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { damaging, type Mutant, mutant, recordOf, withRecord } from "./mutant.ts"
import { conflict } from "./refusals.ts"

const isRemoval = (operations: ReadonlyArray<{ readonly _tag: string }>) =>
  operations.some(({ _tag }) => _tag === "Remove")

export const removalMutants: ReadonlyArray<Mutant> = [
  damaging(
    { id: "removedHasEntries", flaw: "the entries of a removed session can still be read", breaks: ["remove.isGone"] },
    (cell, before, change) => isRemoval(change.operations) ? { ...cell, entries: before?.entries ?? [] } : cell
  ),
  mutant(
    { id: "listsRemoved", flaw: "removed sessions are listed", breaks: ["remove.isGone", "list.followsWrites"] },
    () => {
      const removed = new Map<string, StoredHead>()
      return (adapter) => ({
        commit: (change) =>
          Effect.gen(function*() {
            const key = change.operations[0]?.key
            const head = key === undefined ? Option.none() : yield* Effect.option(adapter.head(key))
            const receipt = yield* adapter.commit(change)
            if (isRemoval(change.operations) && key !== undefined && Option.isSome(head) && Option.isSome(head.value)) {
              removed.set(keyText(key), head.value.value)
            }
            return receipt
          }),
        list: (query) => Stream.concat(adapter.list(query), Stream.suspend(() => Stream.fromIterable(removed.values())))
      })
    }
  ),
  mutant(
    { id: "refusesAbsent", flaw: "removing what is absent is a conflict", breaks: ["remove.ofAbsent"] },
    (content) => (adapter) => ({
      commit: (change) => {
        const key = change.operations[0]?.key
        const isAbsent = key !== undefined && recordOf(content.cells.get(keyText(key))) === undefined
        return isAbsent && isRemoval(change.operations)
          ? Effect.fail(conflict(key, "present"))
          : adapter.commit(change)
      }
    })
  ),
  mutant(
    { id: "removesByPrefix", flaw: "a removal takes along what begins like its key", breaks: ["remove.leavesOthers"] },
    (content) => (adapter) => ({
      commit: (change) =>
        Effect.tap(adapter.commit(change), () =>
          Effect.sync(() => {
            if (!isRemoval(change.operations)) return
            const prefix = keyText(change.operations[0]!.key)
            for (const key of content.cells.keys()) {
              if (key !== prefix && key.startsWith(prefix)) content.cells.delete(key)
            }
          }))
    })
  ),
  damaging(
    {
      id: "oldEntriesComeBack",
      flaw: "a session that is created again has its old entries",
      breaks: ["recreate.isNew"]
    },
    (cell, before, change) => {
      if (isRemoval(change.operations)) return { ...cell, entries: before?.entries ?? [] }
      return recordOf(before) === undefined ? withRecord(cell, () => ({ entryCount: cell.entries.length })) : cell
    }
  ),
  mutant(
    {
      id: "oldIncarnation",
      flaw: "a session that is created again has its old incarnation",
      breaks: ["recreate.isNew"]
    },
    (content) => {
      const incarnations = new Map<string, string>()
      return (adapter) => ({
        commit: (change) =>
          Effect.tap(adapter.commit(change), ({ keys }) =>
            Effect.sync(() => {
              for (const { key } of keys) {
                const cell = content.cells.get(keyText(key))
                const record = recordOf(cell)
                if (cell === undefined || record === undefined) continue
                const incarnation = incarnations.get(keyText(key)) ?? record.incarnation
                incarnations.set(keyText(key), incarnation)
                content.cells.set(keyText(key), withRecord(cell, () => ({ incarnation })))
              }
            }))
      })
    }
  ),
  damaging(
    {
      id: "oldCreation",
      flaw: "a session that is created again has its old time of creation",
      breaks: ["recreate.isNew"]
    },
    (cell, before) => {
      const { removed } = before?.facts ?? { removed: Option.none() }
      const first = Option.match(removed, { onNone: () => undefined, onSome: ({ writes }) => writes[0]?.at })
      return first === undefined || recordOf(before) !== undefined
        ? cell
        : withRecord(cell, () => ({ createdAt: first }))
    }
  ),
  damaging(
    { id: "incarnationOfVersion", flaw: "every write draws another incarnation", breaks: ["incarnation.isKept"] },
    (cell) => withRecord(cell, ({ version }) => ({ incarnation: String(version) }))
  ),
  damaging(
    {
      id: "oneIncarnation",
      flaw: "all sessions have one incarnation",
      breaks: ["incarnation.isKept", "recreate.isNew"]
    },
    (cell) => withRecord(cell, () => ({ incarnation: "the only one" }))
  ),
  damaging(
    {
      id: "newLifeForgetsRemoval",
      flaw: "a new life does not know the removal before it",
      breaks: ["recreate.outlivesRepeatedRemoval"]
    },
    (cell, before) =>
      recordOf(before) === undefined ? withRecord(cell, ({ writes }) => ({ writes: writes.slice(-1) })) : cell
  ),
  damaging(
    { id: "oldIdsCount", flaw: "write ids of a former life count in the new one", breaks: ["recreate.knowsNoOldIds"] },
    (cell, before, change) =>
      isRemoval(change.operations) ? { ...cell, entryWrites: before?.entryWrites ?? new Map() } : cell
  )
]
