/**
 * The facts of folders that this process has open, found by real path: who opens one again need not try.
 *
 * They are kept while somebody uses the folder, and each file system has its own. A surprise drops them:
 * whoever asks next tries afresh. Facts that are lost cost a few system calls and nothing else.
 */
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Io } from "../io/Io.ts"
import { type Door, probeFacts } from "./experiment.ts"
import type { Facts } from "./facts.ts"

/** A folder that is in use; its facts are none after a surprise. */
interface Known {
  facts: Option.Option<Facts>
  users: number
  /** The paths by which it was opened. */
  readonly roots: Set<string>
}

const memories = new WeakMap<FileSystem, Map<string, Known>>()

const foldersOf = (fileSystem: FileSystem): Map<string, Known> => {
  const known = memories.get(fileSystem) ?? new Map<string, Known>()
  memories.set(fileSystem, known)
  return known
}

/** A folder as it is opened: its path, and the one that it really has. */
export interface Opened {
  readonly root: string
  readonly realPath: string
}

const enter = (folders: Map<string, Known>, { realPath, root }: Opened) =>
  Effect.sync(() => {
    const known = folders.get(realPath) ?? { facts: Option.none(), users: 0, roots: new Set<string>() }
    known.users += 1
    known.roots.add(root)
    folders.set(realPath, known)
    return known
  })

const leave = (folders: Map<string, Known>, { realPath }: Opened, known: Known) =>
  Effect.sync(() => {
    known.users -= 1
    if (known.users === 0 && folders.get(realPath) === known) folders.delete(realPath)
  })

/** The facts of a folder: known ones, or what a probe of it finds. They are kept for the length of the scope. */
export const acquireFacts = Effect.fnUntraced(function*(
  door: Door,
  opened: Opened
): Effect.fn.Return<Facts, never, Scope.Scope> {
  const folders = foldersOf(door.io.fileSystem)
  const known = yield* Effect.acquireRelease(
    enter(folders, opened),
    (entered) => leave(folders, opened, entered)
  )
  if (Option.isSome(known.facts)) return { ...known.facts.value, folder: opened.root }
  const facts = yield* probeFacts(door, opened.root)
  known.facts = Option.some(facts)
  return facts
})

/** A store whose folder did something that its facts do not tell; a `Place` is one. */
export interface Surprised {
  readonly io: Io
  readonly root: string
}

/** Drops what is known of a store's folder, after a call that its facts did not let expect. */
export const forgetProbe = ({ io, root }: Surprised): void => {
  for (const known of foldersOf(io.fileSystem).values()) {
    if (known.roots.has(root)) known.facts = Option.none()
  }
}

/** Keeps what a probe has found out meanwhile about a folder that is in use. */
export const rememberFacts = ({ io, root }: Surprised, facts: Facts): void => {
  for (const known of foldersOf(io.fileSystem).values()) {
    if (known.roots.has(root)) known.facts = Option.some(facts)
  }
}
