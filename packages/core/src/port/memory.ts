/**
 * Sessions in a map: the executable reading of the storage port.
 *
 * It promises everything that needs no disk: one change over several keys is atomic, preconditions
 * hold within the process, nothing survives it. It is what the conformance laws compare other adapters
 * with, what `layerTest` stores in, and what `@holdfast/adapter-memory` publishes as an adapter.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Reason } from "../errors/reasons.ts"
import type { AdapterReceipt, KeyReceipt } from "../errors/Receipt.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { Change } from "../model/Change.ts"
import { evaluateQuery } from "../model/ListQuery.ts"
import { type KeyFacts, type Plan, planChange, type RecordFacts } from "../model/plan.ts"
import { copyKey, keyText, type SessionKey } from "../model/SessionKey.ts"
import { type AppliedWrite, selectRange, type StoredEntry, type StoredHead } from "../model/StoredRecord.ts"
import { type ChangeFeed, makeChangeFeed } from "./changeFeed.ts"
import { checkChange, checkKey, checkNamespace, reasonOfRefusal } from "./checks.ts"
import { type MemoryRecord, roleOf } from "./memoryRole.ts"
import { randomId } from "./randomId.ts"
import { type PlannedChange, readRestorations } from "./restorations.ts"
import type { StorageAdapter } from "./StorageAdapter.ts"
import { operationsByKey } from "./StorageChange.ts"
import { refusedByRole } from "./StoreRole.ts"
import { makeWrites } from "./writes.ts"

const name = "memory"

/** How many entry writes a session remembers, so that repeating one of them does not double it. */
const entryWritesMax = 1024

const capability: Capability = {
  durability: "volatile",
  compareAndSet: "process",
  atomicity: "manyKeys",
  append: "native",
  sharedBy: "process",
  watch: "process",
  bodyBytesMax: 256 * 1024 * 1024,
  keyBytesMax: 128
}

/** What the map holds of one key: the record, or what its removal left. */
interface Cell {
  readonly key: SessionKey
  readonly facts: KeyFacts
  readonly summary: string
  readonly body: string
  readonly entries: ReadonlyArray<StoredEntry>
  readonly entryWrites: ReadonlyMap<string, AppliedWrite>
}

/** The content of a memory store, which outlives the adapters that are opened over it. */
export interface Memory extends MemoryRecord {
  readonly cells: Map<string, Cell>
  readonly feed: ChangeFeed
}

/** An empty content, to be opened by one adapter or by several. */
export const makeMemory = (): Memory => ({
  cells: new Map(),
  record: Option.none(),
  feed: makeChangeFeed()
})

const emptyCell = (key: SessionKey): Cell => ({
  key: copyKey(key),
  facts: { live: Option.none(), removed: Option.none() },
  summary: "{}",
  body: "null",
  entries: [],
  entryWrites: new Map()
})

const headOf = (cell: Cell, record: RecordFacts): StoredHead => ({
  _tag: "StoredHead",
  key: copyKey(cell.key),
  kind: record.kind,
  schemaVersion: record.schemaVersion,
  version: record.version,
  incarnation: record.incarnation,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
  summary: cell.summary,
  entryCount: record.entryCount
})

const liveHead = (cell: Cell): Option.Option<StoredHead> =>
  Option.map(cell.facts.live, (record) => headOf(cell, record))

const withEntries = (cell: Cell, plan: Extract<Plan, { _tag: "Write" }>, writeId: string): Cell => {
  if (plan.entries.length === 0) return cell
  const { entryCount, updatedAt: at, version } = plan.next
  const added = plan.entries.map(({ at: addedAt = at, entry, schemaVersion }, offset): StoredEntry => ({
    _tag: "StoredEntry",
    index: entryCount - plan.entries.length + offset,
    at: addedAt,
    version,
    schemaVersion,
    entry,
    writeId: offset === plan.entries.length - 1 ? writeId : undefined
  }))
  const remembered = [...cell.entryWrites, [writeId, { id: writeId, version, at, entryCount }] as const]
  return { ...cell, entries: [...cell.entries, ...added], entryWrites: new Map(remembered.slice(-entryWritesMax)) }
}

/** The cell of a record that was held elsewhere. What its entries say of their writes is what is known of those. */
const restored = (
  cell: Cell,
  { next, restoration: { entries, record } }: Extract<Plan, { _tag: "Restoral" }>
): Cell => ({
  key: cell.key,
  facts: { live: Option.some(next), removed: Option.none() },
  summary: record.head.summary,
  body: record.body,
  entries: entries.map((entry) => ({ ...entry })),
  entryWrites: new Map(
    entries.flatMap(({ at, index, version, writeId }) =>
      writeId === undefined ? [] : [[writeId, { id: writeId, version, at, entryCount: index + 1 }] as const]
    ).slice(-entryWritesMax)
  )
})

const applyPlan = (cell: Cell, plan: Plan, writeId: string): Cell => {
  switch (plan._tag) {
    case "Unchanged":
      return cell
    case "Removal":
      return { ...emptyCell(cell.key), facts: { live: Option.none(), removed: Option.some(plan.tombstone) } }
    case "Restoral":
      return restored(cell, plan)
    case "Write": {
      const { body, summary } = Option.getOrElse(plan.put, () => cell)
      return {
        ...withEntries(cell, plan, writeId),
        facts: { live: Option.some(plan.next), removed: Option.none() },
        summary,
        body
      }
    }
  }
}

