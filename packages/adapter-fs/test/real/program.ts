/** The program that the tests start, kill and starve, over a file store. Its argument is the store's options as JSON. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { Session } from "@holdfast/core"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { StartOptions } from "../../../../testing/real/app.ts"
import { Note } from "../../../../testing/real/notes.ts"
import { givenOptions, runNotes } from "../../../../testing/real/runNotes.ts"
import type { AppOptions } from "./app.ts"

const { adopt, ...options } = givenOptions() as Omit<AppOptions, keyof StartOptions>

const adopter = Session.adopter(
  Note,
  (json) => Option.map(Schema.decodeUnknownOption(Note.state)(json), (state) => ({ state }))
)

const files = FsAdapter.layer(adopt === undefined ? options : { ...options, adopt: adopter })

await runNotes(Layer.provide(files, NodeServices.layer))
