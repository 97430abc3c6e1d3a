/** Stores under test: memories that outlive the adapters over them as disks would, with chaos before them. */
import {
  type Capability,
  makeKey,
  makeMemory,
  makeMemoryAdapter,
  type Memory,
  type Operation,
  type SessionKey,
  StorageAdapter,
  type StorageError,
  type StoreRecord
} from "@holdfast/core"
import { Effect, Layer, Option, Stream } from "effect"
import type { SwitchProgress } from "../../src/switching/progress.ts"
import { make, type SwitchControl, type SwitchOptions } from "../../src/switching/StorageSwitch.ts"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"

export type Adapter = StorageAdapter["Service"]

/** A memory, what goes wrong before it, and how many adapters over it are open. */
export interface Store {
  readonly memory: Memory
  readonly control: Chaos.Control["Service"]
  readonly layer: Layer.Layer<StorageAdapter, StorageError>
  readonly open: { count: number }
}

/** A store that ends with no process, unless its capability says otherwise. */
export const makeStore = (options?: Chaos.Options, capability: Partial<Capability> = { durability: "flushed" }) =>
  Effect.map(Chaos.control(options), (control): Store => {
    const memory = makeMemory()
    const open = { count: 0 }
    const opened = Effect.gen(function*() {
      yield* Effect.acquireRelease(Effect.sync(() => open.count++), () => Effect.sync(() => open.count--))
      const adapter = yield* makeMemoryAdapter(memory)
      return { ...adapter, capability: { ...adapter.capability, ...capability } }
    })
    return { memory, control, open, layer: control.layer(Layer.effect(StorageAdapter, opened)) }
  })

/** The store as nothing befalls it, with something between its adapter and whoever calls it. */
export const through = (store: Store, over: (adapter: Adapter) => Partial<Adapter>): Store => ({
  ...store,
  layer: Layer.effect(
    StorageAdapter,
    Effect.map(makeMemoryAdapter(store.memory), (memory) => {
      const adapter: Adapter = { ...memory, capability: { ...memory.capability, durability: "flushed" } }
      return { ...adapter, ...over(adapter) }
    })
  )
})

export const makeStores = Effect.fnUntraced(function*() {
  return { files: yield* makeStore(), sqlite: yield* makeStore() }
})

type Stores = Readonly<Record<"files" | "sqlite", Store>>

/** Opens a switching adapter over stores, as a process of its own. */
export const openSwitch = (
  { files, sqlite }: Stores,
  options?: Partial<Omit<SwitchOptions<"files" | "sqlite">, "backends">>
) => make({ backends: { files: files.layer, sqlite: sqlite.layer }, initial: "files", ...options })

/** Runs a switch to its end, and gives all that it told. */
export const switchTo = (control: SwitchControl, name: string, transfer: "copy" | "none" = "copy") =>
  Stream.runCollect(control.switchTo(name, { transfer }))

export const tagsOf = (told: ReadonlyArray<SwitchProgress>) => told.map(({ _tag }) => _tag)

/** An adapter over the memory itself, which nothing befalls. */
export const bare = ({ memory }: Store) => makeMemoryAdapter(memory)

/** A record of the first switch; a retired one names its successor, unless its switch failed. */
export const record = (
  switchId: string,
  epoch: number,
  state: StoreRecord["state"] | "retired to sqlite" | "retired to files"
): StoreRecord => {
  const [is, , successor] = state.split(" ") as [StoreRecord["state"], string, string?]
  return { switchId, epoch, state: is, successor }
}

/** What a store says of itself, in one line. */
export const said = ({ memory }: Store): string =>
  Option.match(memory.record, {
    onNone: () => "none",
    onSome: ({ epoch, state, successor }) => `${state}@${epoch}${successor === undefined ? "" : ` to ${successor}`}`
  })

export const key = makeKey("one", ["acct"])
export const other = makeKey("two", ["acct"])

export const put = (of: SessionKey, value: unknown, expect: Operation["expect"] = "any"): Operation => ({
  _tag: "Put",
  key: of,
  expect,
  kind: "note",
  schemaVersion: 1,
  summary: JSON.stringify({ value }),
  body: JSON.stringify(value)
})

export const append = (of: SessionKey, ...values: ReadonlyArray<unknown>): Operation => ({
  _tag: "Append",
  key: of,
  expect: "any",
  kind: "note",
  schemaVersion: 1,
  entries: values.map((value) => JSON.stringify(value))
})

export const remove = (of: SessionKey): Operation => ({ _tag: "Remove", key: of, expect: "any" })

let count = 0

/** Commits operations under a write id of their own and gives the version of the first key. */
export const commit = (adapter: Adapter, ...operations: ReadonlyArray<Operation>) =>
  Effect.map(adapter.commit({ writeId: `write-${++count}`, operations }), ({ keys }) => keys[0]!.version)

/** A session's body and its entries, or none. */
export const readAs = Effect.fnUntraced(function*(adapter: Adapter, of: SessionKey) {
  const session = yield* adapter.load(of)
  const rows = yield* Stream.runCollect(adapter.entries(of, {}))
  const entries = rows.map((row) => row._tag === "StoredEntry" ? JSON.parse(row.entry) : row._tag)
  return Option.match(session, { onNone: () => "absent", onSome: ({ body }) => [JSON.parse(body), ...entries] })
})

export const idsOf = (adapter: Adapter, namespace: ReadonlyArray<string> = []) =>
  Effect.map(
    Stream.runCollect(adapter.list({ namespace, order: "id" })),
    (rows) => rows.map((row) => row._tag === "StoredHead" ? row.key.id : row._tag)
  )
