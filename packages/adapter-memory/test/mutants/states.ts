/** Flaws in what a write makes of a session's state, version and times. */
import { keyText, Version } from "@holdfast/core"
import { Effect, Option } from "effect"
import { damaging, type Mutant, mutant, recordOf, rewriting, rewritingEach, withRecord } from "./mutant.ts"

const truncatedAt = 64 * 1024

const withoutLoneSurrogates = (text: string): string =>
  JSON.stringify(JSON.parse(text), (_, value: unknown) => typeof value === "string" ? value.toWellFormed() : value)

export const stateMutants: ReadonlyArray<Mutant> = [
  damaging(
    { id: "keepsFirstBody", flaw: "a second put keeps the body of the first", breaks: ["put.overwrites"] },
    (cell, before) => recordOf(before) === undefined ? cell : { ...cell, body: before!.body }
  ),
  damaging(
    { id: "losesSummary", flaw: "a put stores no summary", breaks: ["put.isRead"] },
    (cell) => ({ ...cell, summary: "{}" })
  ),
  damaging(
    { id: "putClearsEntries", flaw: "a put without entries drops those that there are", breaks: ["put.keepsEntries"] },
    (cell, _, change) =>
      change.operations.some(({ _tag }) => _tag === "Append")
        ? cell
        : withRecord({ ...cell, entries: [] }, () => ({ entryCount: 0 }))
  ),
  mutant(
    {
      id: "absentIsEmpty",
      flaw: "a session that is absent loads as an empty one",
      breaks: ["absent.isNone", "remove.isGone"]
    },
    () => (adapter) => ({
      load: (key) =>
        Effect.map(
          adapter.load(key),
          Option.orElse(() =>
            Option.some({
              head: {
                _tag: "StoredHead" as const,
                key,
                kind: "",
                schemaVersion: 0,
                version: Version(1),
                incarnation: "",
                createdAt: 0,
                updatedAt: 0,
                summary: "{}",
                entryCount: 0
              },
              body: "null",
              writes: []
            })
          )
        )
    })
  ),
  mutant(
    { id: "staleHead", flaw: "a head that is read alone has no summary", breaks: ["head.isLoads"] },
    () => (adapter) => ({
      head: (key) => Effect.map(adapter.head(key), Option.map((head) => ({ ...head, summary: "{}" })))
    })
  ),
  rewritingEach(
    { id: "cutsBodies", flaw: "a body above 64 KiB is cut", breaks: ["body.big"] },
    (operation) =>
      operation._tag === "Put" && operation.body.length > truncatedAt
        ? { ...operation, body: operation.body.slice(0, truncatedAt) }
        : operation
  ),
  rewritingEach(
    { id: "repairsText", flaw: "lone surrogates are replaced", breaks: ["text.verbatim"] },
    (operation) => operation._tag === "Put" ? { ...operation, body: withoutLoneSurrogates(operation.body) } : operation
  ),
  mutant(
    { id: "boasts", flaw: "claims to flush what it keeps in memory", breaks: ["receipt.isTrue"] },
    () => (adapter) => ({ capability: { ...adapter.capability, durability: "flushed" } })
  ),
  mutant(
    { id: "miscounts", flaw: "the receipt tells no entries", breaks: ["receipt.isTrue", "put.keepsEntries"] },
    () => (adapter) => ({
      commit: (change) =>
        Effect.map(adapter.commit(change), (receipt) => ({
          ...receipt,
          keys: receipt.keys.map((row) => ({ ...row, entryCount: 0 }))
        }))
    })
  ),
  mutant(
    { id: "versionStays", flaw: "an append keeps the version", breaks: ["version.rises"] },
    (content) => (adapter) => ({
      commit: (change) =>
        Effect.suspend(() => {
          const before = new Map(content.cells)
          return Effect.map(adapter.commit(change), (receipt) => {
            if (change.operations.some(({ _tag }) => _tag !== "Append")) return receipt
            const [row] = receipt.keys
            const version = recordOf(before.get(keyText(row!.key)))!.version
            const cell = content.cells.get(keyText(row!.key))!
            content.cells.set(keyText(row!.key), withRecord(cell, () => ({ version })))
            return { ...receipt, keys: [{ ...row!, version }] }
          })
        })
    })
  ),
  damaging(
    { id: "forgetsVersions", flaw: "a removal leaves no version to go on from", breaks: ["version.acrossRemoval"] },
    (cell) => ({ ...cell, facts: { ...cell.facts, removed: Option.none() } })
  ),
  rewritingEach(
    { id: "ignoresFloor", flaw: "versions do not heed the floor", breaks: ["version.aboveFloor"] },
    (operation) => ({ ...operation, floor: undefined })
  ),
  damaging(
    { id: "createdAgain", flaw: "every write sets the time of creation", breaks: ["times.followWrites"] },
    (cell) => withRecord(cell, ({ updatedAt }) => ({ createdAt: updatedAt }))
  ),
  damaging(
    {
      id: "updatedNever",
      flaw: "no write sets the time of the last write",
      breaks: ["times.followWrites", "list.byUpdate"]
    },
    (cell) => withRecord(cell, ({ createdAt }) => ({ updatedAt: createdAt }))
  ),
  rewriting(
    { id: "lastOperationOnly", flaw: "only the last operation of a change is applied", breaks: ["commit.oneVersion"] },
    (change) => ({ ...change, operations: change.operations.slice(-1) })
  )
]
