/**
 * A process of its own that opens the app's storage anew, or the files alone, and prints what it finds as JSON.
 *
 * Called as `look.ts <current | files> <folder>`. The second one also tries to write into the files.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { StorageSwitch } from "@holdfast/core"
import { Console, Effect, Layer } from "effect"
import { Chats, filesAlone, readAll, storage } from "./chats.ts"

const [what = "", folder = ""] = process.argv.slice(2)

const lookAtCurrent = Effect.gen(function*() {
  const { current } = yield* StorageSwitch
  return { current: yield* current, found: yield* readAll }
}).pipe(Effect.provide(Chats.layer.pipe(Layer.provideMerge(storage(folder)), Layer.provide(NodeServices.layer))))

const lookAtFiles = Effect.gen(function*() {
  const store = yield* Chats
  const refused = yield* store.save("chat-1", { draft: "written behind the app's back" }).pipe(
    Effect.as({ reason: "none", message: "the write was taken" }),
    Effect.catchTag("StorageError", ({ message, reason }) => Effect.succeed({ reason: reason._tag, message }))
  )
  return { refused, found: yield* readAll }
}).pipe(
  Effect.provide(Chats.layer.pipe(Layer.provide(filesAlone(folder)), Layer.provide(NodeServices.layer)))
)

const print = (found: unknown) => Console.log(JSON.stringify(found))

NodeRuntime.runMain(
  what === "files" ? Effect.flatMap(lookAtFiles, print) : Effect.flatMap(lookAtCurrent, print)
)
