/** Flaws under faults and after crashes: false answers, and stores that do not go on. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Finding,
  type Health,
  Io,
  keyText,
  OutcomeUnknown,
  type Reason,
  StorageError,
  Unclassified,
  Version
} from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { copyOf, type HostParts, type Trouble } from "../host.ts"
import { type Cell, type Flaw, hostMutant, type Mutant, recordOf, withRecord } from "./mutant.ts"

const at = { path: "memory", code: "EIO", outcome: "notApplied" } as const

const failure = (reason: Reason) => new StorageError({ adapter: "memory", operation: "commit", reason })

/** A mutant that replaces members of its instances while there is trouble of a kind. */
const inTrouble = (
  flaw: Flaw,
  kind: Exclude<Trouble, "none">,
  replace: (adapter: Adapter, content: Content) => Partial<Adapter>
): Mutant =>
  hostMutant(flaw, (content) => ({
    here: (adapter, trouble) => {
      const flawed = { ...adapter, ...replace(adapter, content) }
      const current = () => trouble() === kind ? flawed : adapter
      return {
        head: (key) => Effect.suspend(() => current().head(key)),
        load: (key) => Effect.suspend(() => current().load(key)),
        commit: (change) => Effect.suspend(() => current().commit(change)),
        entries: (key, range) => Stream.suspend(() => current().entries(key, range)),
        list: (query) => Stream.suspend(() => current().list(query))
      }
    }
  }))

/** A mutant that replaces what health says. */
const healthy = (flaw: Flaw, tell: (health: Health, wasFailing: boolean) => Health["state"]): Mutant =>
  hostMutant(flaw, () => ({
    here: (adapter) => {
      let wasFailing = false
      return {
        health: Stream.map(adapter.health, (health) => {
          wasFailing ||= health.state === "failing"
          return { ...health, state: tell(health, wasFailing) }
        })
      }
    }
  }))

/** An instance that fails for ever once it has failed. */
const givingUp = (adapter: Adapter): Partial<Adapter> => {
  let first: StorageError | undefined
  return {
    commit: (change) =>
      Effect.suspend(() => first === undefined ? adapter.commit(change) : Effect.fail(first)).pipe(
        Effect.tapError((error) => Effect.sync(() => first ??= error.remedy === "caller" ? first : error))
      )
  }
}

const faultFlaws: ReadonlyArray<Mutant> = [
  inTrouble(
    { id: "acknowledgesAnyway", flaw: "a write for which there is no space succeeds", breaks: ["fault.tellsTheTruth"] },
    "space",
    (_, content) => ({
      commit: (change) => Effect.scoped(Effect.flatMap(openOver(copyOf(content)), (other) => other.commit(change)))
    })
  ),
  inTrouble(
    {
      id: "deniesWrites",
      flaw: "a write that was made is said not to be",
      breaks: ["fault.tellsTheTruth"]
    },
    "answers",
    (adapter) => ({
      commit: (change) =>
        Effect.mapError(
          adapter.commit(change),
          () => failure(new OutcomeUnknown({ outcome: "notApplied", why: "none" }))
        )
    })
  ),
  inTrouble(
    { id: "claimsWrites", flaw: "a write that was not made is said to be", breaks: ["fault.tellsTheTruth"] },
    "device",
    () => ({ commit: () => Effect.fail(failure(new Io({ ...at, outcome: "applied" }))) })
  ),
  inTrouble(
    { id: "failsForNoReason", flaw: "every failure is unclassified", breaks: ["fault.tellsTheTruth"] },
    "space",
    () => ({
      commit: () => Effect.fail(failure(new Unclassified({ ...at, errno: -5, syscall: "write" })))
    })
  ),
  inTrouble(
    { id: "readsNothing", flaw: "what cannot be read is absent", breaks: ["fault.readsTheTruth"] },
    "device",
    () => ({ head: () => Effect.succeedNone, load: () => Effect.succeedNone, entries: () => Stream.empty })
  ),
  inTrouble(
    {
      id: "listsNothing",
      flaw: "a store that cannot be read lists nothing",
      breaks: ["fault.readsTheTruth", "fault.opensTruly"]
    },
    "device",
    () => ({ list: () => Stream.empty })
  ),
  inTrouble(
    { id: "readsMayWrite", flaw: "a read that fails may have changed something", breaks: ["fault.readsTheTruth"] },
    "device",
    () => ({ load: () => Effect.fail(failure(new Io({ ...at, outcome: "unknown" }))) })
  ),
  hostMutant(
    {
      id: "opensAnew",
      flaw: "an instance that opens where nothing can be read begins a store of its own",
      breaks: ["fault.opensTruly"]
    },
    () => ({
      opened: (content, by, trouble) => by === "here" && trouble === "device" ? MemoryAdapter.makeMemory() : content
    })
  ),
  hostMutant(
    { id: "givesUp", flaw: "an instance that failed once fails for ever", breaks: ["fault.isOver", "fault.repeats"] },
    () => ({ here: givingUp })
  ),
  inTrouble(
    {
      id: "forgetsUnanswered",
      flaw: "a write that was made and not answered is not recognised",
      breaks: ["fault.repeats"]
    },
    "answers",
    (adapter) => ({ commit: (change) => adapter.commit({ ...change, writeId: `${change.writeId}/unanswered` }) })
  ),
  healthy({ id: "hidesFailures", flaw: "health is good whatever fails", breaks: ["fault.isHealth"] }, () => "healthy"),
  healthy(
    { id: "staysIll", flaw: "health is bad for ever once something failed", breaks: ["fault.isHealth"] },
    (health, wasFailing) => wasFailing ? "failing" : health.state
  ),
  hostMutant(
    {
      id: "faultsAreNone",
      flaw: "a harness whose faults do nothing",
      breaks: ["fault.tellsTheTruth", "fault.readsTheTruth"]
    },
    () => ({ troubled: () => "none" })
  )
]

