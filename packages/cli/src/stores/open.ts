/**
 * Opening the store that a command is about, for looking or for changing.
 *
 * Whoever looks gets a store whose files cannot be written, and neither makes one by a misspelt name: a store that is
 * not there is a failure for every command but those that fill one.
 */
import { type Adopter, StorageAdapter, type StorageError, StorageUrl } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import { CliFailure } from "../output/CliFailure.ts"
import { typed } from "../output/text.ts"
import { type Exception, layerLookOnly } from "./lookOnly.ts"
import { invalidUrl, withOptions } from "./storeName.ts"

/** What a command does with a store. */
export type Purpose =
  | { readonly _tag: "Look"; readonly exception?: Exception | undefined; readonly adopt?: Adopter | undefined }
  /** The store is there, and is changed. */
  | { readonly _tag: "Change"; readonly adopt?: Adopter | undefined }
  /** The store is filled, and made when it is missing. */
  | { readonly _tag: "Fill" }

// An adapter is loaded when a store of its kind is opened: most runs need one, and help needs none.
const loading = {
  fs: (purpose: Purpose) =>
    import("@holdfast/adapter-fs").then(({ FsAdapter }) => {
      const adopt = purpose._tag === "Fill" ? undefined : purpose.adopt
      return {
        ...FsAdapter.scheme,
        layer: (directory: string, options: Parameters<typeof FsAdapter.scheme.layer>[1]) =>
          FsAdapter.layer({ ...options, directory, adopt })
      }
    }),
  sqlite: () => import("@holdfast/adapter-sqlite").then(({ SqliteAdapter }) => SqliteAdapter.scheme),
  memory: () => import("@holdfast/adapter-memory").then(({ MemoryAdapter }) => MemoryAdapter.scheme)
}

type SchemeName = keyof typeof loading

const schemeNames = Object.keys(loading) as ReadonlyArray<SchemeName>

/** The schemes of a URL; all of them where it has another one, so that the failure names what there is. */
const registryFor = (purpose: Purpose, { stores }: StorageUrl.Parsed) => {
  const isKnown = stores.every(({ scheme }) => schemeNames.some((name) => name === scheme))
  const needed = isKnown ? schemeNames.filter((name) => stores.some(({ scheme }) => scheme === name)) : schemeNames
  return Effect.map(
    Effect.promise(() => Promise.all(needed.map((name) => loading[name](purpose)))),
    (schemes) => StorageUrl.registry(schemes)
  )
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

// Its marker may be lost, and the store be one all the same.
const storeFolder = ".holdfast"

/** Fails when a folder is there and no store: what lies in it may be another program's. */
const checkStore = Effect.fnUntraced(function*({ stores }: StorageUrl.Parsed) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const { path: folder, scheme } of stores) {
    if (scheme !== "fs") continue
    if (yield* Effect.orElseSucceed(fileSystem.exists(path.join(folder, storeFolder)), () => true)) continue
    return yield* new CliFailure({
      code: "NotAStore",
      what: `the folder ${path.resolve(folder)} is no store of Holdfast`,
      advice:
        `If an app's sessions lie in it, run \`holdfast recover --store ${typed(folder)}\` to see what can be made ` +
        "of them. If not, look at the path once more."
    })
  }
})

type Services = FileSystem.FileSystem | Path.Path

/** The layer of a store, which is checked to be there where it has to be. */
export const storeLayer = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed,
  purpose: Purpose
): Effect.fn.Return<Layer.Layer<StorageAdapter, StorageError | CliFailure, Services>, CliFailure, Services> {
  const registry = yield* registryFor(purpose, url)
  const known = yield* Effect.mapError(
    Effect.fromResult(StorageUrl.parse(StorageUrl.format(url), registry)),
    invalidUrl
  )
  if (purpose._tag !== "Fill") yield* checkThere(known)
  // A folder that is no store is not made one, unless what lies in it is to become sessions.
  const mustBeStore = purpose._tag === "Change" && purpose.adopt === undefined
  if (mustBeStore) yield* checkStore(known)
  const there = purpose._tag === "Fill" ? known : withOptions(known, {
    sqlite: { mustExist: "true" },
    ...(mustBeStore ? { fs: { mustExist: "true" } } : {})
  })
  const layer = Layer.catchTag(
    StorageUrl.layer(registry, there),
    "InvalidStorageUrl",
    (error) => Layer.effect(StorageAdapter, Effect.fail(invalidUrl(error)))
  )
  const { exception = "nobody" } = purpose._tag === "Look" ? purpose : {}
  return purpose._tag === "Look" ? Layer.provide(layer, layerLookOnly(exception)) : layer
})

/** Opens a store for the length of the scope. */
export const openStore = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed,
  purpose: Purpose
): Effect.fn.Return<StorageAdapter["Service"], StorageError | CliFailure, Services | Scope.Scope> {
  const layer = yield* storeLayer(url, purpose)
  return Context.get(yield* Layer.build(Layer.fresh(layer)), StorageAdapter)
})
