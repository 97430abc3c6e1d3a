/** A memory behind chaos: the adapter that tests call, its control, and the memory itself to look at. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, type Operation, type SessionKey, type StorageAdapter, type StorageChange } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"

export const key = makeKey("x", ["a"])
export const other = makeKey("y", ["a"])

export const openChaos = Effect.fnUntraced(function*(options?: Chaos.Options) {
  const memory = yield* MemoryAdapter.make()
  return { memory, ...(yield* Chaos.make(memory, options)) }
})

export const change = (writeId: string, ...operations: ReadonlyArray<Operation>): StorageChange => ({
  writeId,
  operations
})

type Adapter = StorageAdapter["Service"]

/** A session's body, or none. */
export const bodyOf = (adapter: Adapter, of: SessionKey = key) =>
  Effect.map(adapter.load(of), (session) => Option.getOrUndefined(session)?.body)

/** The texts of a session's entries. */
export const entriesOf = (adapter: Adapter, of: SessionKey = key) =>
  Effect.map(
    Stream.runCollect(adapter.entries(of, {})),
    (rows) => rows.map((row) => row._tag === "StoredEntry" ? row.entry : row._tag)
  )

/** The reason of a failure and what it says was changed. */
export const failureOf = <A>(call: Effect.Effect<A, { readonly reason: { _tag: string }; readonly outcome: string }>) =>
  Effect.map(Effect.flip(call), ({ outcome, reason }) => `${reason._tag}: ${outcome}`)

export const linesOf = (control: Chaos.Control["Service"]) =>
  Effect.map(control.log, (events) => events.map(Chaos.show))
