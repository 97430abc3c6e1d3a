/** The app's own code: it remembers which files were opened. It knows sessions and no storage. */
import { Session, SessionStore } from "@holdfast/core"
import { Effect, Schema } from "effect"

const Workspace = Session.define("Workspace", {
  state: Schema.Struct({ name: Schema.String, recent: Schema.Array(Schema.String) }),
  summary: ["name"]
})

export class Workspaces extends SessionStore.Service<Workspaces>()("app/Workspaces", Workspace) {}

// As many as the menu has room for.
const recentMax = 3

/** Puts a file on top of a workspace's recent files, making the workspace when it is opened for the first time. */
export const remember = Effect.fn("remember")(function*(workspace: string, file: string) {
  const workspaces = yield* Workspaces
  const add = workspaces.update(workspace, (state) => ({
    ...state,
    recent: [file, ...state.recent.filter((other) => other !== file)].slice(0, recentMax)
  }))
  const make = workspaces.create({ name: workspace, recent: [file] }, { id: workspace })
  return yield* Effect.catchTag(add, "SessionNotFound", () => Effect.catchTag(make, "SessionExists", () => add))
})

/** The menu's line: what is remembered, or that it cannot be read. Never an empty menu for a store that fails. */
export const menu = Effect.fn("menu")(function*(workspace: string) {
  const workspaces = yield* Workspaces
  return yield* workspaces.load(workspace).pipe(
    Effect.map(({ state }) => state.recent.join(", ")),
    Effect.catchTag("SessionNotFound", () => Effect.succeed("no recent files")),
    Effect.catchTag("StorageError", ({ reason }) => Effect.succeed(`recent files cannot be read (${reason._tag})`))
  )
})
