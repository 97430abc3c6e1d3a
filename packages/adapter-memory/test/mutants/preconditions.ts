/** Flaws in how preconditions, kinds and schema versions are judged, and in how refusals are told. */
import { keyText, type StorageChange, StorageError } from "@holdfast/core"
import { Effect } from "effect"
import { type Adapter, type Content, limitedTo, openOver } from "../harness.ts"
import { byKey, type Mutant, mutant, recordOf, rewriting, rewritingEach, storageMutant } from "./mutant.ts"
import { conflict } from "./refusals.ts"

/** Commits the parts of a change one after the other; a part after a refused one is not tried. */
const inParts = (adapter: Adapter, change: StorageChange, parts: ReadonlyArray<StorageChange["operations"]>) =>
  Effect.gen(function*() {
    const receipts = yield* Effect.forEach(
      parts,
      (operations, index) =>
        adapter.commit({ ...change, writeId: index === 0 ? change.writeId : `${change.writeId}+${index}`, operations })
    )
    const rows = new Map(receipts.flatMap(({ keys }) => keys).map((row) => [keyText(row.key), row]))
    return { ...receipts[0]!, keys: [...rows.values()] }
  })

const kindOf = (content: Content, key: Parameters<typeof keyText>[0]) => recordOf(content.cells.get(keyText(key)))

const withError = (adapter: Adapter, edit: (error: StorageError) => StorageError): Partial<Adapter> => ({
  commit: (change) => Effect.mapError(adapter.commit(change), edit)
})

export const preconditionMutants: ReadonlyArray<Mutant> = [
  rewritingEach(
    {
      id: "ignoresExpect",
      flaw: "no precondition is judged",
      breaks: ["expect.absent", "expect.present", "expect.version"]
    },
    (operation) => ({ ...operation, expect: "any" })
  ),
  rewritingEach(
    { id: "anyVersionWill", flaw: "any version of a session satisfies an expected one", breaks: ["expect.version"] },
    (operation) => typeof operation.expect === "number" ? { ...operation, expect: "present" } : operation
  ),
  rewritingEach(
    {
      id: "versionOfAnyLife",
      flaw: "an expected version is also met where there is no session",
      breaks: ["expect.formerLife"]
    },
    (operation, content) =>
      typeof operation.expect === "number" && kindOf(content, operation.key) === undefined
        ? { ...operation, expect: "any" }
        : operation
  ),
  rewritingEach(
    { id: "ignoresKind", flaw: "a write takes over a record of another kind", breaks: ["kind.isKept"] },
    (operation, content) =>
      operation._tag === "Remove" || operation._tag === "Restore"
        ? operation
        : { ...operation, kind: kindOf(content, operation.key)?.kind ?? operation.kind }
  ),
  rewritingEach(
    { id: "ignoresSchema", flaw: "an older schema version replaces a newer one", breaks: ["schema.isNotLowered"] },
    (operation, content) =>
      operation._tag === "Remove" || operation._tag === "Restore"
        ? operation
        : {
          ...operation,
          schemaVersion: Math.max(operation.schemaVersion, kindOf(content, operation.key)?.schemaVersion ?? 0)
        }
  ),
  mutant(
    {
      id: "tellsNoVersion",
      flaw: "a conflict does not tell what was found",
      breaks: ["expect.absent", "expect.version"]
    },
    () => (adapter) =>
      withError(adapter, (error) =>
        error.reason._tag === "Conflict"
          ? conflict(error.key, error.reason.expected)
          : error)
  ),
  mutant(
    { id: "tellsNoKey", flaw: "a refusal does not name its key", breaks: ["refusal.isNamed"] },
    () => (adapter) =>
      withError(adapter, ({ adapter, operation, reason }) => new StorageError({ adapter, operation, reason }))
  ),
  mutant(
    {
      id: "oneAfterTheOther",
      flaw: "the operations of a change are applied one by one",
      breaks: ["commit.judgesBefore", "commit.allOrNothing"]
    },
    () => (adapter) => ({
      commit: (change) => inParts(adapter, change, change.operations.map((operation) => [operation]))
    })
  ),
  mutant(
    {
      id: "keyByKey",
      flaw: "the keys of a change are written one by one",
      breaks: ["commit.manyKeys", "restore.manyKeys"]
    },
    () => (adapter) => ({ commit: (change) => inParts(adapter, change, byKey(change)) })
  ),
  storageMutant(
    {
      id: "promisesLess",
      flaw: "takes changes of several keys that its capability rules out",
      breaks: ["commit.manyKeysRefused"]
    },
    (content) => ({
      open: Effect.map(openOver(content), (adapter) => ({
        ...adapter,
        capability: { ...adapter.capability, atomicity: "oneKey" as const }
      }))
    })
  ),
  rewriting(
    { id: "forgetsRemovals", flaw: "a removal beside a write is left out", breaks: ["commit.mixesNoRemoval"] },
    (change) => {
      const writes = change.operations.filter(({ _tag }) => _tag !== "Remove")
      return writes.length === 0 ? change : { ...change, operations: writes }
    }
  ),
  storageMutant(
    { id: "takesLongTexts", flaw: "takes bodies above its own limit", breaks: ["size.isLimited"] },
    (content) => ({
      open: Effect.map(openOver(content), (adapter) => ({
        ...limitedTo(adapter, { bodyBytesMax: 64 * 1024 }),
        commit: adapter.commit
      }))
    })
  )
]