const receiptOf = (cell: Cell, plan: Plan): KeyReceipt => {
  const key = copyKey(cell.key)
  if (plan._tag === "Write" || plan._tag === "Restoral") {
    const { createdAt, entryCount, updatedAt, version } = plan.next
    return { key, version, entryCount, createdAt, updatedAt }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  return { key, version, entryCount, updatedAt, createdAt: plan._tag === "Unchanged" ? plan.createdAt : updatedAt }
}

const changeOf = (cell: Cell, plan: Plan): ReadonlyArray<Change> => {
  const key = copyKey(cell.key)
  switch (plan._tag) {
    case "Unchanged":
      return []
    case "Removal": {
      const kind = Option.match(cell.facts.live, { onNone: () => "", onSome: (record) => record.kind })
      return [{ _tag: "Removed", key, kind, version: plan.tombstone.version }]
    }
    case "Restoral":
    case "Write":
      return [{ _tag: "Changed", key, kind: plan.next.kind, version: plan.next.version }]
  }
}

/** Plans every key before any is written, so that a refused operation leaves all of them as they were. */
const commitTo = (memory: Memory, change: PlannedChange, now: number): Result.Result<AdapterReceipt, StorageError> => {
  const fail = (key: SessionKey, reason: Reason) =>
    Result.fail(new StorageError({ adapter: name, operation: "commit", key, reason }))
  const refused = refusedByRole(memory.record)
  if (Option.isSome(refused)) return fail(change.operations[0]!.key, refused.value)

  const planned: Array<readonly [Cell, Plan]> = []
  for (const operations of operationsByKey(change.operations)) {
    const key = operations[0]!.key
    const cell = memory.cells.get(keyText(key)) ?? emptyCell(key)
    const context = { writeId: change.writeId, attempt: change.attempt ?? 1, now, incarnation: randomId() }
    const facts = { ...cell.facts, applied: Option.fromNullishOr(cell.entryWrites.get(change.writeId)) }
    const plan = planChange(facts, operations, context)
    if (Result.isFailure(plan)) return fail(key, reasonOfRefusal(plan.failure))
    planned.push([cell, plan.success])
  }
  for (const [cell, plan] of planned) memory.cells.set(keyText(cell.key), applyPlan(cell, plan, change.writeId))
  memory.feed.publish(planned.flatMap(([cell, plan]) => changeOf(cell, plan)))
  return Result.succeed({
    adapter: name,
    location: "memory",
    durability: capability.durability,
    protocol: "memory",
    attempts: 1,
    failures: [],
    degraded: Option.none(),
    keys: planned.map(([cell, plan]) => receiptOf(cell, plan))
  })
}

/** Opens an adapter over a content. Closing the scope closes the adapter; the content stays. */
export const makeMemoryAdapter = Effect.fnUntraced(function*(
  memory: Memory,
  options?: { readonly closeTimeout?: Duration.Input | undefined }
): Effect.fn.Return<StorageAdapter["Service"], never, Scope.Scope> {
  const writes = yield* makeWrites({ adapter: name, closeTimeout: options?.closeTimeout })

  const look = <A>(operation: "head" | "load" | "entries", key: SessionKey, read: (cell: Cell) => A) =>
    Effect.suspend(() =>
      checkKey(name, operation, key).pipe(
        Effect.flatMapEager(() => writes.isOpenNow(operation, key)),
        Effect.mapEager(() => read(memory.cells.get(keyText(key)) ?? emptyCell(key)))
      )
    )

  return {
    name,
    location: "memory",
    capability,
    head: (key) => look("head", key, liveHead),
    load: (key) =>
      look("load", key, (cell) =>
        Option.map(
          cell.facts.live,
          (record) => ({
            head: headOf(cell, record),
            body: cell.body,
            writes: record.writes.map((write) => ({ ...write }))
          })
        )),
    // One step of the processor: nobody can cut it in half, so it needs no fiber of its own.
    commit: (change) =>
      Clock.clockWith((clock) =>
        checkChange(name, capability, change).pipe(
          Effect.flatMapEager(() => readRestorations(name, capability, change)),
          Effect.flatMapEager((planned) =>
            Effect.flatMapEager(
              writes.isOpenNow("commit", change.operations[0]?.key),
              () => Effect.fromResult(commitTo(memory, planned, clock.currentTimeMillisUnsafe()))
            )
          )
        )
      ),
    entries: (key, range) =>
      Stream.unwrap(
        look("entries", key, ({ entries }) =>
          Stream.fromIterable(entries.slice(...selectRange(range, entries.length)).map((entry) => ({ ...entry }))))
      ),
    list: (query) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* checkNamespace(name, query.namespace)
        yield* writes.ensureOpen("list")
        return Stream.fromIterable(
          evaluateQuery([...memory.cells.values()].flatMap((cell) => Option.toArray(liveHead(cell))), query)
        )
      })),
    changes: Effect.andThen(writes.ensureOpen("changes"), Effect.map(memory.feed.subscribe, writes.whileOpen)),
    health: writes.health,
    role: roleOf(memory, writes.ensureOpen("role")),
    probe: Effect.succeed({ adapter: name, location: "memory", checks: [] }),
    recover: () => Stream.unwrap(Effect.as(writes.ensureOpen("recover"), Stream.empty))
  }
})
