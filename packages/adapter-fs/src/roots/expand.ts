/**
 * Finding out which of the places of an app exist, and whether sessions were seen there.
 *
 * It only lists folders. A place that is not there is reported as missing where its path has no `*`; one
 * that cannot be listed is a candidate that nobody can tell anything about, never an empty one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { roleOf, storeFolder } from "../layout/files.ts"
import type { Surroundings } from "../probe/surroundings.ts"
import { join } from "./folders.ts"
import type { Pattern, Step } from "./patterns.ts"

/** A name in a folder. */
export interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/** How folders are looked at: the real disk's, or a table's. */
export interface Folders {
  /** The names in a folder; fails with the code of the platform. */
  readonly list: (path: string) => Effect.Effect<ReadonlyArray<Entry>, string>
  /** The path without links; the same path where that cannot be told. */
  readonly realPath: (path: string) => Effect.Effect<string>
}

/** What was seen in a place. */
export type Seen =
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Unreadable"; readonly code: string }
  | {
    readonly _tag: "Found"
    /** A store was opened here. */
    readonly hasMarker: boolean
    /** Files `*.json`, in the folder and below. */
    readonly documents: number
    /** Files `*.json.tmp` and the like: saves that never got their names. */
    readonly temporaries: number
    /** Folders below that could not be listed. */
    readonly unreadable: ReadonlyArray<string>
    /** There was more than is looked through. */
    readonly isCutOff: boolean
  }

/** A folder that a pattern stands for; `names` are what its globs matched. */
export interface Expanded {
  readonly path: string
  readonly names: ReadonlyArray<string>
}

/** A folder whose names would have told more places, and that could not be listed. */
export interface Unlisted {
  readonly path: string
  readonly code: string
}

const isAbsent = (code: string): boolean => code === "ENOENT" || code === "ENOTDIR"

const matcherOf = (glob: string, { platform }: Surroundings): RegExp => {
  const pattern = glob.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&")).join(".*")
  return new RegExp(`^${pattern}$`, platform === "linux" ? "s" : "is")
}

interface Expansion {
  readonly found: ReadonlyArray<Expanded>
  readonly unlisted: ReadonlyArray<Unlisted>
}

const take = Effect.fnUntraced(function*(
  { found, unlisted }: Expansion,
  step: Step,
  { around, list }: Pick<Folders, "list"> & { readonly around: Surroundings }
): Effect.fn.Return<Expansion> {
  if (typeof step === "string") {
    return { unlisted, found: found.map(({ names, path }) => ({ names, path: join(around, path, step) })) }
  }
  const matcher = matcherOf(step.glob, around)
  const steps = yield* Effect.forEach(found, ({ names, path }) =>
    Effect.match(list(path), {
      onFailure: (code): Expansion => ({ found: [], unlisted: isAbsent(code) ? [] : [{ path, code }] }),
      onSuccess: (entries): Expansion => ({
        unlisted: [],
        found: entries.filter(({ isFolder, name }) => isFolder && matcher.test(name))
          .map(({ name }) => ({ path: join(around, path, name), names: [...names, name] }))
      })
    }))
  return {
    found: steps.flatMap((next) => next.found),
    unlisted: [...unlisted, ...steps.flatMap((next) => next.unlisted)]
  }
})

/** The folders that a pattern stands for, existing or not, and those that could not be listed on the way. */
export const expand = (
  pattern: Pattern,
  folders: Pick<Folders, "list">,
  around: Surroundings
): Effect.Effect<Expansion> =>
  Effect.reduce(
    pattern.steps,
    (): Expansion => ({ found: [{ path: pattern.base, names: [] }], unlisted: [] }),
    (expansion, step) => take(expansion, step, { around, list: folders.list })
  )

// Namespaces are at most 8 deep. Folders of other things that an app keeps may be large: what is counted
// tells a person which place is meant, so there it stops.
const depthMax = 9
const namesMax = 100_000

interface Pending {
  readonly path: string
  readonly depth: number
}

const add = (sum: Extract<Seen, { _tag: "Found" }>, entries: ReadonlyArray<Entry>) => {
  const roles = entries.filter(({ isFolder }) => !isFolder).map(({ name }) => roleOf(name)._tag)
  return {
    ...sum,
    documents: sum.documents + roles.filter((role) => role === "Head").length,
    temporaries: sum.temporaries + roles.filter((role) => role === "Temp" || role === "ForeignTemp").length
  }
}

/** Looks through a place and counts what may be sessions. */
export const inspect = Effect.fnUntraced(function*(
  root: string,
  { list }: Pick<Folders, "list">,
  around: Surroundings
): Effect.fn.Return<Seen> {
  const top = yield* Effect.result(list(root))
  if (top._tag === "Failure") {
    return isAbsent(top.failure) ? { _tag: "Missing" } : { _tag: "Unreadable", code: top.failure }
  }
  const hasMarker = top.success.some(({ isFolder, name }) => isFolder && name === storeFolder)
  let sum: Extract<Seen, { _tag: "Found" }> = {
    _tag: "Found",
    hasMarker,
    documents: 0,
    temporaries: 0,
    unreadable: [],
    isCutOff: false
  }
  const pending: Array<Pending> = [{ path: root, depth: 0 }]
  let names = 0
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const { depth, path } = folder
    const entries = depth === 0 ? Option.some(top.success) : yield* Effect.option(list(path))
    if (Option.isNone(entries)) {
      sum = { ...sum, unreadable: [...sum.unreadable, path] }
      continue
    }
    names += entries.value.length
    sum = add(sum, entries.value)
    const below = entries.value.filter(({ isFolder, name }) => isFolder && !(depth === 0 && name === storeFolder))
    const mayGoOn = names <= namesMax && depth < depthMax
    if (mayGoOn) pending.push(...below.map(({ name }) => ({ path: join(around, path, name), depth: depth + 1 })))
    else if (below.length > 0) sum = { ...sum, isCutOff: true }
  }
  return sum
})
