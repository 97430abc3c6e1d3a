/** Effect's own KeyValueStore on files, with JSON text in it. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Scope from "effect/Scope"
import type { Session } from "../documents.ts"
import { listedOf, parseSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

export const open: Open = async (directory) => {
  const scope = await Effect.runPromise(Scope.make())
  const layer = Layer.provide(KeyValueStore.layerFileSystem(directory), platform)
  const store = Context.get(await Effect.runPromise(Layer.buildWithScope(layer, scope)), KeyValueStore.KeyValueStore)
  const load = (id: string): Effect.Effect<Session | undefined, KeyValueStore.KeyValueStoreError> =>
    Effect.map(store.get(id), (text) => text === undefined ? undefined : parseSession(text))
  return appendByRewriting({
    save: (session) => Effect.runPromise(store.set(session.id, JSON.stringify(session))),
    load: (id) => Effect.runPromise(load(id)),
    list: () =>
      Effect.runPromise(Effect.gen(function*() {
        const sessions = yield* Effect.forEach(yield* store.keys, load, { concurrency: 32 })
        return sessions.flatMap((session) => session === undefined ? [] : [listedOf(session)])
      })),
    close: () => undefined
  })
}
