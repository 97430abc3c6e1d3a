/**
 * The laws of watching: whoever is subscribed hears of every write that is acknowledged from then on, of
 * nothing else, and as long as the subscription and the instance last.
 * `Missed` may come at any time. Who hears of other instances' writes is told so now and then: never of all of them.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Capability } from "../../model/Capability.ts"
import type { Change } from "../../model/Change.ts"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import type { Version } from "../../model/Version.ts"
import type { Operation } from "../../port/StorageChange.ts"
import { broken, equal, refused } from "../claims.ts"
import { append, put, remove } from "../operations.ts"
import { inTime } from "../patience.ts"
import { type Client, family } from "../Trial.ts"
import { tells, tellsMissed, watch } from "../watching.ts"
import { watches } from "./changeDelivery.ts"

const key = makeKey("session", ["account"])

const changed = (key: SessionKey, version: Version) => ({ _tag: "Changed" as const, key, kind: "note", version })

const removed = (key: SessionKey, version: Version) => ({ _tag: "Removed" as const, key, kind: "note", version })

const isSameVersion = (self: Change, that: Change): boolean =>
  self._tag !== "Missed" && that._tag !== "Missed" && self.version === that.version

/** A write, another one every time, and what is to be reported of it. */
const writing = (client: Client) =>
  Effect.suspend(() => Effect.map(client.commit(put(key, "told")), ({ version }) => [changed(key, version)]))

/** Writes once more and claims that this write, and nothing else, is reported to a subscription that saw nothing yet. */
const tellsOnly = Effect.fnUntraced(function*(client: Client, watching: Effect.Success<ReturnType<typeof watch>>) {
  const { version } = yield* client.commit(put(key, "told"))
  yield* watching.until(tells(key, version), "the write is reported")
  yield* equal(watching.seen, [changed(key, version)], "what is reported")
})

// What makes an adapter miss something, as a store that is switched, is over within a few writes.
const writesMax = 20

/**
 * Writes until the last change of a turn is reported to a subscription, and claims that nothing is passed over in silence
 * meanwhile: each turn's last change is reported, or that something was missed. What is reported was written.
 */
const tellsOthers = Effect.fnUntraced(function*<E>(
  writes: Effect.Effect<ReadonlyArray<Change & { readonly _tag: "Changed" | "Removed" }>, E>,
  watching: Effect.Success<ReturnType<typeof watch>>
) {
  const first = watching.seen.length
  const written: Array<Change> = []
  for (let turn = 0; turn < writesMax; turn++) {
    const from = watching.seen.length
    const changes = yield* writes
    written.push(...changes)
    const { key, version } = changes.at(-1)!
    const isTold = tells(key, version)
    yield* watching.until((seen) => isTold(seen) || tellsMissed(seen.slice(from)), "the write is reported, or missed")
    const told = watching.seen.slice(first).filter(({ _tag }) => _tag !== "Missed")
    const expected = written.filter((change) => told.some((one) => isSameVersion(one, change)))
    yield* equal(told, expected, "what is reported")
    if (isTold(watching.seen)) return
  }
  return yield* broken(`of ${writesMax} writes, one after the other, none is reported but as missed`)
})

/** Calls that write nothing, each on a session that is there. */
const idleCalls = (client: Client, applied: Effect.Effect<unknown, unknown>) => [
  applied,
  client.commit(append(key, [])),
  client.commit(remove(makeKey("absent"), { expect: "any" })),
  Effect.flip(client.commit(put(key, 2, { expect: "absent" }))),
  Effect.flip(client.commit(append(makeKey("absent"), [1]))),
  Effect.flip(client.commit(put(key, 2, { kind: "other" }))),
  Effect.flip(client.commit(put(makeKey(""), 1)))
]

const notTold = (_: Capability) => _.watch === "none"

