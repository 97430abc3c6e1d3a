import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Session, SessionStore } from "@holdfast/core"
import { Console, Effect, Layer, Schema } from "effect"

const Chat = Session.define("Chat", { state: Schema.Struct({ title: Schema.String }), summary: ["title"] })
class Chats extends SessionStore.Service<Chats>()("app/Chats", Chat) {}

const program = Effect.gen(function*() {
  const chats = yield* Chats
  const { receipt } = yield* chats.create({ title: "Fix EXDEV" })
  const { sessions } = yield* chats.list()
  yield* Console.log(
    `${receipt.durability} by ${receipt.protocol}: ${sessions.length} session(s) in ${receipt.location}`
  )
})

const store = Chats.layer.pipe(
  Layer.provide(FsAdapter.layer({ directory: "./sessions" })),
  Layer.provide(NodeServices.layer)
)
NodeRuntime.runMain(Effect.provide(program, store))
