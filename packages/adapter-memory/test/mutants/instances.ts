/** Flaws between instances, at closing, in health and in maintenance, and values that are shared with callers. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  Closed,
  type Finding,
  type Health,
  keyText,
  makeKey,
  type StorageChange,
  StorageError,
  type StoredSession
} from "@holdfast/core"
import { Effect, Option, Scope, Stream } from "effect"
import { type Adapter, openOver } from "../harness.ts"
import { editCell, type Mutant, mutant, recordOf, storageMutant, withRecord } from "./mutant.ts"
import { toldBy } from "./refusals.ts"

const ghost: Finding = {
  kind: "ghost",
  place: "memory",
  key: Option.none(),
  action: "delete",
  applied: false,
  detail: "not there"
}

const probeChange: StorageChange = {
  writeId: "probe",
  operations: [{
    _tag: "Put",
    key: makeKey("probe"),
    expect: "any",
    kind: "probe",
    schemaVersion: 1,
    summary: "{}",
    body: "1"
  }]
}

export const instanceMutants: ReadonlyArray<Mutant> = [
  storageMutant(
    {
      id: "ownContent",
      flaw: "every instance has a content of its own",
      breaks: ["reopen.keepsAll", "instances.seeWrites"]
    },
    () => ({ open: Effect.suspend(() => openOver(MemoryAdapter.makeMemory())) })
  ),
  mutant(
    {
      id: "cachesLoads",
      flaw: "an instance does not see what another one wrote over",
      breaks: ["instances.seeWrites", "instances.count"]
    },
    () => (adapter) => {
      const cache = new Map<string, Option.Option<StoredSession>>()
      return {
        load: (key) =>
          Effect.suspend(() => {
            const known = cache.get(keyText(key))
            return known !== undefined && Option.isSome(known)
              ? Effect.succeed(known)
              : Effect.tap(adapter.load(key), (session) => Effect.sync(() => cache.set(keyText(key), session)))
          }),
        commit: (change) =>
          Effect.tap(
            adapter.commit(change),
            () => Effect.sync(() => change.operations.forEach(({ key }) => cache.delete(keyText(key))))
          )
      }
    }
  ),
  storageMutant(
    {
      id: "forgetsOnOpen",
      flaw: "an instance that opens forgets the versions of removed sessions",
      breaks: ["reopen.versionsRise"]
    },
    (content) => ({
      open: Effect.suspend(() => {
        for (const [key, cell] of content.cells) if (recordOf(cell) === undefined) content.cells.delete(key)
        return openOver(content)
      })
    })
  ),
  mutant(
    {
      id: "judgesOwnWrites",
      flaw: "a precondition is judged against what the instance itself wrote",
      breaks: ["instances.judgeTogether"]
    },
    () => (adapter) => {
      const written = new Set<string>()
      return {
        commit: (change) =>
          Effect.tap(
            adapter.commit({
              ...change,
              operations: change.operations.map((each) =>
                written.has(keyText(each.key)) ? each : { ...each, expect: "any" }
              )
            }),
            () => Effect.sync(() => change.operations.forEach(({ key }) => written.add(keyText(key))))
          )
      }
    }
  ),
  storageMutant(
    { id: "staysOpen", flaw: "closing does not close", breaks: ["closed.refusesReads", "closed.refusesWrites"] },
    (content) => ({ open: Scope.provide(openOver(content), Scope.makeUnsafe()) })
  ),
  storageMutant(
    { id: "closesAll", flaw: "closing one instance closes all that are open", breaks: ["closed.leavesOthers"] },
    (content) => {
      let generation = 0
      return {
        open: Effect.gen(function*() {
          const own = generation
          const adapter = yield* openOver(content)
          yield* Effect.addFinalizer(() => Effect.sync(() => generation++))
          const closed = new StorageError({
            adapter: "memory",
            operation: "commit",
            reason: new Closed({ outcome: "notApplied" })
          })
          return { ...adapter, commit: (change) => own === generation ? adapter.commit(change) : Effect.fail(closed) }
        })
      }
    }
  ),
  mutant(
    { id: "sickOfConflicts", flaw: "a refused write makes it failing", breaks: ["health.ofRefusals"] },
    () => (adapter) => {
      let state: Health["state"] = "healthy"
      return {
        commit: (change) => Effect.tapError(adapter.commit(change), () => Effect.sync(() => state = "failing")),
        health: Stream.map(adapter.health, (health) => ({ ...health, state }))
      }
    }
  ),
  mutant(
    { id: "silentHealth", flaw: "health says nothing until it changes", breaks: ["health.ofGoodWrites"] },
    () => () => ({ health: Stream.empty })
  ),
  mutant(
    {
      id: "seesGhosts",
      flaw: "a recovery finds something to delete in a clean store",
      breaks: ["recover.ofCleanStore", "recover.afterReopen"]
    },
    () => (adapter) => ({ recover: (mode) => Stream.concat(adapter.recover(mode), Stream.succeed(ghost)) })
  ),
  mutant(
    {
      id: "repairsTooMuch",
      flaw: "a recovery drops the last entry of every session",
      breaks: ["recover.ofCleanStore"]
    },
    (content) => (adapter) => ({
      recover: (mode) =>
        Stream.suspend(() => {
          const cells = mode === "apply" ? [...content.cells.values()] : []
          for (const { key } of cells) {
            editCell(content, key, (cell) =>
              withRecord(
                { ...cell, entries: cell.entries.slice(0, -1) },
                ({ entryCount }) => ({ entryCount: Math.max(0, entryCount - 1) })
              ))
          }
          return adapter.recover(mode)
        })
    })
  ),
  mutant(
    { id: "leavesProbe", flaw: "a probe leaves its session behind", breaks: ["probe.leavesNothing"] },
    () => (adapter) => ({ probe: Effect.tap(adapter.probe, () => Effect.ignore(adapter.commit(probeChange))) })
  ),
  mutant(
    {
      id: "swallowsErrors",
      flaw: "a read that fails finds nothing",
      breaks: ["badKey.isNotRead", "closed.refusesReads"]
    },
    () => (adapter) => ({
      head: (key) => Effect.catch(adapter.head(key), () => Effect.succeedNone),
      load: (key) => Effect.catch(adapter.load(key), () => Effect.succeedNone)
    })
  ),
  mutant(
    { id: "keepsInput", flaw: "keeps the keys that it is given", breaks: ["isolation.ofInput"] },
    (content) => (adapter) => ({
      commit: (change) =>
        Effect.tap(
          adapter.commit(change),
          () =>
            Effect.sync(() =>
              change.operations.forEach(({ key }) => editCell(content, key, (cell) => ({ ...cell, key })))
            )
        )
    })
  ),
  mutant(
    { id: "givesItsOwn", flaw: "gives out what it keeps", breaks: ["isolation.ofOutput"] },
    () => {
      const kept = new Map<string, StoredSession>()
      return (adapter: Adapter) => ({
        load: (key) =>
          Effect.map(
            adapter.load(key),
            Option.map((session) => {
              const name = `${keyText(key)} ${session.head.version}`
              kept.set(
                name,
                kept.get(name) ??
                  { ...session, head: { ...session.head, key: { ...key, namespace: [...key.namespace] } } }
              )
              return kept.get(name)!
            })
          )
      })
    }
  ),
  mutant(
    {
      id: "keepsReceipts",
      flaw: "answers a repeated write with the receipt that it gave out",
      breaks: ["isolation.ofReceipts"]
    },
    () => {
      const receipts = new Map<string, Effect.Success<ReturnType<Adapter["commit"]>>>()
      return (adapter) => ({
        commit: (change) =>
          Effect.map(adapter.commit(change), (receipt) => {
            receipts.set(change.writeId, receipts.get(change.writeId) ?? receipt)
            return receipts.get(change.writeId)!
          })
      })
    }
  ),
  mutant(
    { id: "leaksContent", flaw: "a refusal tells the content", breaks: ["refusal.isNamed"] },
    () => (adapter) => ({
      commit: (change) =>
        Effect.mapError(adapter.commit(change), (error) => {
          const texts = change.operations.map((each) => each._tag === "Put" ? each.body : "").join()
          return error.reason._tag === "Conflict"
            ? toldBy(error, `memory ${texts}`)
            : error
        })
    })
  )
]
