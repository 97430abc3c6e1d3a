/**
 * Holdfast as an app uses it: a definition, a typed store over an adapter's layer, one scope for its life.
 *
 * Every call is an effect that is run on its own, as a handler of a request or of a click runs it; the cost of starting
 * it is part of what is measured. Modules are imported one by one, which the documentation recommends.
 */
import { Session, SessionStore, type StorageAdapter, type StorageError } from "@holdfast/core/store"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Message } from "../documents.ts"
import type { Subject } from "./Subject.ts"

const Turn = Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String })

const Chat = Session.define("Chat", {
  state: Schema.Struct({
    title: Schema.String,
    pinned: Schema.Boolean,
    cwd: Schema.String,
    turns: Schema.Array(Turn)
  }),
  entry: Turn,
  summary: ["title"]
})

/** Opens a store over an adapter. */
export const openStore = async (layer: Layer.Layer<StorageAdapter, StorageError>): Promise<Required<Subject>> => {
  const scope = await Effect.runPromise(Scope.make())
  const services = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const store = await Effect.runPromise(Effect.provide(SessionStore.make(Chat), services))
  return {
    save: ({ cwd, id, pinned, title, turns }) =>
      Effect.runPromise(Effect.asVoid(store.save(id, { cwd, pinned, title, turns }))),
    load: (id) =>
      Effect.runPromise(
        Effect.map(store.load(id), ({ state, updatedAt }) => ({ ...state, id, updatedAt: updatedAt.epochMilliseconds }))
      ),
    list: () =>
      Effect.runPromise(
        Effect.map(Stream.runCollect(store.listAll()), (rows) =>
          Array.from(rows, (row) => {
            if (row._tag !== "Head") throw new Error("a session is unreadable")
            return { id: row.key.id, title: row.summary.title, updatedAt: row.updatedAt.epochMilliseconds }
          }))
      ),
    append: (id, messages) => Effect.runPromise(Effect.asVoid(store.append(id, messages))),
    messages: (id, last) =>
      Effect.runPromise(
        Effect.map(Stream.runCollect(store.entries(id, { last })), (rows) =>
          Array.from(rows, (row): Message => {
            if (row._tag !== "Entry") throw new Error("an entry is unreadable")
            return row.entry
          }))
      ),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
