/**
 * Where an app keeps its sessions when nobody says where: the user's data folder, outside of what packages own.
 *
 * Effect's `UserDirectories` knows the conventions of each platform. Two of its answers lose data: below
 * AppData an MSIX package is led to a private folder that goes with the package, and a snap's home belongs to
 * one revision. There a place that outlives both is taken.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { UserDirectories } from "effect/persistence/UserDirectories"
import type { PlatformError } from "effect/PlatformError"
import { isRedirectable, packageFamily } from "../probe/containers.ts"
import { plain } from "../probe/paths.ts"
import { CurrentSurroundings, type Surroundings } from "../probe/surroundings.ts"
import { absolute, join } from "./folders.ts"

const privateToPackage = /\/Packages\/[^/]+\/(?:LocalCache|LocalState)(\/|$)|\/WpSystem\//i

const isPackageOwned = (folder: string, around: Surroundings): boolean =>
  around.platform === "win32"
  && (privateToPackage.test(plain(folder)) || (Option.isSome(packageFamily(around)) && isRedirectable(folder, around)))

const snapRevision = /^(.*\/snap\/[^/]+)\/(?:current|x?\d+)(?:\/|$)/

/** A snap's folder that all its revisions share; none when the path is not a revision's. */
const snapCommon = (folder: string, around: Surroundings): Option.Option<string> =>
  around.platform !== "linux" ? Option.none() : Option.map(
    Option.fromNullishOr(snapRevision.exec(folder)),
    ([, snap = ""]) => Option.getOrElse(absolute(around, "SNAP_USER_COMMON"), () => `${snap}/common`)
  )

/**
 * The folder for an app's sessions that is safe to use without asking the user.
 *
 * **Details**
 *
 * - Usually the data folder of `UserDirectories`: `%APPDATA%\<app>`, `~/Library/Application Support/<app>`,
 *   `~/.local/share/<app>`.
 * - In an MSIX package `%USERPROFILE%\.<app>`, which Windows neither redirects nor deletes with the package.
 * - In a snap `$SNAP_USER_COMMON/<app>`, which stays when the snap is refreshed.
 *
 * **Gotchas**
 *
 * A program that a packaged one has started looks like any other, and what it writes to AppData is redirected
 * all the same; only a probe of the folder shows it.
 */
export const defaultDirectory = Effect.fnUntraced(function*(
  appName: string
): Effect.fn.Return<string, PlatformError, UserDirectories> {
  // Whoever calls this has loaded the module to provide the service; opening a store does without.
  const directories = yield* (yield* Effect.promise(() => import("effect/persistence/UserDirectories"))).UserDirectories
  const around = yield* CurrentSurroundings
  const folder = yield* directories.data(appName)
  if (isPackageOwned(folder, around)) return join(around, yield* directories.home, `.${appName}`)
  return Option.match(snapCommon(folder, around), {
    onNone: () => folder,
    onSome: (common) => join(around, common, appName)
  })
})
