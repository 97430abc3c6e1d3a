/** The program that stands for another process which adopts: documents with a title become notes. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Session } from "@holdfast/core"
import { serveOverStdio } from "@holdfast/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const state = Schema.Struct({ title: Schema.String })

const adopt = Session.adopter(
  Session.define("note", { state }),
  (json) => Option.map(Schema.decodeUnknownOption(state)(json), (found) => ({ state: found }))
)

const options = JSON.parse(process.argv[2] ?? "{}") as FsAdapter.FsOptions

const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

await Effect.runPromise(Effect.provide(
  serveOverStdio(Effect.provide(FsAdapter.make({ ...options, adopt }), platform)),
  NodeStdio.layer
))
