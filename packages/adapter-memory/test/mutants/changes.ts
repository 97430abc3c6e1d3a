/** Flaws in what is reported to those who watch, and in the times of copied entries. */
import { type Change, type ChangeFeed, Version } from "@holdfast/core"
import { Effect, Queue, Scope, Stream } from "effect"
import { limitedTo, openOver } from "../harness.ts"
import { toldBy } from "../host.ts"
import { damaging, type Flaw, type Mutant, mutant, rewriting, storageMutant, withRecord } from "./mutant.ts"
import { tellingOthersFlaws } from "./tellingOthers.ts"

/** A mutant whose changes go another way than the feed's. */
const feeding = (flaw: Flaw, replace: (feed: ChangeFeed) => Partial<ChangeFeed>): Mutant =>
  storageMutant(flaw, (content) => ({
    open: openOver(toldBy(content, { ...content.feed, ...replace(content.feed) }))
  }))

type Told = Exclude<Change, { readonly _tag: "Missed" }>

/** A mutant that tells something else in the place of some changes. */
const telling = (flaw: Flaw, tell: (change: Told) => ReadonlyArray<Change>): Mutant =>
  feeding(flaw, (feed) => ({
    publish: (changes) => feed.publish(changes.flatMap((change) => change._tag === "Missed" ? [change] : tell(change)))
  }))

// Far fewer than any subscriber may fall behind.
const keptMax = 50

const watchingFlaws: ReadonlyArray<Mutant> = [
  mutant(
    {
      id: "subscribesLate",
      flaw: "a subscription begins when somebody reads it",
      breaks: ["changes.fromSubscription", "changes.silentOnNothing"]
    },
    () => (adapter) => ({ changes: Effect.succeed(Stream.unwrap(adapter.changes)) })
  ),
  mutant(
    {
      id: "tellsThePast",
      flaw: "a subscription begins with what was written before it",
      breaks: ["changes.fromSubscription", "changes.silentOnNothing"]
    },
    ({ cells }) => (adapter) => ({
      changes: Effect.map(adapter.changes, (stream) => {
        const past = [...cells.values()].map(({ key }): Change => ({
          _tag: "Changed",
          key,
          kind: "note",
          version: Version(1)
        }))
        return Stream.concat(Stream.fromIterable(past), stream)
      })
    })
  ),
  telling(
    {
      id: "hidesRemovals",
      flaw: "a removal is not reported",
      breaks: ["changes.tellWrites", "changes.ofOthers", "changes.areFollowed"]
    },
    (change) => change._tag === "Removed" ? [] : [change]
  ),
  telling(
    {
      id: "removalsAreWrites",
      flaw: "a removal is reported as a write",
      breaks: ["changes.tellWrites", "changes.ofManyKeys", "changes.areFollowed"]
    },
    (change) => [{ ...change, _tag: "Changed" }]
  ),
  telling(
    { id: "tellsNoKind", flaw: "the kind is not reported", breaks: ["changes.tellWrites", "changes.fromSubscription"] },
    (change) => [{ ...change, kind: "" }]
  ),
  telling(
    { id: "tellsOtherVersions", flaw: "another version is reported", breaks: ["changes.tellWrites"] },
    (change) => [{ ...change, version: Version(change.version - 1) }]
  ),
  telling(
    {
      id: "tellsTwice",
      flaw: "a write is reported twice",
      breaks: ["changes.tellWrites", "changes.silentOnNothing", "changes.areFollowed"]
    },
    (change) => [change, change]
  ),
  telling(
    {
      id: "alwaysMissed",
      flaw: "every write is reported as missed",
      breaks: ["changes.tellWrites", "changes.ofOthers"]
    },
    () => [{ _tag: "Missed" }]
  ),
  feeding(
    {
      id: "tellsFirstKey",
      flaw: "of a change of several keys one is reported",
      breaks: ["changes.ofManyKeys"]
    },
    (feed) => ({ publish: (changes) => feed.publish(changes.slice(0, 1)) })
  ),
  feeding(
    { id: "skipsSome", flaw: "every fifth change is not reported", breaks: ["changes.areFollowed"] },
    (feed) => {
      let count = 0
      return { publish: (changes) => feed.publish(changes.filter(() => ++count % 5 !== 0)) }
    }
  ),
  mutant(
    {
      id: "tellsRepeats",
      flaw: "a repeated write is reported again",
      breaks: ["changes.silentOnNothing"]
    },
    ({ feed }) => {
      const sent = new Set<string>()
      return (adapter) => ({
        commit: (change) =>
          Effect.tap(adapter.commit(change), ({ keys }) =>
            Effect.sync(() => {
              if (sent.has(change.writeId)) {
                feed.publish(keys.map(({ key, version }) => ({ _tag: "Changed", key, kind: "note", version })))
              }
              sent.add(change.writeId)
            }))
      })
    }
  ),
  mutant(
    { id: "tellsRefusals", flaw: "a refused write is reported", breaks: ["changes.silentOnNothing"] },
    ({ feed }) => (adapter) => ({
      commit: (change) =>
        Effect.tapError(adapter.commit(change), () =>
          Effect.sync(() =>
            feed.publish(
              change.operations.map(({ key }) => ({ _tag: "Changed", key, kind: "note", version: Version(1) }))
            )
          ))
    })
  ),
  feeding(
    {
      id: "tellsOneSubscriber",
      flaw: "each change goes to one of the subscribers",
      breaks: ["changes.forEverySubscriber"]
    },
    () => {
      const queue = Effect.runSync(Queue.unbounded<Change>())
      return {
        publish: (changes) => changes.forEach((change) => Queue.offerUnsafe(queue, change)),
        subscribe: Effect.succeed(Stream.fromQueue(queue))
      }
    }
  ),
  feeding(
    {
      id: "forgetsWhenBehind",
      flaw: "what a slow subscriber has no room for is dropped",
      breaks: ["changes.sayMissed"]
    },
    () => {
      const queues = new Set<Queue.Queue<Change>>()
      return {
        publish: (changes) => queues.forEach((queue) => changes.forEach((change) => Queue.offerUnsafe(queue, change))),
        subscribe: Effect.gen(function*() {
          const queue = yield* Effect.acquireRelease(Queue.dropping<Change>(keptMax), Queue.shutdown)
          yield* Effect.acquireRelease(
            Effect.sync(() => queues.add(queue)),
            () => Effect.sync(() => queues.delete(queue))
          )
          return Stream.fromQueue(queue)
        })
      }
    }
  ),
  feeding(
    {
      id: "neverUnsubscribes",
      flaw: "a subscription goes on when its scope has closed",
      breaks: ["changes.endWithScope"]
    },
    ({ subscribe }) => ({ subscribe: Scope.provide(subscribe, Scope.makeUnsafe()) })
  ),
  mutant(
    {
      id: "watchesWhenClosed",
      flaw: "whoever watches a closed instance waits for ever",
      breaks: ["changes.endWithInstance"]
    },
    ({ feed }) => () => ({ changes: feed.subscribe })
  ),
  storageMutant(
    {
      id: "watchesUnasked",
      flaw: "an adapter that does not promise to report writes can be watched",
      breaks: ["changes.refusedWithout"]
    },
    (content) => ({
      open: Effect.map(openOver(content), (adapter) => ({
        ...limitedTo(adapter, { watch: "none" }),
        changes: adapter.changes
      }))
    })
  )
]

