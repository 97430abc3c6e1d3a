/**
 * The places where sessions of an app are, or may be, with what shows it; between two it never chooses.
 *
 * Two paths of one folder are one candidate. A place that cannot be read counts as one that may hold
 * sessions, because nobody can say that it does not.
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { isSamePath } from "../probe/paths.ts"
import type { Surroundings } from "../probe/surroundings.ts"
import { expand, type Expanded, type Folders, inspect, type Seen, type Unlisted } from "./expand.ts"
import { type App, type Origin, type Pattern, patternsOf } from "./patterns.ts"

/** Why a folder is a candidate: one of the ways that lead to it. */
export interface Way {
  readonly origin: Origin
  readonly path: string
  /** The path by which the app itself reaches it, where a container leads it there. */
  readonly logical: Option.Option<string>
  /** What showed it, for people. */
  readonly because: string
}

/** A folder where sessions of the app are or may be. */
export interface Candidate {
  readonly path: string
  readonly realPath: string
  readonly ways: ReadonlyArray<Way>
  readonly seen: Seen
}

/** Where to look for the app's sessions. */
export type Verdict =
  | { readonly _tag: "None" }
  | { readonly _tag: "One"; readonly candidate: Candidate }
  /** More than one place holds sessions or may: a person decides. */
  | { readonly _tag: "Several"; readonly candidates: ReadonlyArray<Candidate> }

/** All candidates, and what could not be looked at. */
export interface Roots {
  readonly candidates: ReadonlyArray<Candidate>
  /** Folders that would have told more places; empty when the search was complete. */
  readonly unlisted: ReadonlyArray<Unlisted>
  readonly verdict: Verdict
}

const reasons: { readonly [origin in Origin]: string } = {
  configured: "the app is configured to keep its sessions here",
  roamingAppData: "the user's roaming application data",
  localAppData: "the user's local application data",
  packageLocalCache: "where Windows leads what a package writes to application data",
  packageLocalState: "a package's own local data",
  packageOnOtherDrive: "the private folder of a package that is installed on another drive",
  xdgData: "the user's data folder",
  xdgConfig: "the user's configuration folder",
  xdgState: "the user's state folder",
  snap: "a snap's folder",
  flatpak: "a Flatpak's folder",
  applicationSupport: "the user's Application Support",
  macContainer: "the container of a sandboxed app",
  homeFolder: "a folder of the app in the user's home",
  legacy: "a folder that the app names as a former one"
}

const wayOf = ({ logical, origin }: Pattern, { names, path }: Expanded): Way => ({
  origin,
  path,
  logical,
  because: names.length === 0 ? reasons[origin] : `${reasons[origin]} (${names.join(", ")})`
})

/** Whether sessions were seen in a place, or nobody can tell. */
export const mayHoldSessions = ({ seen }: Candidate): boolean => {
  if (seen._tag !== "Found") return seen._tag === "Unreadable"
  const { documents, hasMarker, isCutOff, temporaries, unreadable } = seen
  return hasMarker || documents > 0 || temporaries > 0 || unreadable.length > 0 || isCutOff
}

/** What the candidates say together. */
const verdictOf = (candidates: ReadonlyArray<Candidate>): Verdict => {
  const [first, ...others] = candidates.filter(mayHoldSessions)
  if (first === undefined) return { _tag: "None" }
  return others.length === 0
    ? { _tag: "One", candidate: first }
    : { _tag: "Several", candidates: [first, ...others] }
}

const merge = (candidates: ReadonlyArray<Candidate>, next: Candidate, { platform }: Surroundings) => {
  const index = candidates.findIndex(({ realPath }) => isSamePath(realPath, next.realPath, platform))
  const same = candidates[index]
  return same === undefined
    ? [...candidates, next]
    : candidates.with(index, { ...same, ways: [...same.ways, ...next.ways] })
}

/** Lists each folder once: many places lie below the same ones. */
const once = ({ list, realPath }: Folders): Folders => {
  const known = new Map<string, Effect.Effect<Effect.Success<ReturnType<typeof list>>, string>>()
  return {
    realPath,
    list: (path) =>
      Effect.suspend(() =>
        known.get(path) ?? Effect.flatMap(Effect.exit(list(path)), (exit) => {
          known.set(path, exit)
          return exit
        })
      )
  }
}

/** Looks for the app's sessions in all places that its names and the surroundings tell. */
export const findRoots = Effect.fnUntraced(function*(
  app: App,
  around: Surroundings,
  disk: Folders
): Effect.fn.Return<Roots> {
  const folders = once(disk)
  let candidates: ReadonlyArray<Candidate> = []
  const unlisted: Array<Unlisted> = []
  for (const pattern of patternsOf(app, around)) {
    const expansion = yield* expand(pattern, folders, around)
    unlisted.push(...expansion.unlisted.filter(({ path }) => !unlisted.some((known) => known.path === path)))
    for (const expanded of expansion.found) {
      const seen = yield* inspect(expanded.path, folders, around)
      // Of what a glob matched, only what is there is a place; a plain path is one that was looked at.
      if (seen._tag === "Missing" && expanded.names.length > 0) continue
      const realPath = seen._tag === "Missing" ? expanded.path : yield* folders.realPath(expanded.path)
      candidates = merge(candidates, { path: expanded.path, realPath, seen, ways: [wayOf(pattern, expanded)] }, around)
    }
  }
  return { candidates, unlisted, verdict: verdictOf(candidates) }
})
