/**
 * The sessions of the story, and how they are opened. This is all of Effect that the app needs to know:
 * a schema for the state, and a layer that says where it is stored. The modules are imported one by one, because
 * a process that is started often feels the whole of Effect.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Session, Sessions } from "@holdfast/core/promise"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

export const Draft = Session.define("Draft", {
  state: Schema.Struct({ title: Schema.String, text: Schema.String }),
  entry: Schema.Struct({ number: Schema.Int }),
  summary: ["title"]
})

export const filesIn = (directory: string) => Layer.provide(FsAdapter.layer({ directory }), NodeServices.layer)

export const openDrafts = (directory: string) => Sessions.open(Draft, { storage: filesIn(directory) })
