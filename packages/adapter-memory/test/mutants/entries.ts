/** Flaws in lists of entries. */
import { keyText, makeKey } from "@holdfast/core"
import { Effect, Stream } from "effect"
import { damaging, editCell, type Mutant, mutant, recordOf, rewriting, rewritingEach, withRecord } from "./mutant.ts"

const batchMax = 1000

export const entryMutants: ReadonlyArray<Mutant> = [
  rewritingEach(
    {
      id: "losesSecondEntry",
      flaw: "the second entry of a batch is lost",
      breaks: ["append.keepsOrder", "append.concurrent"]
    },
    (operation) =>
      operation._tag === "Append" ? { ...operation, entries: operation.entries.toSpliced(1, 1) } : operation
  ),
  rewritingEach(
    { id: "reversesBatches", flaw: "the entries of a batch are turned round", breaks: ["append.keepsOrder"] },
    (operation) => operation._tag === "Append" ? { ...operation, entries: operation.entries.toReversed() } : operation
  ),
  rewriting(
    {
      id: "reversesAppends",
      flaw: "the second append of a change comes first",
      breaks: ["append.withPut", "commit.oneVersion"]
    },
    (change) => ({ ...change, operations: change.operations.toReversed() })
  ),
  rewriting(
    { id: "appendCreates", flaw: "an append creates the session that is not there", breaks: ["append.needsSession"] },
    (change, content) => {
      const [first] = change.operations
      if (first?._tag !== "Append" || change.operations.length > 1) return change
      if (recordOf(content.cells.get(keyText(first.key))) !== undefined) return change
      const { expect, key, kind, schemaVersion } = first
      return {
        ...change,
        operations: [{ _tag: "Put", key, expect, kind, schemaVersion, summary: "{}", body: "null" }, {
          ...first,
          expect: "any"
        }]
      }
    }
  ),
  damaging(
    {
      id: "oneSchemaPerChange",
      flaw: "all entries of a change have the schema version of its first append",
      breaks: ["append.keepsSchemaOfEach"]
    },
    (cell) => ({
      ...cell,
      entries: cell.entries.map((entry) => ({
        ...entry,
        schemaVersion: cell.entries.find(({ version }) => version === entry.version)?.schemaVersion ?? 1
      }))
    })
  ),
  damaging(
    { id: "appendClearsState", flaw: "an append empties the summary", breaks: ["append.keepsState"] },
    (cell, _, change) => change.operations.every(({ _tag }) => _tag === "Append") ? { ...cell, summary: "{}" } : cell
  ),
  damaging(
    { id: "appendRaisesSchema", flaw: "an append changes the state's schema version", breaks: ["append.keepsState"] },
    (cell, _, change) =>
      withRecord(cell, ({ schemaVersion }) => ({
        schemaVersion: Math.max(
          schemaVersion,
          ...change.operations.map((each) => each._tag === "Append" ? each.schemaVersion : 0)
        )
      }))
  ),
  damaging(
    { id: "entriesLoseVersion", flaw: "old entries take the newest version", breaks: ["append.keepsOrder"] },
    (cell) => ({
      ...cell,
      entries: cell.entries.map((entry) => ({ ...entry, version: recordOf(cell)?.version ?? entry.version }))
    })
  ),
  rewritingEach(
    { id: "writesNothing", flaw: "an append of nothing appends an empty entry", breaks: ["append.ofNothing"] },
    (operation) =>
      operation._tag === "Append" && operation.entries.length === 0 ? { ...operation, entries: ["null"] } : operation
  ),
  mutant(
    { id: "includesEnd", flaw: "the end of a range is part of it", breaks: ["entries.ranges"] },
    () => (adapter) => ({
      entries: (key, range) => adapter.entries(key, range.to === undefined ? range : { ...range, to: range.to + 1 })
    })
  ),
  rewritingEach(
    { id: "cutsBatches", flaw: "a batch is cut after a thousand entries", breaks: ["append.bigBatch"] },
    (operation) =>
      operation._tag === "Append" ? { ...operation, entries: operation.entries.slice(0, batchMax) } : operation
  ),
  mutant(
    { id: "unreadableEntry", flaw: "reports an entry that nobody wrote as unreadable", breaks: ["append.keepsOrder"] },
    () => (adapter) => ({
      entries: (key, range) =>
        Stream.concat(
          adapter.entries(key, range),
          Stream.unwrap(
            Effect.map(
              Effect.flip(adapter.load(makeKey(""))),
              (error) => Stream.make({ _tag: "UnreadableEntry" as const, index: 99, error })
            ).pipe(Effect.orElseSucceed(() => Stream.empty))
          )
        )
    })
  ),
  mutant(
    {
      id: "miscountsEntries",
      flaw: "the head counts every entry twice",
      breaks: ["put.keepsEntries", "commit.wholeForReaders"]
    },
    (content) => (adapter) => ({
      commit: (change) =>
        Effect.tap(adapter.commit(change), ({ keys }) =>
          Effect.sync(() => {
            for (const { key } of keys) {
              editCell(content, key, (cell) => withRecord(cell, () => ({ entryCount: 2 * cell.entries.length })))
            }
          }))
    })
  )
]
