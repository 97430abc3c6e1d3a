/**
 * Marks: what a catalog has to look at again, kept in memory until it is written down.
 *
 * Marking is all that a write or a listing does for the catalog, so neither waits for it. What is marked again
 * is put off again: a session is looked at when it has been left alone for a while.
 */
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type { Saved, Target } from "../commit/Place.ts"
import { encodeName } from "../layout/names.ts"

/** A session to be looked at; with the version that this process has published and synced, if it has. */
export interface Marked {
  readonly target: Target
  readonly synced: Option.Option<Saved>
}

/** What is marked in one folder. */
export interface FolderMarks {
  readonly namespace: ReadonlyArray<string>
  readonly sessions: ReadonlyArray<Marked>
  /** Folders in it that may have come or gone, by file name. */
  readonly folders: ReadonlyArray<string>
}

export interface Marks {
  readonly session: (target: Target, synced: Option.Option<Saved>) => void
  readonly folder: (namespace: ReadonlyArray<string>, name: string) => void
  /** Drops the mark of a session. */
  readonly drop: (target: Target) => void
  /** Ends when something is marked. */
  readonly some: Latch.Latch
  /** Takes what was marked before the last time that this was called, or all. */
  readonly take: (which: "rested" | "all") => ReadonlyArray<FolderMarks>
}

interface Mark {
  readonly round: number
  readonly namespace: ReadonlyArray<string>
  readonly what: Marked | string
}

// What is not marked is marked by the next listing that has to read it.
const marksMax = 100_000

const groupOf = (marks: ReadonlyArray<Mark>): FolderMarks => ({
  namespace: marks[0]!.namespace,
  sessions: marks.flatMap(({ what }) => typeof what === "string" ? [] : [what]),
  folders: marks.flatMap(({ what }) => typeof what === "string" ? [what] : [])
})

/** No marks yet. */
export const makeMarks = (): Marks => {
  const marks = new Map<string, Mark>()
  const seenFolders = new Set<string>()
  const some = Latch.makeUnsafe(false)
  let round = 0

  const add = (id: string, mark: Omit<Mark, "round">): void => {
    if (marks.size >= marksMax && !marks.has(id)) return
    marks.set(id, { ...mark, round })
    some.openUnsafe()
  }
  const folder: Marks["folder"] = (namespace, name) =>
    add(`folder ${[...namespace, name].join("/")}`, { namespace, what: name })

  /** The folders on the way to a session: without them nobody finds it while their parents cannot be listed. */
  const markParents = (namespace: ReadonlyArray<string>): void => {
    const path = namespace.join("/")
    if (seenFolders.has(path)) return
    seenFolders.add(path)
    for (const [depth, name] of namespace.entries()) folder(namespace.slice(0, depth), encodeName(name))
  }

  return {
    some,
    folder,
    session: (target, synced) => {
      const { namespace } = target.key
      const id = `session ${target.keyText}`
      const before = marks.get(id)?.what
      markParents(namespace)
      // Whoever has only read the session does not take away what its writer knows.
      const known = Option.orElse(synced, () => typeof before === "object" ? before.synced : Option.none())
      add(id, { namespace, what: { target, synced: known } })
    },
    drop: ({ keyText }) => void marks.delete(`session ${keyText}`),
    take: (which) => {
      const taken = [...marks].filter(([, mark]) => which === "all" || mark.round < round)
      round += 1
      for (const [id] of taken) marks.delete(id)
      if (marks.size === 0) some.closeUnsafe()
      const groups = Map.groupBy(taken.map(([, mark]) => mark), ({ namespace }) => namespace.join("/"))
      return [...groups.values()].map(groupOf)
    }
  }
}
