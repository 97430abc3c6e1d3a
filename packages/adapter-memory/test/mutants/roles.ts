/** Flaws in the store-level record, and in what a retired store does. */
import { keyText, makeChangeFeed, sameStoreRecord, type StoreRecord } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { type Adapter, type Content, openOver } from "../harness.ts"
import { type Flaw, hostMutant, type Mutant, mutant, storageMutant } from "./mutant.ts"

type Role = Adapter["role"]

/** A mutant with another role; what is left out stays. */
const playing = (flaw: Flaw, roleOver: (adapter: Adapter, content: Content) => Partial<Role>): Mutant =>
  mutant(flaw, (content) => (adapter) => ({ role: { ...adapter.role, ...roleOver(adapter, content) } }))

/** A record that only who holds this one knows of. */
const ownRole = (): Role => {
  let record = Option.none<StoreRecord>()
  return {
    read: Effect.sync(() => record),
    compareAndSet: (expected, next) =>
      Effect.sync(() => {
        const isExpected = sameStoreRecord(record, expected)
        if (isExpected) record = Option.some({ ...next })
        return isExpected
      })
  }
}

/** Looks whether the record is the expected one, lets others go on, then sets it. */
const lookThenSet = ({ role }: Adapter, content: Content): Pick<Role, "compareAndSet"> => ({
  compareAndSet: Effect.fnUntraced(function*(expected, next) {
    const record = yield* role.read
    if (!sameStoreRecord(record, expected)) return false
    yield* Effect.yieldNow
    content.record = Option.some({ ...next })
    return true
  })
})

/** A content that was not retired, over the same sessions. */
const inService = ({ cells, feed }: Content): Content => ({ cells, feed, record: Option.none() })

/** Commits whatever the record says. */
const commitAnyway = (content: Content): Adapter["commit"] => (change) =>
  Effect.scoped(Effect.flatMap(openOver(inService(content)), (adapter) => adapter.commit(change)))

/** Looks at the record, lets others go on, then commits. */
const lookThenCommit = (adapter: Adapter, content: Content): Adapter["commit"] =>
  Effect.fnUntraced(function*(change) {
    const record = yield* adapter.role.read
    if (Option.exists(record, ({ state }) => state === "retired")) return yield* adapter.commit(change)
    yield* Effect.sleep("1 millis")
    return yield* commitAnyway(content)(change)
  })

const recordFlaws: ReadonlyArray<Mutant> = [
  playing(
    { id: "beginsCurrent", flaw: "a store calls itself current from the beginning", breaks: ["role.isNoneAtFirst"] },
    ({ role }) => ({
      read: Effect.map(
        role.read,
        Option.orElseSome((): StoreRecord => ({ switchId: "", epoch: 0, state: "current" }))
      )
    })
  ),
  playing(
    { id: "dropsSuccessors", flaw: "the record forgets the successor", breaks: ["role.isVerbatim"] },
    ({ role }) => ({
      compareAndSet: (expected, next) => role.compareAndSet(expected, { ...next, successor: undefined })
    })
  ),
  playing(
    { id: "givesItsRecord", flaw: "gives out the record that it keeps", breaks: ["role.isVerbatim"] },
    (_, content) => ({ read: Effect.sync(() => content.record) })
  ),
  playing(
    { id: "setsAnyRecord", flaw: "replaces the record whatever is expected", breaks: ["role.judgesExpected"] },
    ({ role }) => ({
      compareAndSet: (_, next) => Effect.flatMap(role.read, (current) => role.compareAndSet(current, next))
    })
  ),
  playing(
    { id: "comparesEpochs", flaw: "a record of the same epoch is the same record", breaks: ["role.judgesExpected"] },
    ({ role }) => ({
      compareAndSet: (expected, next) =>
        Effect.flatMap(role.read, (current) =>
          role.compareAndSet(
            Option.isSome(current) && Option.isSome(expected) && current.value.epoch === expected.value.epoch
              ? current
              : expected,
            next
          ))
    })
  ),
  playing(
    {
      id: "roleOfInstance",
      flaw: "each instance has a record of its own",
      breaks: ["role.isKept", "role.isSeenByOthers", "retired.takesNothing"]
    },
    ownRole
  ),
  playing(
    { id: "looksThenSets", flaw: "others come between looking at the record and setting it", breaks: ["role.oneWins"] },
    lookThenSet
  ),
  playing(
    { id: "listsItsRecord", flaw: "the record is a session like any other", breaks: ["role.isNoSession"] },
    (adapter) => ({
      compareAndSet: (expected, next) =>
        Effect.tap(adapter.role.compareAndSet(expected, next), () =>
          Effect.ignore(adapter.commit({
            writeId: `record ${next.epoch}`,
            operations: [{
              _tag: "Put",
              key: { namespace: [], id: "the record" },
              expect: "any",
              kind: "record",
              schemaVersion: 1,
              summary: "{}",
              body: "{}"
            }]
          })))
    })
  ),
  playing(
    { id: "setsWhenClosed", flaw: "the record can be set when closed", breaks: ["role.isRefusedWhenClosed"] },
    (_, content) => ({
      compareAndSet: (expected, next) =>
        Effect.scoped(Effect.flatMap(openOver(content), ({ role }) => role.compareAndSet(expected, next)))
    })
  )
]

