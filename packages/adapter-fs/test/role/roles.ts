/** Store-level records, and where a store keeps them. */
import type { StoreRecord } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Adapter, commit, failureOf, put } from "../kit.ts"

export const copying: StoreRecord = { switchId: "s1", epoch: 1, state: "copying" }
export const retired: StoreRecord = { switchId: "s1", epoch: 1, state: "retired", successor: "sqlite" }
export const current: StoreRecord = { switchId: "s2", epoch: 2, state: "current" }

export const key = { namespace: ["acct"], id: "local_1" }

/** The two names of a store's marker. */
export const markersOf = (folder: string) => ({
  main: path.join(folder, ".holdfast", "store.json"),
  copy: path.join(folder, ".holdfast", "store.alt.json")
})

/** Sets a record after another one, which must be there. */
export const setRole = (adapter: Adapter, from: StoreRecord | undefined, to: StoreRecord) =>
  Effect.flatMap(
    adapter.role.compareAndSet(Option.fromUndefinedOr(from), to),
    (isSet) => isSet ? Effect.void : Effect.die(new Error(`the record was not ${from?.state ?? "absent"}`))
  )

/** How a save is answered. */
export const saved = (adapter: Adapter) =>
  Effect.matchEffect(commit(adapter, put(key, "later")), {
    onFailure: (error) => failureOf(Effect.fail(error)),
    onSuccess: () => Effect.succeed("saved" as const)
  })

export const textOf = (file: string): string => fs.readFileSync(file, "utf8")
