/**
 * A process of its own that opens one tier alone, without the others, and prints what it finds there as JSON.
 *
 * Called as `count.ts <files | sqlite> <disk>`.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Drafts, readAll, tiers } from "./drafts.ts"

const [tier = "", disk = ""] = process.argv.slice(2)

const storage = tier === "files" ? tiers.files(disk) : tiers.sqlite(disk)

readAll.pipe(
  Effect.flatMap((found) => Console.log(JSON.stringify(found))),
  Effect.provide(Drafts.layer.pipe(Layer.provide(storage), Layer.provide(NodeServices.layer))),
  NodeRuntime.runMain
)
