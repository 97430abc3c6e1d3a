/** Documents of another program, the adopter that takes them, and the ways to publish what becomes of them. */
import { type Adopter, Session, type SessionKey } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs"
import { type Adapter, faulty, list, type OpenOptions, stateOf } from "../kit.ts"

const Chat = Session.define("note", { state: Schema.Struct({ title: Schema.String }) })

/** Takes documents with a title, and the time at which they say they were changed. */
export const adopt: Adopter = Session.adopter(Chat, (json) => {
  const document = Schema.decodeUnknownOption(
    Schema.Struct({ title: Schema.String, updatedAt: Schema.optionalKey(Schema.Finite) })
  )(json)
  return Option.map(document, ({ title, ...times }) => ({ state: { title }, ...times }))
})

export const key: SessionKey = { namespace: ["acct"], id: "local_1" }
export const main = "acct/local_1.json"
export const temp = "acct/local_1.json.tmp"
export const textOf = (title: string, updatedAt?: number) => JSON.stringify({ title, updatedAt })

/** Makes a file's time one that no writer is likely to be at work since. */
export const aged = (file: string): string => {
  fs.utimesSync(file, 1_700_000_000, 1_700_000_000)
  return file
}

export const title = (adapter: Adapter, of = key) =>
  Effect.map(stateOf(adapter, of), (state) => (state as { title: string }).title)

/** The keys of the sessions that a listing shows. */
export const sessionKeys = (adapter: Adapter) =>
  Effect.map(list(adapter), (rows) => rows.flatMap((row) => row._tag === "StoredHead" ? [row.key] : []))

export const protocols: ReadonlyArray<OpenOptions> = [
  { commit: "rename", adopt },
  { commit: "slots", adopt },
  { adopt, fileSystem: faulty([{ operation: ["rename", "link"], code: "EXDEV" }]) }
]
