/**
 * Memory as storage that several processes share, with faults and crashes that are played.
 *
 * Another process is an instance over the same content that stops at a kill, a fault is a state of the content's
 * surroundings, a crash state is a copy of the content. Each part can be replaced by one that has a flaw.
 */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Capability,
  type ChangeFeed,
  DirectoryUnreadable,
  type Health,
  Io,
  makeChangeFeed,
  NoSpace,
  OutcomeUnknown,
  type Reason,
  StorageError,
  type StorageOperation
} from "@holdfast/core"
import type { Crashes, CrashState, Elsewhere, Fault, Harness, Storage } from "@holdfast/core/testing"
import { Deferred, Effect, Option, type Scope, Stream } from "effect"
import { type Adapter, type Content, limitedTo, openOver } from "./harness.ts"

/** What is wrong below an adapter: nothing, no space, everything fails, or writes are made and not answered. */
export type Trouble = "none" | "space" | "device" | "answers"

/** A crash, as far as a flaw may depend on it. */
interface Moment {
  readonly name: "before a write" | "before its answer" | "after all"
  /** The content before the last write began. */
  readonly before: Content
}

/** What a flaw replaces. */
export interface HostParts {
  /** Members of the instances of this process. */
  readonly here?: ((adapter: Adapter, trouble: () => Trouble) => Partial<Adapter>) | undefined
  /** Members of the instances of other processes. */
  readonly there?: ((adapter: Adapter) => Partial<Adapter>) | undefined
  /** The content that an instance opens. */
  readonly opened?: ((content: Content, by: "here" | "there", trouble: Trouble) => Content) | undefined
  /** What is waited for before a process is killed. */
  readonly killedAfter?: Effect.Effect<void> | undefined
  /** What a fault makes of the surroundings. */
  readonly troubled?: ((trouble: Trouble) => Trouble) | undefined
  /** What a crash leaves of a content. */
  readonly left?: ((content: Content, moment: Moment) => Content) | undefined
}

const promises: Partial<Capability> = { compareAndSet: "host", sharedBy: "host", watch: "host" }

/** A content that goes its own way from here on. */
export const copyOf = ({ cells, record }: Content): Content => ({
  cells: new Map(cells),
  record,
  feed: makeChangeFeed()
})

/** The same sessions and the same store-level record, whose changes are told by another feed. */
export const toldBy = (content: Content, feed: ChangeFeed): Content => ({
  cells: content.cells,
  feed,
  get record() {
    return content.record
  },
  set record(record) {
    content.record = record
  }
})

const at = { path: "memory", code: "EIO", outcome: "notApplied" } as const

const failure = (operation: StorageOperation, reason: Reason) =>
  new StorageError({ adapter: "memory", operation, reason })

const failing = (health: Health, error: StorageError): Health => ({
  ...health,
  state: "failing",
  lastError: Option.some(error),
  tiers: health.tiers.map((tier) => ({ ...tier, state: "failing" as const, lastError: Option.some(error) }))
})

/** An adapter over surroundings that may be in trouble: what it cannot do fails and says so. */
const overTrouble = (adapter: Adapter, trouble: () => Trouble): Adapter => {
  let last: Option.Option<StorageError> = Option.none()
  const reading = <A>(
    operation: StorageOperation,
    read: Effect.Effect<A, StorageError>
  ): Effect.Effect<A, StorageError> =>
    Effect.suspend(() => trouble() === "device" ? Effect.fail(failure(operation, new Io(at))) : read)
  const commit: Adapter["commit"] = (change) => {
    switch (trouble()) {
      case "none":
        return adapter.commit(change)
      case "space":
        return Effect.fail(failure("commit", new NoSpace({ ...at, code: "ENOSPC" })))
      case "device":
        return Effect.fail(failure("commit", new Io(at)))
      case "answers":
        return Effect.andThen(
          adapter.commit(change),
          Effect.fail(failure("commit", new OutcomeUnknown({ outcome: "unknown", why: "no answer came" })))
        )
    }
  }
  return {
    ...adapter,
    commit: (change) =>
      Effect.suspend(() => commit(change)).pipe(
        Effect.tap(() => Effect.sync(() => last = Option.none())),
        Effect.tapError((error) => Effect.sync(() => last = error.remedy === "caller" ? last : Option.some(error)))
      ),
    head: (key) => reading("head", adapter.head(key)),
    load: (key) => reading("load", adapter.load(key)),
    entries: (key, range) => Stream.unwrap(reading("entries", Effect.succeed(adapter.entries(key, range)))),
    list: (query) =>
      Stream.suspend(() =>
        trouble() === "device"
          ? Stream.fail(failure("list", new DirectoryUnreadable(at)))
          : adapter.list(query)
      ),
    health: Stream.map(
      adapter.health,
      (health) => Option.match(last, { onNone: () => health, onSome: (error) => failing(health, error) })
    )
  }
}

