/**
 * Opening the store that a command is about, for looking or for changing.
 *
 * Whoever looks gets a store whose files cannot be written, and neither makes one by a misspelt name: a store that is
 * not there is a failure for every command but those that fill one.
 */
import { FsAdapter } from "@holdfast/adapter-fs"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { type Adopter, StorageAdapter, type StorageError, StorageUrl } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import { CliFailure } from "../output/CliFailure.ts"
import { type Exception, layerLookOnly } from "./lookOnly.ts"
import { invalidUrl, withOptions } from "./storeName.ts"

/** What a command does with a store. */
export type Purpose =
  | { readonly _tag: "Look"; readonly exception?: Exception | undefined; readonly adopt?: Adopter | undefined }
  /** The store is there, and is changed. */
  | { readonly _tag: "Change"; readonly adopt?: Adopter | undefined }
  /** The store is filled, and made when it is missing. */
  | { readonly _tag: "Fill" }

const registryFor = (purpose: Purpose) => {
  const adopt = purpose._tag === "Fill" ? undefined : purpose.adopt
  return StorageUrl.registry([
    {
      ...FsAdapter.scheme,
      layer: (directory: string, options: Parameters<typeof FsAdapter.scheme.layer>[1]) =>
        FsAdapter.layer({ ...options, directory, adopt })
    },
    SqliteAdapter.scheme,
    MemoryAdapter.scheme
  ])
}

/** Fails when what a path names is not there. */
const checkThere = Effect.fnUntraced(function*(url: StorageUrl.Parsed) {
  const fileSystem = yield* FileSystem.FileSystem
  for (const { path, scheme } of url.stores) {
    const isMissing = scheme !== "memory" && Effect.match(fileSystem.stat(path), {
      onSuccess: () => false,
      // What cannot be looked at may be there: the adapter says what is wrong with it.
      onFailure: ({ reason }) => reason._tag === "NotFound"
    })
    if (isMissing !== false && (yield* isMissing)) {
      return yield* new CliFailure({
        code: "NoSuchStore",
        what: `there is no ${scheme === "fs" ? "folder" : "database"} ${(yield* Path.Path).resolve(path)}`,
        advice: "Look at the path once more; a store on a volume that is not mounted is not there either."
      })
    }
  }
})

/** Opens a store for the length of the scope. */
export const openStore = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed,
  purpose: Purpose
): Effect.fn.Return<
  StorageAdapter["Service"],
  StorageError | CliFailure,
  FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const known = yield* Effect.mapError(
    Effect.fromResult(StorageUrl.parse(StorageUrl.format(url), registryFor(purpose))),
    invalidUrl
  )
  if (purpose._tag !== "Fill") yield* checkThere(known)
  // A folder that is no store is not made one, unless what lies in it is to become sessions.
  const mustBeStore = purpose._tag === "Change" && purpose.adopt === undefined
  const there = purpose._tag === "Fill" ? known : withOptions(known, {
    sqlite: { mustExist: "true" },
    ...(mustBeStore ? { fs: { mustExist: "true" } } : {})
  })
  const layer = StorageUrl.layer(registryFor(purpose), there)
  const { exception = "nobody" } = purpose._tag === "Look" ? purpose : {}
  const opened = purpose._tag === "Look" ? Layer.provide(layer, layerLookOnly(exception)) : layer
  const built = Effect.catchTag(
    Layer.build(Layer.fresh(opened)),
    "InvalidStorageUrl",
    (error) => Effect.fail(invalidUrl(error))
  )
  return Context.get(yield* built, StorageAdapter)
})
