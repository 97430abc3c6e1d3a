/** Flaws that show only when something else happens at the same time: other writers, an interruption, a closing. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { keyText, type Operation, type StorageChange } from "@holdfast/core"
import { Effect, Option, type Scope, Semaphore } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { type Cell, editCell, type Mutant, mutant, recordOf, storageMutant, withRecord } from "./mutant.ts"
import { conflict } from "./refusals.ts"

/** Judges the expected versions by reading, lets others go on, then writes whatever is there. */
export const checkThenWrite = (adapter: Adapter): Adapter["commit"] =>
  Effect.fnUntraced(function*(change) {
    for (const { expect, key } of change.operations) {
      const head = yield* adapter.head(key)
      const version = Option.map(head, (found) => found.version)
      const holds = expect === "any" || (expect === "absent" && Option.isNone(head)) ||
        (expect === "present" && Option.isSome(head)) || Option.contains(version, expect)
      if (holds) continue
      return yield* conflict(key, expect, version)
    }
    yield* Effect.yieldNow
    return yield* adapter.commit({
      ...change,
      operations: change.operations.map((operation) =>
        operation.expect === "present" ? operation : { ...operation, expect: "any" }
      )
    })
  })

const isPart = (operation: Operation) => operation._tag === "Put" || operation._tag === "Append"

/** Writes the first operation of a change, does something else, then writes the others. */
export const writeInHalves = (adapter: Adapter, between: Effect.Effect<void>): Adapter["commit"] =>
  Effect.fnUntraced(function*(change) {
    const [first, ...rest] = change.operations
    if (first === undefined || rest.length === 0 || !change.operations.every(isPart)) {
      return yield* adapter.commit(change)
    }
    yield* adapter.commit({ ...change, writeId: `${change.writeId}/half`, operations: [first] })
    yield* between
    return yield* adapter.commit({ ...change, operations: rest })
  })

/** Writes the list as it was before something else was done, with its own entries at the end. */
export const appendOverOthers = (
  adapter: Adapter,
  content: Content,
  between: Effect.Effect<void>
): Adapter["commit"] =>
  Effect.fnUntraced(function*(change) {
    const [first] = change.operations
    if (first?._tag !== "Append") return yield* adapter.commit(change)
    const before = content.cells.get(keyText(first.key))?.entries ?? []
    yield* between
    const receipt = yield* adapter.commit(change)
    editCell(content, first.key, (cell) => {
      const own = cell.entries.slice(cell.entries.length - first.entries.length)
      const entries = [...before, ...own].map((entry, index) => ({ ...entry, index }))
      return withRecord({ ...cell, entries }, () => ({ entryCount: entries.length }))
    })
    return receipt
  })

export const raceMutants: ReadonlyArray<Mutant> = [
  mutant(
    {
      id: "checksThenWrites",
      flaw: "other writers come between a precondition and its write",
      breaks: ["cas.counts", "cas.oneCreates"]
    },
    () => (adapter) => ({ commit: checkThenWrite(adapter) })
  ),
  mutant(
    {
      id: "locksPerInstance",
      flaw: "each instance keeps its writers apart, but not those of another one",
      breaks: ["instances.count"]
    },
    () => (adapter) => {
      const lock = Semaphore.makeUnsafe(1)
      const commit = checkThenWrite(adapter)
      return { commit: (change) => lock.withPermit(commit(change)) }
    }
  ),
  mutant(
    {
      id: "writesInHalves",
      flaw: "a put and an append of one change are written one after the other",
      breaks: ["commit.wholeForReaders", "commit.interrupted"]
    },
    () => (adapter) => ({ commit: writeInHalves(adapter, Effect.yieldNow) })
  ),
  mutant(
    {
      id: "appendsOverEachOther",
      flaw: "an append writes the list as it was read before",
      breaks: ["append.concurrent", "instances.append"]
    },
    (content) => (adapter) => ({ commit: appendOverOthers(adapter, content, Effect.yieldNow) })
  ),
  mutant(
    { id: "tearsBatches", flaw: "other writers come between the entries of a batch", breaks: ["append.concurrent"] },
    () => (adapter) => ({
      commit: Effect.fnUntraced(function*(change) {
        const [first] = change.operations
        if (first?._tag !== "Append" || change.operations.length > 1 || first.entries.length < 2) {
          return yield* adapter.commit(change)
        }
        for (const [index, entry] of first.entries.slice(0, -1).entries()) {
          yield* adapter.commit({ writeId: `${change.writeId}/${index}`, operations: [{ ...first, entries: [entry] }] })
          yield* Effect.yieldNow
        }
        return yield* adapter.commit({ ...change, operations: [{ ...first, entries: first.entries.slice(-1) }] })
      })
    })
  ),
  mutant(
    {
      id: "holdsOn",
      flaw: "an interrupted write keeps its place, and the next one is refused",
      breaks: ["commit.interrupted"]
    },
    () => {
      const busy = new Set<string>()
      return (adapter) => ({
        commit: Effect.fnUntraced(function*(change) {
          const name = keyText(change.operations[0]!.key)
          if (busy.has(name)) return yield* conflict(change.operations[0]?.key)
          busy.add(name)
          yield* Effect.yieldNow
          const receipt = yield* Effect.exit(adapter.commit(change))
          busy.delete(name)
          return yield* receipt
        })
      })
    }
  ),
  storageMutant(
    {
      id: "acknowledgesEarly",
      flaw: "a write of a new session is acknowledged before it is made, and closing drops it",
      breaks: ["closing.keepsPromises"]
    },
    (content) => ({
      open: Effect.gen(function*() {
        const adapter = yield* openOver(content)
        const scope = yield* Effect.scope
        return {
          ...adapter,
          commit: (change) => acknowledgeEarly({ adapter, change, scope, isNew: isNewIn(change, content.cells) })
        }
      })
    })
  ),
  mutant(
    { id: "readsOldVersions", flaw: "a read now and then shows an older version", breaks: ["commit.wholeForReaders"] },
    (content) => {
      let count = 0
      const history: Array<Map<string, Cell>> = []
      return (adapter) => ({
        load: (key) =>
          Effect.suspend(() => {
            const old = history.at(-3)?.get(keyText(key))
            const isOld = ++count % 7 === 0 && old !== undefined && recordOf(old) !== undefined
            const current = content.cells.get(keyText(key))
            if (!isOld || current === undefined) return adapter.load(key)
            content.cells.set(keyText(key), old)
            return Effect.ensuring(adapter.load(key), Effect.sync(() => content.cells.set(keyText(key), current)))
          }),
        commit: (change) =>
          Effect.suspend(() => {
            history.push(new Map(content.cells))
            return adapter.commit(change)
          })
      })
    }
  )
]

const isNewIn = (change: StorageChange, cells: ReadonlyMap<string, unknown>): boolean =>
  change.operations.length === 1 && change.operations[0]?._tag === "Put" &&
  !cells.has(keyText(change.operations[0].key))

interface Early {
  readonly adapter: Adapter
  readonly change: StorageChange
  readonly scope: Scope.Scope
  readonly isNew: boolean
}

const acknowledgeEarly = ({ adapter, change, isNew, scope }: Early): ReturnType<Adapter["commit"]> => {
  if (!isNew) return adapter.commit(change)
  const scratch = Effect.scoped(Effect.flatMap(openOver(MemoryAdapter.makeMemory()), (other) => other.commit(change)))
  const later = Effect.andThen(Effect.yieldNow, Effect.ignore(adapter.commit(change)))
  return Effect.tap(scratch, () => Effect.forkIn(later, scope))
}
