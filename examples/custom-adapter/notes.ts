/**
 * One run of a small app whose notes lie in `localStorage`: a process of its own, as a page of a site is.
 *
 * Called as `notes.ts <save | count | trouble>`; prints what it was told, or what it read, as JSON.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Session, SessionStore, type StorageAdapter } from "@holdfast/core"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { isDeepStrictEqual } from "node:util"
import { fillUp, freeSpace } from "./harness.ts"
import * as WebStorageAdapter from "./WebStorageAdapter.ts"

const Note = Session.define("Note", {
  state: Schema.Struct({ title: Schema.String, text: Schema.String }),
  entry: Schema.String,
  summary: ["title"]
})
class Notes extends SessionStore.Service<Notes>()("app/Notes", Note) {}

const notes = [
  { id: "shopping", title: "Shopping", text: "Bread, \"good\" olives", comments: ["and salt", "bought"] },
  { id: "ideas", title: "Idées", text: "An adapter for what browsers have", comments: ["in 200 lines"] },
  { id: "quote", title: "引用", text: "What is acknowledged is there", comments: ["who said that?"] }
]

/** Saves as an app that needs more than the adapter promises. */
const require = Effect.flatMap(Notes, (store) => store.save("flushed", { title: "Flushed", text: "" })).pipe(
  Effect.provide(Notes.layerWith({ require: "flushed" }), { local: true }),
  Effect.flip
)

const create = ({ comments, id, text, title }: typeof notes[number]) =>
  Effect.flatMap(Notes, (store) => store.create({ title, text }, { id, entries: comments }))

const save = Effect.gen(function*() {
  const saved = yield* Effect.forEach(notes, create)
  const receipts = saved.map(({ receipt: { durability, location, protocol } }) =>
    `${location}: ${durability}, by ${protocol}`
  )
  return { receipts, error: (yield* require).message }
})

const count = Effect.gen(function*() {
  const store = yield* Notes
  const { complete, sessions, unreadable } = yield* store.list()
  const intact = yield* Effect.filter(notes, ({ comments, id, text, title }) =>
    Effect.gen(function*() {
      const { state } = yield* store.load(id)
      const rows = yield* Stream.runCollect(store.entries(id))
      const entries = rows.map((row) => row._tag === "Entry" ? row.entry : row.error.message)
      return isDeepStrictEqual([state, entries], [{ title, text }, comments])
    }).pipe(Effect.catchTag("StorageError", () => Effect.succeed(false))))
  return {
    listed: sessions.map(({ summary }) => summary.title).toSorted(),
    complete,
    unreadable: unreadable.map(({ error }) => error.message),
    intact: intact.length
  }
})

const saveLonger = Effect.gen(function*() {
  const store = yield* Notes
  return yield* store.save("shopping", { title: "Shopping", text: "olives ".repeat(100) })
}).pipe(Effect.flip, Effect.map((error) => error.message))

/** Saves when other items have taken all that a site may store, and counts before they are gone. */
const full = Effect.acquireUseRelease(
  Effect.sync(() => fillUp(localStorage)),
  () => Effect.all({ error: saveLonger, counted: count }),
  () => Effect.sync(() => freeSpace(localStorage))
)

/** Saves over a note whose item was written over by another script of the site. */
const damaged = Effect.andThen(
  Effect.sync(() => localStorage.setItem("holdfast/shopping", "{\"theme\":\"dark\"}")),
  Effect.all({ error: saveLonger, counted: count })
)

const jobs = { save, count, trouble: Effect.all({ full, damaged }) }
const job: Effect.Effect<unknown, unknown, Notes | StorageAdapter> = jobs[process.argv[2] as keyof typeof jobs]

NodeRuntime.runMain(
  Effect.flatMap(job, (read) => Console.log(JSON.stringify(read))).pipe(
    Effect.provide(Layer.provideMerge(Notes.layer, WebStorageAdapter.layer(localStorage)))
  )
)