const retirementFlaws: ReadonlyArray<Mutant> = [
  mutant(
    {
      id: "writesOn",
      flaw: "a retired store takes writes",
      breaks: ["retired.takesNothing", "retired.comesBack", "retired.fences"]
    },
    (content) => () => ({ commit: commitAnyway(content) })
  ),
  mutant(
    { id: "answersRepeats", flaw: "a retired store takes the removal of nothing", breaks: ["retired.takesNothing"] },
    (content) => (adapter) => ({
      commit: (change) =>
        change.operations.every(({ _tag, key }) => _tag === "Remove" && !content.cells.has(keyText(key)))
          ? commitAnyway(content)(change)
          : adapter.commit(change)
    })
  ),
  mutant(
    { id: "hidesRetired", flaw: "a retired store lists nothing", breaks: ["retired.takesNothing"] },
    (content) => (adapter) => ({
      list: (query) =>
        Stream.suspend(() =>
          Option.exists(content.record, ({ state }) => state === "retired") ? Stream.empty : adapter.list(query)
        )
    })
  ),
  storageMutant(
    { id: "retiresForGood", flaw: "what was retired once stays so", breaks: ["retired.comesBack"] },
    (content) => {
      let retired = Option.none<StoreRecord>()
      return {
        open: Effect.map(openOver(content), (adapter) => ({
          ...adapter,
          commit: (change) =>
            Effect.suspend(() => {
              if (Option.isNone(retired)) retired = Option.filter(content.record, ({ state }) => state === "retired")
              const { cells } = content
              return Option.isNone(retired) ? adapter.commit(change) : Effect.scoped(
                Effect.flatMap(
                  openOver({ cells, feed: makeChangeFeed(), record: retired }),
                  (other) => other.commit(change)
                )
              )
            })
        }))
      }
    }
  ),
  mutant(
    { id: "looksThenCommits", flaw: "a retirement comes between a write and its check", breaks: ["retired.fences"] },
    (content) => (adapter) => ({ commit: lookThenCommit(adapter, content) })
  )
]

export const roleMutants: ReadonlyArray<Mutant> = [...recordFlaws, ...retirementFlaws]

export const roleWorldMutants: ReadonlyArray<Mutant> = [
  hostMutant(
    {
      id: "rolePerProcess",
      flaw: "each process has a record of its own",
      breaks: ["role.isSharedByProcesses", "role.oneProcessWins"]
    },
    () => ({ there: () => ({ role: ownRole() }) })
  ),
  hostMutant(
    {
      id: "writesOnElsewhere",
      flaw: "other processes write on to a retired store",
      breaks: ["retired.fencesProcesses"]
    },
    (content) => ({ there: (adapter) => ({ commit: lookThenCommit(adapter, content) }) })
  ),
  hostMutant(
    {
      id: "retiresItselfOnly",
      flaw: "a process takes writes to a store that it did not retire itself",
      breaks: ["retired.byProcesses", "retired.fencesProcesses"]
    },
    (content) => ({
      here: () => ({ commit: commitAnyway(content) }),
      there: () => ({ commit: commitAnyway(content) })
    })
  ),
  hostMutant(
    { id: "rolesLostInCrashes", flaw: "a crash takes the record", breaks: ["role.outlivesCrashes"] },
    () => ({ left: inService })
  )
]