const faults: ReadonlyArray<Omit<Fault, "inject" | "lift"> & { readonly trouble: Trouble }> = [
  { name: "there is no space", trouble: "space", reasons: ["NoSpace"], hits: ["writes"] },
  { name: "the device fails", trouble: "device", reasons: ["Io", "DirectoryUnreadable"], hits: ["reads", "writes"] },
  { name: "answers are lost", trouble: "answers", reasons: ["OutcomeUnknown"], hits: ["writes"] }
]

/** An instance that answers nothing after its process was killed. */
const killable = Effect.fnUntraced(function*(adapter: Adapter, killedAfter: Effect.Effect<void>) {
  const killed = yield* Deferred.make<never, StorageError>()
  const ended = failure("commit", new OutcomeUnknown({ outcome: "unknown", why: "the process has ended" }))
  const elsewhere: Elsewhere = {
    adapter: {
      ...adapter,
      // Other fibers run before and after a write, as they do while a message is on its way.
      commit: (change) =>
        Effect.raceFirst(
          Deferred.await(killed),
          Effect.yieldNow.pipe(Effect.andThen(adapter.commit(change)), Effect.tap(() => Effect.yieldNow))
        )
    },
    kill: Effect.andThen(killedAfter, Deferred.fail(killed, ended))
  }
  return elsewhere
})

const crashesOver = (open: (content: Content) => Storage["open"], left: NonNullable<HostParts["left"]>): Crashes =>
  Effect.fnUntraced(function*(work) {
    const content = MemoryAdapter.makeMemory()
    const states: Array<CrashState> = []
    let acknowledged = 0
    let before = copyOf(content)
    const look = (name: Moment["name"]): void => {
      states.push({ name, acknowledged, storage: { open: open(left(copyOf(content), { name, before })) } })
    }
    const adapter = yield* open(content)
    yield* work({
      ...adapter,
      commit: Effect.fnUntraced(function*(change) {
        before = copyOf(content)
        look("before a write")
        const receipt = yield* adapter.commit(change)
        look("before its answer")
        acknowledged++
        return receipt
      })
    })
    look("after all")
    return states
  })

/** A storage over a content that several processes share. */
export const sharedHost = (content: Content, parts: HostParts = {}): Storage => {
  let trouble: Trouble = "none"
  const { here, killedAfter = Effect.void, left = (copy) => copy, opened, there, troubled } = parts
  const openOne = (memory: Content): Effect.Effect<Adapter, never, Scope.Scope> =>
    Effect.map(openOver(memory), (adapter) => {
      const sound = limitedTo(overTrouble(adapter, () => trouble), promises)
      return { ...sound, ...here?.(sound, () => trouble) }
    })
  return {
    open: Effect.suspend(() => openOne(opened?.(content, "here", trouble) ?? content)),
    elsewhere: Effect.suspend(() =>
      Effect.flatMap(openOver(opened?.(content, "there", trouble) ?? content), (adapter) => {
        const sound = limitedTo(adapter, promises)
        return killable({ ...sound, ...there?.(sound) }, killedAfter)
      })
    ),
    faults: faults.map(({ trouble: kind, ...fault }) => ({
      ...fault,
      inject: Effect.sync(() => void (trouble = troubled?.(kind) ?? kind)),
      lift: Effect.sync(() => void (trouble = "none"))
    })),
    crashes: crashesOver(openOne, left)
  }
}

/** Memory that several processes share, in good order. */
export const host: Harness = {
  name: "memory of several processes",
  fresh: Effect.sync(() => sharedHost(MemoryAdapter.makeMemory()))
}
