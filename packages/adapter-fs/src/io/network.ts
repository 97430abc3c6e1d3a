/**
 * Whether a folder is on a network: there the kernel's locks keep nobody out on another host.
 *
 * The real disk is asked, beside the door that all other calls go through: a file system that is made for
 * a test has no mount. A folder that cannot be asked about counts as local.
 */
import { remoteFileSystem } from "@holdfast/core/port"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { statfs } from "node:fs/promises"

/** The type of a folder's file system, as statfs(2) gives it on Linux; 0 where it is not known. */
export const FileSystemType: Context.Reference<(folder: string) => Effect.Effect<number>> = Context.Reference(
  "@holdfast/adapter-fs/io/FileSystemType",
  {
    defaultValue: () => (folder: string) =>
      process.platform === "linux"
        ? Effect.map(Effect.option(Effect.tryPromise(() => statfs(folder))), (found) =>
          found._tag === "Some" ? found.value.type : 0)
        : Effect.succeed(0)
  }
)

const lookAt = Effect.fnUntraced(function*(folder: string) {
  const fileSystemType = yield* (yield* FileSystemType)(folder)
  const remote = remoteFileSystem({ platform: process.platform, folder, fileSystemType })
  return { fileSystemType, isRemote: remote !== undefined }
})

/** Whether a folder is on a network mount, or may be. */
export const isOnNetwork = (folder: string): Effect.Effect<boolean> =>
  Effect.map(lookAt(folder), ({ isRemote }) => isRemote)

/** Whether a folder is known to be on a disk of this machine. */
export const isKnownLocal = (folder: string): Effect.Effect<boolean> =>
  Effect.map(lookAt(folder), ({ fileSystemType, isRemote }) => fileSystemType !== 0 && !isRemote)
