/** Stores of promises over memory, and storages that are slow, hang or fail. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Io, makeWrites, StorageAdapter, StorageError } from "@holdfast/core"
import { Session, Sessions } from "@holdfast/core/promise"
import { Deferred, Effect, Layer, Schema } from "effect"

export const Chat = Session.define("Chat", {
  state: Schema.Struct({ title: Schema.String, count: Schema.Int }),
  entry: Schema.Struct({ text: Schema.String }),
  summary: ["title"]
})

export const draft = { title: "Draft", count: 0 }

type Adapter = StorageAdapter["Service"]

/** A memory of its own, some of whose methods are replaced. */
export const storageWith = (replace: (adapter: Adapter) => Partial<Adapter>): Layer.Layer<StorageAdapter> =>
  Layer.effect(StorageAdapter, Effect.map(MemoryAdapter.make(), (adapter) => ({ ...adapter, ...replace(adapter) })))

export const openChats = (storage: Layer.Layer<StorageAdapter, unknown> = MemoryAdapter.layer) =>
  Sessions.open(Chat, { storage })

/** What a promise rejects with. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  const settled = await Promise.allSettled([promise])
  if (settled[0].status === "fulfilled") throw new Error("the promise was fulfilled")
  return settled[0].reason
}

/** The reason of the `StorageError` that a promise rejects with. */
export const storageReason = async (promise: Promise<unknown>): Promise<string> => {
  const error = await rejection(promise)
  return error instanceof StorageError ? error.reason._tag : `no StorageError: ${String(error)}`
}

/** Everything that an iteration gives. */
export const collect = async <A>(rows: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const row of rows) all.push(row)
  return all
}

/** The first that an iteration gives; the loop breaks off there. */
export const first = async <A>(rows: AsyncIterable<A>): Promise<A | undefined> => {
  for await (const row of rows) return row
  return undefined
}

/** Something that is waited for until the test opens it. */
export const makeGate = () => {
  const opened = Deferred.makeUnsafe<void>()
  return { passed: Deferred.await(opened), open: () => Deferred.doneUnsafe(opened, Effect.void) }
}

/** A memory whose writes, once begun, go on only when the gate is open; closing waits for them. */
export const makeSlowStorage = (closeTimeout?: "20 millis") => {
  const gate = makeGate()
  const begun: Array<string> = []
  const storage = Layer.effect(
    StorageAdapter,
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const writes = yield* makeWrites({ adapter: "slow", closeTimeout })
      const commit: Adapter["commit"] = (change) =>
        writes.run(
          change.operations[0]?.key,
          Effect.uninterruptible(Effect.suspend(() => {
            begun.push(change.operations[0]!.key.id)
            return Effect.andThen(gate.passed, memory.commit(change))
          }))
        )
      return { ...memory, commit }
    })
  )
  return { storage, begun, open: gate.open }
}

export const ioError = (operation: "load" | "commit") =>
  new StorageError({
    adapter: "memory",
    operation,
    reason: new Io({ outcome: "notApplied", path: "/sessions", code: "EIO" })
  })

/** A memory whose writes fail while it is broken, and tell so in its health. */
export const makeFlakyStorage = () => {
  let error: StorageError | undefined
  const storage = Layer.effect(
    StorageAdapter,
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const { health, run } = yield* makeWrites({ adapter: "flaky" })
      const commit: Adapter["commit"] = (change) =>
        run(
          change.operations[0]?.key,
          Effect.suspend(() => error === undefined ? memory.commit(change) : Effect.fail(error))
        )
      return { ...memory, commit, health }
    })
  )
  return {
    storage,
    break: (): StorageError => error = ioError("commit"),
    mend: (): void => {
      error = undefined
    }
  }
}

/** Lets everything that is due run, promises and fibers. */
export const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5))