const timesFlaws: ReadonlyArray<Mutant> = [
  rewriting(
    {
      id: "dropsTimes",
      flaw: "copied entries get the time of the change",
      breaks: ["append.keepsTimes"]
    },
    (change) => ({
      ...change,
      operations: change.operations.some(({ _tag }) => _tag === "Put")
        ? change.operations.map((each) => each._tag === "Append" ? { ...each, at: undefined } : each)
        : change.operations
    })
  ),
  rewriting(
    {
      id: "takesTimesAnywhere",
      flaw: "entries may have times of their own where no state is put",
      breaks: ["append.timesNeedState"]
    },
    (change) => ({
      ...change,
      operations: change.operations.map((each) =>
        each._tag === "Append" && !change.operations.some((other) => other._tag === "Put")
          ? { ...each, at: undefined }
          : each
      )
    })
  ),
  damaging(
    {
      id: "timesMoveSessions",
      flaw: "the time of the last write is that of the newest entry",
      breaks: ["append.keepsTimes"]
    },
    (cell, _, change) =>
      change.operations.some((each) => each._tag === "Append" && each.at !== undefined)
        ? withRecord(cell, () => ({ updatedAt: cell.entries.at(-1)?.at ?? 0 }))
        : cell
  )
]

export const changeMutants: ReadonlyArray<Mutant> = [...watchingFlaws, ...tellingOthersFlaws, ...timesFlaws]
