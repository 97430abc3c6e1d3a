/**
 * One run of the app: a process of its own, whose keys are in its environment and nowhere else.
 *
 * Called as `app.ts <save | count | rotate | overwrite> <folder>`; prints what it was told, or what it read, as JSON.
 * Without `HOLDFAST_ENCRYPTION_KEYS` the sessions are not encrypted.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Policy, type Receipt } from "@holdfast/core"
import { Config, Console, Effect, Layer, Option, Stream } from "effect"
import { isDeepStrictEqual } from "node:util"
import { Diaries, samples } from "./diaries.ts"

const [job = "", directory = ""] = process.argv.slice(2)

const files = FsAdapter.layer({ directory })

/** The files as they are, or with the encryption round them where there are keys. */
const storage = Layer.unwrap(Effect.gen(function*() {
  const keys = yield* Config.option(Policy.encryptionKeysConfig())
  return Option.isSome(keys) ? Policy.layer(Policy.encrypted({ keys: keys.value }))(files) : files
}))

const inWords = ({ durability, protocol }: Receipt): string => `${durability}, by ${protocol}`

const save = Effect.gen(function*() {
  const diaries = yield* Diaries
  const saved = yield* Effect.forEach(
    samples,
    ({ entries, key: { id, namespace }, state }) => diaries.create(state, { id, namespace, entries })
  )
  return { receipts: saved.map(({ receipt }) => inWords(receipt)) }
})

const isKnown = (entry: string): boolean => samples.some(({ entries }) => entries.includes(entry))

/** What is there: the listing, all of it and what is pinned; every session by its key; the entries of what is listed. */
const count = Effect.gen(function*() {
  const diaries = yield* Diaries
  const { complete, sessions, unreadable } = yield* diaries.list({ order: "id" })
  const pinned = yield* diaries.list({ order: "id", where: { pinned: true } })
  const loaded = yield* Effect.filter(samples, ({ key, state }) =>
    Effect.match(diaries.load(key), {
      onSuccess: (session) => isDeepStrictEqual(session.state, state),
      onFailure: () => false
    }))
  const rows = yield* Effect.forEach(sessions, ({ key }) => Stream.runCollect(diaries.entries(key)))
  const entries = rows.flat().map((row) => row._tag === "Entry" ? row.entry : row.error.message)
  return {
    listed: sessions.map(({ key, summary }) => `${key.id} "${summary.title}"`),
    pinned: pinned.sessions.map(({ key }) => key.id),
    complete,
    loaded: loaded.map(({ key }) => key.id),
    entries: entries.filter(isKnown).length,
    entriesThere: sessions.reduce((sum, { entryCount }) => sum + entryCount, 0),
    unreadable: [
      ...unreadable.map(({ error }) => error.message),
      ...new Set(entries.filter((entry) => !isKnown(entry)))
    ]
  }
})

/** Saves two of three sessions again, as they are, and copies one with its entries. */
const rotate = Effect.gen(function*() {
  const diaries = yield* Diaries
  const counted = yield* count
  const saved = yield* Effect.forEach(samples.slice(0, 2), ({ key }) => diaries.update(key, (state) => state))
  const copied = yield* diaries.fork(samples[0]!.key, { id: "diary-copy" })
  return { counted, receipts: [...saved, copied].map(({ receipt }) => inWords(receipt)) }
})

/** Saves over a session, whatever is there. */
const overwrite = Effect.gen(function*() {
  const diaries = yield* Diaries
  const { key, state } = samples[2]!
  const error = yield* Effect.flip(diaries.save(key, state))
  return { counted: yield* count, error: error.message }
})

const jobs = { save, count, rotate, overwrite }
const running: Effect.Effect<unknown, unknown, Diaries> = jobs[job as keyof typeof jobs]

NodeRuntime.runMain(
  Effect.flatMap(running, (read) => Console.log(JSON.stringify(read))).pipe(
    Effect.provide(Diaries.layer.pipe(Layer.provide(storage), Layer.provide(NodeServices.layer)))
  )
)