export const changeLaws = family("changes", [
  {
    id: "changes.fromSubscription",
    title: "a subscription reports the writes from its beginning on, also those before anybody reads it",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, "before"))
      yield* client.commit(put(makeKey("other"), "before"))
      yield* tellsOnly(client, yield* watch(client.adapter))
    }
  },
  {
    id: "changes.tellWrites",
    title: "a write is reported with its key, its kind and its version, and a removal as one",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      const watching = yield* watch(client.adapter)
      const kind = "draft"
      const writes: ReadonlyArray<ReadonlyArray<Operation>> = [
        [put(key, 1, { kind })],
        [put(key, 2, { kind })],
        [append(key, ["a"], { kind })],
        [put(key, 3, { kind }), append(key, ["b"], { kind })],
        [remove(key)],
        [put(key, 4)],
        [remove(key)]
      ]
      const expected: Array<Change> = []
      for (const [index, operations] of writes.entries()) {
        const { version } = yield* client.commit(...operations)
        const _tag = operations[0]?._tag === "Remove" ? "Removed" : "Changed"
        expected.push({ _tag, key, kind: index < 5 ? kind : "note", version })
        yield* watching.until(tells(key, version), `write ${index + 1} is reported`)
      }
      yield* equal(watching.seen, expected, "what is reported")
    }
  },
  {
    id: "changes.ofManyKeys",
    title: "a change of several keys is reported for each of them",
    needs: (capability) => watches(capability) && capability.atomicity === "manyKeys",
    run: function*(trial) {
      const client = yield* trial.open
      const gone = makeKey("gone")
      yield* client.commit(put(gone, 1))
      const watching = yield* watch(client.adapter)
      const { keys } = yield* client.adapter.commit(trial.change(put(key, 1), put(makeKey("other"), 1), remove(gone)))
      for (const row of keys) {
        yield* watching.until(tells(row.key, row.version), `the change of ${row.key.id} is reported`)
      }
      const tags = watching.seen.flatMap((change) =>
        change._tag === "Missed" ? [] : [`${change.key.id} ${change._tag}`]
      )
      yield* equal(tags.toSorted(), ["gone Removed", "other Changed", "session Changed"], "what is reported")
    }
  },
  {
    id: "changes.silentOnNothing",
    title: "what writes nothing is not reported: a refused write, a repeated one, an append of nothing",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      const change = trial.change(put(key, 1), append(key, ["a"]))
      yield* client.send(change)
      const watching = yield* watch(client.adapter)
      for (const call of idleCalls(client, client.send({ ...change, attempt: 2 }))) yield* call
      yield* tellsOnly(client, watching)
    }
  },
  {
    id: "changes.ofOthers",
    title: "what one instance writes is reported to those who watch through another",
    needs: watches,
    run: function*(trial) {
      const one = yield* trial.open
      const other = yield* trial.open
      for (const [writer, reader] of [[one, other], [other, one]] as const) {
        const watching = yield* watch(reader.adapter)
        const write = writing(writer)
        yield* tellsOthers(write, watching)
        const removal = Effect.suspend(() =>
          Effect.map(writer.commit(remove(key)), ({ version }) => removed(key, version))
        )
        yield* tellsOthers(Effect.zipWith(write, removal, (made, gone) => [...made, gone]), watching)
      }
    }
  },
  {
    id: "changes.forEverySubscriber",
    title: "every subscriber hears of every write, and one that ends leaves the others",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      const scope = yield* Scope.make()
      const subscribers = [yield* Scope.provide(watch(client.adapter), scope), yield* watch(client.adapter)]
      const first = yield* client.commit(put(key, 1))
      for (const watching of subscribers) {
        yield* watching.until(tells(key, first.version), "the write is reported to both subscribers")
      }
      yield* Scope.close(scope, Exit.void)
      yield* tellsOnly(client, yield* watch(client.adapter))
      const { version } = (yield* client.read(key)).head
      yield* subscribers[1]!.until(tells(key, version), "the write is reported to the subscriber that stays")
    }
  },
  {
    id: "changes.endWithScope",
    title: "a subscription ends with its scope: who reads it comes to an end and hears of no later write",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      const scope = yield* Scope.make()
      const seen: Array<Change> = []
      const stream = yield* Scope.provide(client.adapter.changes, scope)
      const read = Stream.runForEach(stream, (change) => Effect.sync(() => seen.push(change)))
      const reader = yield* Effect.forkChild(read, { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* client.commit(put(key, 1))
      yield* inTime(Fiber.await(reader), "who read when the scope closed comes to an end")
      yield* inTime(Effect.exit(read), "who reads after the scope closed comes to an end")
      yield* equal(seen, [], "what is reported after the scope closed")
    }
  },
  {
    id: "changes.endWithInstance",
    title: "who watches through an instance fails as closed when it closes, and who watches another goes on",
    needs: watches,
    run: function*(trial) {
      const scope = yield* Scope.make()
      const closing = yield* Scope.provide(trial.open, scope)
      const client = yield* trial.open
      const watching = yield* watch(client.adapter)
      const stream = yield* closing.adapter.changes
      const reader = yield* Effect.forkChild(Stream.runDrain(stream), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* refused(inTime(Fiber.join(reader), "who watched comes to an end"), "Closed", "watching when it closes")
      yield* refused(Effect.scoped(closing.adapter.changes), "Closed", "watching through a closed instance")
      yield* tellsOthers(writing(client), watching)
    }
  },
  {
    id: "changes.refusedWithout",
    title: "an adapter that does not promise to report writes refuses to be watched",
    needs: notTold,
    run: function*(trial) {
      const { adapter } = yield* trial.open
      yield* refused(Effect.scoped(adapter.changes), "Unsupported", "watching")
    }
  }
])
