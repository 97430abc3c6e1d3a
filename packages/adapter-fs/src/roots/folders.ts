/**
 * The user's folders as the environment names them, with paths in the platform's own way.
 *
 * A container gives its programs another home; the user's real one is where other programs of the user
 * look. Pure, so that any machine can be asked about on any other.
 */
import * as Option from "effect/Option"
import { posix, win32 } from "node:path"
import type { Surroundings } from "../probe/surroundings.ts"

const pathsOf = ({ platform }: Surroundings) => platform === "win32" ? win32 : posix

/** Names joined as the platform joins them. */
export const join = (around: Surroundings, ...names: ReadonlyArray<string>): string => pathsOf(around).join(...names)

/** A variable that holds an absolute path; none when it holds something else. */
export const absolute = (around: Surroundings, name: string): Option.Option<string> =>
  Option.filter(Option.fromUndefinedOr(around.env[name]), (path) => pathsOf(around).isAbsolute(path))

const ownHomes: { readonly [platform: string]: RegExp } = {
  linux: /\/snap\/[^/]+\/[^/]+$/,
  darwin: /\/Library\/Containers\/[^/]+\/Data$/
}

/** The user's home, also where a container has given the process a home of its own. */
export const homeOf = (around: Surroundings): Option.Option<string> => {
  if (around.platform === "win32") return absolute(around, "USERPROFILE")
  const home = Option.orElse(absolute(around, "SNAP_REAL_HOME"), () => absolute(around, "HOME"))
  const own = ownHomes[around.platform]
  return own === undefined ? home : Option.map(home, (path) => path.replace(/\/+$/, "").replace(own, ""))
}
