/**
 * A store with sessions of every sort in it, closed cleanly: both protocols, logs of one segment and of two, both
 * names of a head, tombstones, sessions made again, adopted ones beside their sources and in their place.
 */
import { type Adopter, type Operation, Session, type SessionKey, type StorageError } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  type Adapter,
  append,
  change,
  commit,
  faulty,
  type OpenOptions,
  place,
  put,
  quickFolder,
  remove,
  visit
} from "../kit.ts"
import { seenOf } from "../scenario/content.ts"
import { promptFileSystem } from "../scenario/promptFileSystem.ts"

const Page = Session.define("page", { state: Schema.Struct({ title: Schema.String }) })

/** Takes documents with a title. */
const adopt: Adopter = Session.adopter(
  Page,
  (json) =>
    Option.map(Schema.decodeUnknownOption(Schema.Struct({ title: Schema.String }))(json), (state) => ({ state }))
)

/** How the store is opened, whoever opens it. */
export const opening: OpenOptions = { adopt, fileSystem: promptFileSystem }

/** What lies there for a key, named by what its files are. */
export interface Resident {
  readonly key: SessionKey
  readonly name: string
}

const state = (name: string, text: string) => ({ title: name, text: `${text} ${"é€".repeat(40)}` })

type Life = (adapter: Adapter, key: SessionKey) => Effect.Effect<void, StorageError>

/** Carries out changes one after the other. */
const changes = (adapter: Adapter, ...steps: ReadonlyArray<ReadonlyArray<Operation>>) =>
  Effect.forEach(steps, (operations) => commit(adapter, ...operations), { discard: true })

const lives: { readonly [name: string]: Life } = {
  saved: (adapter, key) => changes(adapter, [put(key, 1)], [put(key, state("saved", "two"))]),
  saved_thrice: (adapter, key) =>
    changes(adapter, ...["one", "two", "three"].map((text) => [put(key, state("saved", text))])),
  appended: (adapter, key) =>
    changes(
      adapter,
      [put(key, state("appended", "one"))],
      ...[1, 2, 3].map((number) => [append(key, [`entry ${number}`])])
    ),
  batches: (adapter, key) =>
    changes(adapter, [put(key, state("batches", "one")), append(key, ["first"])], [append(key, ["a", "b", "c"])]),
  both: (adapter, key) =>
    changes(adapter, ...[1, 2, 3].map((number) => [put(key, state("both", `${number}`)), append(key, [number])])),
  removed: (adapter, key) => changes(adapter, [put(key, 1), append(key, ["gone"])], [remove(key)]),
  made_again: (adapter, key) =>
    changes(
      adapter,
      [put(key, 1), append(key, ["gone"])],
      [remove(key)],
      [put(key, state("made again", "one")), append(key, ["there"])]
    )
}

const protocols = ["rename", "slots"] as const

/** A sync of the log fails, so that the session goes on in a second segment. */
const segmented = Effect.fnUntraced(function*(folder: string, commitBy: typeof protocols[number]) {
  const key: SessionKey = { namespace: ["acct", commitBy], id: "segments" }
  const rules: Array<FaultRule> = []
  yield* visit(
    folder,
    (adapter) =>
      Effect.gen(function*() {
        yield* commit(adapter, put(key, state("segments", "one")), append(key, ["settled"]))
        rules.push({ operation: "sync", path: /entries/, code: "EIO", calls: (call) => call === 1 })
        yield* Effect.exit(adapter.commit(change(append(key, ["in doubt"]))))
        yield* commit(adapter, append(key, ["in the second"]))
        yield* commit(adapter, put(key, state("segments", "two")), append(key, ["and more"]))
      }),
    { ...opening, commit: commitBy, fileSystem: faulty(rules, promptFileSystem) }
  )
  return { key, name: `${commitBy} segments` }
})

/** Sessions that were adopted: one from a file beside it, one from the file in whose place it is, one saved since. */
const adopted = Effect.fnUntraced(function*(folder: string) {
  const keys = ["beside", "in_place", "saved_since"].map((id): SessionKey => ({ namespace: ["adopted"], id }))
  place(folder, "adopted/beside.json.tmp", "{\"title\":\"beside\"}")
  place(folder, "adopted/in_place.json", "{\"title\":\"in place\"}")
  place(folder, "adopted/saved_since.json", "{\"title\":\"saved since\"}")
  yield* visit(
    folder,
    (adapter) => commit(adapter, put(keys[2]!, state("saved since", "two"), { kind: "page" })),
    opening
  )
  return keys.map((key) => ({ key, name: `adopted ${key.id}` }))
})

/** Makes the store. It was opened and closed once more after the last change. */
export const crowdedStore = Effect.gen(function*() {
  const folder = yield* quickFolder
  const residents: Array<Resident> = []
  for (const protocol of protocols) {
    yield* visit(
      folder,
      (adapter) =>
        Effect.forEach(Object.entries(lives), ([name, life]) => {
          const key: SessionKey = { namespace: ["acct", protocol], id: name }
          residents.push({ key, name: `${protocol} ${name}` })
          return life(adapter, key)
        }),
      { ...opening, commit: protocol }
    )
    residents.push(yield* segmented(folder, protocol))
  }
  residents.push(...(yield* adopted(folder)))
  const seen = yield* visit(
    folder,
    (adapter) => Effect.forEach(residents, ({ key }) => seenOf(adapter, key)),
    opening
  )
  return { folder, residents, seen }
})

export type CrowdedStore = Effect.Success<typeof crowdedStore>
