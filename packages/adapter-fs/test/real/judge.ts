/** Looking at a file store after a fault: opened in this process, and its folder searched for litter. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type Ask, inStorage } from "../../../../testing/real/judge.ts"

/** Opens a store in this process for one use. */
export const inStore = <A>(options: FsAdapter.FsOptions, use: (ask: Ask) => Effect.Effect<A>) =>
  inStorage(Layer.provide(FsAdapter.layer(options), NodeServices.layer), use)

const isKept = (path: string): boolean =>
  /^\.holdfast\/(store\.json|(presence|gate|watchers|lock-\d)\.db|changes\.jsonl)$/.test(path) ||
  path.startsWith("lost-found/") || path.startsWith(".holdfast/catalog/")
  || /^[^.=][^.]*(\.alt)?\.json$/.test(path) || /^[^.=][^.]*\.entries(\.[1-9][0-9]*)?\.jsonl$/.test(path)

/** The files of a store that are neither sessions, nor the store's own, nor kept because they are doubtful. */
export const litterIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !isKept(path))
