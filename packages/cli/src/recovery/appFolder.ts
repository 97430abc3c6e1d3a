/**
 * Whether a folder is the one that an app has for all its data, with its settings beside its sessions.
 *
 * Somebody who looks for lost sessions may well name that one. A document there is taken for a session only where it
 * says so itself: an app whose settings were taken for a session and replaced would start as if it were new.
 */
import type { StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

// What Chromium, and so every Electron app, keeps there: https://www.electronjs.org/docs/latest/api/app#appgetpathname
// (`sessionData`) and https://chromium.googlesource.com/chromium/src/+/main/docs/user_data_dir.md.
const ownNames: ReadonlySet<string> = new Set([
  "Cache",
  "Code Cache",
  "Cookies",
  "Crashpad",
  "GPUCache",
  "IndexedDB",
  "Local State",
  "Local Storage",
  "Network",
  "Preferences",
  "Session Storage",
  "blob_storage"
])

// One of them alone may be the name of an account.
const ownNamesMin = 2

/** Whether a store's folder is an app's folder for all its data. One that cannot be listed may be one. */
export const isAppFolder = Effect.fnUntraced(function*({ stores }: StorageUrl.Parsed) {
  const [store, ...others] = stores
  if (store === undefined || others.length > 0 || store.scheme !== "fs") return false
  const fileSystem = yield* FileSystem.FileSystem
  return yield* Effect.match(fileSystem.readDirectory(store.path), {
    onFailure: () => true,
    onSuccess: (names) => names.filter((name) => ownNames.has(name)).length >= ownNamesMin
  })
})
