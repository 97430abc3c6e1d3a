/**
 * Mutants: memory adapters with one deliberate flaw each, made by wrapping the sound one.
 *
 * A flaw sits in a wrapper round the service or damages the content behind its back. Each mutant names laws
 * that it has to break, so that a law cannot stop watching for its flaw unnoticed.
 */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { keyText, type Operation, type SessionKey, type StorageChange } from "@holdfast/core"
import type { Harness, Storage } from "@holdfast/core/testing"
import { Effect, Option } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { type HostParts, sharedHost } from "../host.ts"

/** What is wrong with a mutant, and what has to come of it. */
export interface Flaw {
  readonly id: string
  readonly flaw: string
  /** Laws that it breaks, beside others perhaps. */
  readonly breaks: ReadonlyArray<string>
}

export interface Mutant extends Flaw {
  readonly harness: Harness
}

export type Cell = Content["cells"] extends Map<string, infer C> ? C : never
type RecordFacts = Option.Option.Value<Cell["facts"]["live"]>

/** A mutant with storage of its own making. */
export const storageMutant = (flaw: Flaw, storageOver: (content: Content) => Storage): Mutant => ({
  ...flaw,
  harness: { name: flaw.id, fresh: Effect.sync(() => storageOver(MemoryAdapter.makeMemory())) }
})

/** A mutant that replaces members of the service. What `wrap` makes per content its instances share. */
export const mutant = (flaw: Flaw, wrap: (content: Content) => (adapter: Adapter) => Partial<Adapter>): Mutant =>
  storageMutant(flaw, (content) => {
    const wrapInstance = wrap(content)
    return { open: Effect.map(openOver(content), (adapter) => ({ ...adapter, ...wrapInstance(adapter) })) }
  })

/** A mutant of the storage that several processes share: parts of it are replaced. */
export const hostMutant = (flaw: Flaw, partsOf: (content: Content) => HostParts): Mutant =>
  storageMutant(flaw, (content) => sharedHost(content, partsOf(content)))

/** A mutant that commits another change than the one it is given. */
export const rewriting = (
  flaw: Flaw,
  rewrite: (change: StorageChange, content: Content) => StorageChange
): Mutant =>
  mutant(flaw, (content) => (adapter) => ({
    commit: (change) => Effect.suspend(() => adapter.commit(rewrite(change, content)))
  }))

/** A mutant that changes every operation before it commits it. */
export const rewritingEach = (flaw: Flaw, rewrite: (operation: Operation, content: Content) => Operation): Mutant =>
  rewriting(flaw, (change, content) => ({
    ...change,
    operations: change.operations.map((operation) => rewrite(operation, content))
  }))

/** A mutant that damages what a successful change of a key has stored. `before` is what the key had. */
export const damaging = (
  flaw: Flaw,
  damage: (cell: Cell, before: Cell | undefined, change: StorageChange) => Cell
): Mutant =>
  mutant(flaw, (content) => (adapter) => ({
    commit: (change) =>
      Effect.suspend(() => {
        const keys = change.operations.map(({ key }) => key)
        const before = new Map(content.cells)
        return Effect.tap(adapter.commit(change), () =>
          Effect.sync(() => {
            for (const key of keys) editCell(content, key, (cell) => damage(cell, before.get(keyText(key)), change))
          }))
      })
  }))

/** Replaces what is stored of a key, if anything is. */
export const editCell = (content: Content, key: SessionKey, edit: (cell: Cell) => Cell): void => {
  const cell = content.cells.get(keyText(key))
  if (cell !== undefined) content.cells.set(keyText(key), edit(cell))
}

/** A cell with other facts in its live record. */
export const withRecord = (cell: Cell, edit: (record: RecordFacts) => Partial<RecordFacts>): Cell => ({
  ...cell,
  facts: { ...cell.facts, live: Option.map(cell.facts.live, (record) => ({ ...record, ...edit(record) })) }
})

/** The live record of a cell. */
export const recordOf = (cell: Cell | undefined): RecordFacts | undefined =>
  cell === undefined ? undefined : Option.getOrUndefined(cell.facts.live)

/** The operations of a change by key, in order. */
export const byKey = (
  change: StorageChange
): ReadonlyArray<ReadonlyArray<Operation>> => [...Map.groupBy(change.operations, ({ key }) => keyText(key)).values()]
