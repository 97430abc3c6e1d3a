/** Flaws between processes: what another one wrote, what it was judged by, and what a killed one leaves. */
import { Busy, keyText, makeChangeFeed, type StorageChange, StorageError } from "@holdfast/core"
import { Effect } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { copyOf, type HostParts, toldBy } from "../host.ts"
import { hostMutant, type Mutant, recordOf } from "./mutant.ts"
import { appendOverOthers, checkThenWrite, writeInHalves } from "./races.ts"

const pause = Effect.sleep("1 millis")

/** Waits for something that another fiber does. */
const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.andThen(pause, until(isSo)))

const judgedByNothing = (change: StorageChange): StorageChange => ({
  ...change,
  operations: change.operations.map((each) => ({ ...each, expect: "any" }))
})

const betweenProcesses: ReadonlyArray<Mutant> = [
  hostMutant(
    {
      id: "readsAtStart",
      flaw: "a process sees the store as it was when it started",
      breaks: ["processes.seeWrites", "processes.judgeTogether"]
    },
    () => ({ opened: (content, by) => by === "there" ? copyOf(content) : content })
  ),
  hostMutant(
    {
      id: "judgesAlone",
      flaw: "a process does not judge preconditions",
      breaks: ["processes.judgeTogether", "processes.count", "processes.oneCreates"]
    },
    () => ({ there: (adapter) => ({ commit: (change) => adapter.commit(judgedByNothing(change)) }) })
  ),
  hostMutant(
    {
      id: "idsPerProcess",
      flaw: "a process recognises the repeated writes of its own only",
      breaks: ["processes.recogniseRepeats", "kill.repeats"]
    },
    () => ({
      there: (adapter) => ({ commit: (change) => adapter.commit({ ...change, writeId: `${change.writeId}/there` }) })
    })
  ),
  hostMutant(
    {
      id: "forgetsForOthers",
      flaw: "a removal by a process leaves nothing to the others",
      breaks: ["processes.versionsRise"]
    },
    (content) => ({
      there: (adapter) => ({
        commit: (change) =>
          Effect.tap(adapter.commit(change), () =>
            Effect.sync(() => {
              for (const [name, cell] of content.cells) if (recordOf(cell) === undefined) content.cells.delete(name)
            }))
      })
    })
  ),
  hostMutant(
    {
      id: "halvesForOthers",
      flaw: "the others see half of what a process writes",
      breaks: ["processes.wholeForReaders"]
    },
    () => ({ there: (adapter) => ({ commit: writeInHalves(adapter, Effect.yieldNow) }) })
  ),
  hostMutant(
    {
      id: "locksPerProcess",
      flaw: "writers of another process come between a precondition and its write",
      breaks: ["processes.count"]
    },
    () => ({ there: (adapter) => ({ commit: checkThenWrite(adapter) }) })
  ),
  hostMutant(
    {
      id: "appendsOverProcesses",
      flaw: "a process appends to the list as it had read it",
      breaks: ["processes.append"]
    },
    (content) => ({ there: (adapter) => ({ commit: appendOverOthers(adapter, content, Effect.yieldNow) }) })
  ),
  hostMutant(
    {
      id: "tellsOwnProcess",
      flaw: "the writes of another process are not reported",
      breaks: ["processes.tellChanges"]
    },
    () => ({
      opened: (content, by) => by === "there" ? toldBy(content, makeChangeFeed()) : content
    })
  )
]

// More writes than there are lanes, so that some of those that wait were acknowledged.
const behindCount = 6

/** Acknowledges writes before they are made: the last ones wait for those that come after them. */
const writingBehind = (content: Content) => (adapter: Adapter): Partial<Adapter> => {
  const ahead = copyOf(content)
  const waiting: Array<StorageChange> = []
  return {
    commit: Effect.fnUntraced(function*(change) {
      const receipt = yield* Effect.scoped(Effect.flatMap(openOver(ahead), (other) => other.commit(change)))
      waiting.push(change)
      if (waiting.length > behindCount) yield* adapter.commit(waiting.shift()!)
      return receipt
    })
  }
}

/** Halves with time between them, in which a kill is waited for. */
export const tornByKills = (
  inHalves: (adapter: Adapter, between: Effect.Effect<void>) => Adapter["commit"]
): HostParts => {
  let tornCount = 0
  const between = Effect.acquireUseRelease(
    Effect.sync(() => tornCount++),
    () => pause,
    () => Effect.sync(() => tornCount--)
  )
  return {
    there: (adapter) => ({ commit: inHalves(adapter, between) }),
    killedAfter: until(() => tornCount > 0)
  }
}

const busy = new StorageError({
  adapter: "memory",
  operation: "commit",
  reason: new Busy({ path: "memory", code: "EBUSY", outcome: "notApplied" })
})

const namesOf = (change: StorageChange) => change.operations.map(({ key }) => keyText(key))

/** Locks that a process takes while it writes, and that only it can give back. */
const lockedByKills = (): HostParts => {
  const locked = new Set<string>()
  return {
    there: (adapter) => ({
      commit: (change) =>
        Effect.gen(function*() {
          namesOf(change).forEach((name) => locked.add(name))
          yield* pause
          const receipt = yield* adapter.commit(change)
          namesOf(change).forEach((name) => locked.delete(name))
          return receipt
        })
    }),
    here: (adapter) => ({
      commit: (change) =>
        Effect.suspend(() =>
          namesOf(change).some((name) => locked.has(name)) ? Effect.fail(busy) : adapter.commit(change)
        )
    }),
    killedAfter: until(() => locked.size > 0)
  }
}

const killed: ReadonlyArray<Mutant> = [
  hostMutant(
    {
      id: "writesBehind",
      flaw: "a write is acknowledged before it is made, and a kill drops it",
      breaks: ["kill.keepsAcknowledged"]
    },
    (content) => ({ there: writingBehind(content) })
  ),
  hostMutant(
    { id: "tornByKills", flaw: "a kill leaves half of a write", breaks: ["kill.keepsAcknowledged"] },
    () => tornByKills(writeInHalves)
  ),
  hostMutant(
    {
      id: "lockedByKills",
      flaw: "a killed process keeps its locks",
      breaks: ["kill.leavesOthersWriting", "kill.repeats"]
    },
    lockedByKills
  )
]

export const processMutants: ReadonlyArray<Mutant> = [...betweenProcesses, ...killed]
