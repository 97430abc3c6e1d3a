/**
 * Examining a store: everything that can be found out about it without changing it.
 *
 * The only files that are made are those of the probe, which tries what the place can do and removes them. What cannot
 * be found out is left out; what it means is decided elsewhere, from these facts alone.
 */
import { keyText, type ProbeReport, type StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { type AdoptFlags, lookAt, type Looked } from "../recovery/looking.ts"
import { usersOfStore } from "../stores/inUse.ts"
import { CurrentMachine, type Holder, type Room } from "./Machine.ts"

/** What was found out about a store. */
export interface Examined {
  /** As the user named it. */
  readonly given: string
  readonly adapter: string
  readonly location: string
  readonly platform: string
  readonly node: string
  readonly room: Option.Option<Room>
  /** Who else has the store open: the processes where the system tells them. */
  readonly inUse: "nobody" | "somebody" | "unknown"
  readonly holders: ReadonlyArray<Holder>
  readonly probe: ProbeReport
  readonly looked: Looked
  /** When the newest session that can be read was saved. */
  readonly newestSave: Option.Option<number>
  /** When the newest leftover was written, as far as the times of files tell. */
  readonly newestLeftover: Option.Option<number>
  /** Ids that several sessions have, in namespaces of their own. */
  readonly duplicates: ReadonlyArray<{ readonly id: string; readonly keys: ReadonlyArray<string> }>
}

const newestOf = (times: ReadonlyArray<number>): Option.Option<number> =>
  times.length === 0 ? Option.none() : Option.some(times.reduce((newest, time) => Math.max(newest, time)))

// Looking at the times of so many files takes a moment; beyond it the newest of them says as much.
const timesMax = 2000

const newestFile = Effect.fnUntraced(function*({ findings }: Looked) {
  const fileSystem = yield* FileSystem.FileSystem
  const places = [...new Set(findings.map(({ place }) => place))].slice(0, timesMax)
  const found = yield* Effect.forEach(places, (place) => Effect.option(fileSystem.stat(place)))
  return newestOf(
    found.flatMap((info) =>
      Option.toArray(Option.map(Option.flatMap(info, ({ mtime }) => mtime), (time) => time.getTime()))
    )
  )
})

const duplicatesOf = ({ findings, heads }: Looked): Examined["duplicates"] => {
  const keys = [...heads.map(({ key }) => key), ...findings.flatMap(({ key }) => Option.toArray(key))]
  const byId = Map.groupBy(keys, ({ id }) => id)
  return [...byId].flatMap(([id, same]) => {
    const names = [...new Set(same.map(keyText))].toSorted()
    return names.length > 1 ? [{ id, keys: names }] : []
  })
}

/** Who has a store open, asked before it is opened here. */
const usersOf = Effect.fnUntraced(function*(url: StorageUrl.Parsed) {
  const { holdersOf } = yield* CurrentMachine
  const { inUse, lock } = yield* usersOfStore(url)
  const held = inUse === "somebody" && lock !== undefined ? yield* holdersOf(lock) : Option.none()
  return { inUse, holders: Option.getOrElse(held, () => []) }
})

/** Examines a store. Fails where it cannot even be opened. */
export const examine = Effect.fnUntraced(function*(url: StorageUrl.Parsed, flags: AdoptFlags) {
  const { node, platform, roomAt } = yield* CurrentMachine
  const path = yield* Path.Path
  const users = yield* usersOf(url)
  const { adapter, looked } = yield* lookAt(url, flags, "probes")
  const probe = yield* adapter.probe
  const isFile = adapter.name === "sqlite"
  const examined: Examined = {
    given: String(url),
    adapter: adapter.name,
    location: adapter.location,
    platform,
    node,
    room: yield* roomAt(isFile ? path.dirname(adapter.location) : adapter.location),
    ...users,
    probe,
    looked,
    newestSave: newestOf(looked.heads.map(({ updatedAt }) => updatedAt)),
    newestLeftover: yield* newestFile(looked),
    duplicates: duplicatesOf(looked)
  }
  return examined
}, Effect.scoped)