/** A mutant whose content is another one after a crash. */
const crashing = (flaw: Flaw, left: () => NonNullable<HostParts["left"]>): Mutant =>
  hostMutant(flaw, () => ({ left: left() }))

/** A content with each of its cells replaced. */
const rewritten = (content: Content, rewrite: (cell: Cell) => Cell): Content => ({
  ...content,
  cells: new Map([...content.cells].map(([name, cell]) => [name, rewrite(cell)]))
})

const unfinished: Finding = {
  kind: "unfinished",
  place: "memory",
  key: Option.none(),
  action: "repair",
  applied: false,
  detail: "half a repair"
}

/** Puts the last life of removed sessions into what a later crash leaves. */
const bringingBack = (): NonNullable<HostParts["left"]> => {
  const lives = new Map<string, Cell>()
  return (content, { name }) => {
    for (const cell of content.cells.values()) if (recordOf(cell) !== undefined) lives.set(keyText(cell.key), cell)
    return name === "before a write" ? rewritten(content, (cell) => lives.get(keyText(cell.key)) ?? cell) : content
  }
}

const crashFlaws: ReadonlyArray<Mutant> = [
  crashing(
    { id: "losesLast", flaw: "a crash takes the last acknowledged write", breaks: ["crash.keepsAcknowledged"] },
    () => (content, { before, name }) => name === "after all" ? copyOf(before) : content
  ),
  crashing(
    {
      id: "tornByCrashes",
      flaw: "a crash leaves the entries of a write without its state",
      breaks: ["crash.keepsAcknowledged"]
    },
    () => (content, { before, name }) =>
      name === "before its answer"
        ? rewritten(content, (cell) => ({ ...cell, body: before.cells.get(keyText(cell.key))?.body ?? cell.body }))
        : content
  ),
  crashing(
    { id: "bringsBack", flaw: "a crash brings removed sessions back", breaks: ["crash.keepsAcknowledged"] },
    bringingBack
  ),
  crashing(
    { id: "idsLostInCrashes", flaw: "a crash takes what is remembered of writes", breaks: ["crash.goesOn"] },
    () => (content) =>
      rewritten(content, (cell) => ({ ...withRecord(cell, () => ({ writes: [] })), entryWrites: new Map() }))
  ),
  crashing(
    { id: "versionsFallInCrashes", flaw: "versions begin anew after a crash", breaks: ["crash.goesOn"] },
    () => (content) => rewritten(content, (cell) => withRecord(cell, () => ({ version: Version(1) })))
  ),
  hostMutant(
    {
      id: "recoversTwice",
      flaw: "a recovery leaves something for the next one",
      breaks: ["crash.goesOn", "kill.repeats"]
    },
    () => ({
      here: (adapter) => ({ recover: (mode) => Stream.concat(adapter.recover(mode), Stream.succeed(unfinished)) })
    })
  )
]

export const failureMutants: ReadonlyArray<Mutant> = [...faultFlaws, ...crashFlaws]
