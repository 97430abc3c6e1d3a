/**
 * A process of its own that opens one tier alone, without the others, and prints what it finds there as JSON.
 *
 * Called as `count.ts <files | sqlite> <disk>`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer } from "effect"
import { Drafts, readAll, tiers } from "./drafts.ts"

const [tier = "", disk = ""] = process.argv.slice(2)

const storage = tier === "files" ? tiers.files(disk) : tiers.sqlite(disk)

readAll.pipe(
  Effect.flatMap((found) => Console.log(JSON.stringify(found))),
  Effect.provide(Drafts.layer.pipe(Layer.provide(storage), Layer.provide(NodeServices.layer))),
  NodeRuntime.runMain
)
