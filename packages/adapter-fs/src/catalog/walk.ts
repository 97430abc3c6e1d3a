/**
 * Walking a store's folders: which files lie under which namespace.
 *
 * A folder that cannot be read is a row of its own, never an empty one; what the catalog knows of it is told beside. A name that does not stand for a
 * key name is another program's; its raw name is the key name that an adopted session gets.
 */
import { namespaceDepthMax, namespaceProblem, type Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { checkRoot, type Place } from "../commit/Place.ts"
import { directoryReasonOf, isMissing } from "../io/errno.ts"
import type { LookExactly } from "../io/exactStat.ts"
import type { IoFailure } from "../io/Io.ts"
import { type FileRole, lostFoundFolder, roleOf, storeFolder } from "../layout/files.ts"
import { decodeName, encodeName } from "../layout/names.ts"

/** A file with the role that its name tells. */
interface NamedFile {
  readonly name: string
  readonly role: FileRole
}

/** A folder that may hold sessions. */
export interface Node {
  readonly path: string
  readonly namespace: ReadonlyArray<string>
  /** Whether the folder, or one above it, has a name that this adapter does not give. */
  readonly isForeign: boolean
}

/** A folder of the store, with the namespace that it stands for. */
export type Scanned =
  | (Node & {
    readonly _tag: "Folder"
    readonly files: ReadonlyArray<NamedFile>
    /** The folders of ours in it, by file name. */
    readonly folders: ReadonlyArray<string>
    /** Whether no name came or went while the folder was read: then a name that is missing is not there. */
    readonly isCalm: boolean
  })
  /** A folder that cannot be read, with what its catalog knows, where somebody asks for it. */
  | (Node & { readonly _tag: "KnownFolder"; readonly known: KnownNames; readonly reason: Reason })
  | { readonly _tag: "UnreadableFolder"; readonly path: string; readonly reason: Reason }

/** Names that somebody remembers. */
interface KnownNames {
  readonly stems: ReadonlyArray<string>
  readonly folders: ReadonlyArray<string>
}

/** Who helps where the disk does not say enough. */
export interface Guide {
  readonly look: LookExactly
  /** What is known of a folder that cannot be read; none where nothing is. */
  readonly namesIn: (node: Node) => Effect.Effect<Option.Option<KnownNames>>
}

// A listing that fails without saying why may work a moment later; after 3 tries it is unreadable.
const scanRetries = Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 2 }))
const mayPass: ReadonlySet<string> = new Set(["UNKNOWN", "EMFILE", "ENFILE", "EAGAIN", "EBUSY", "EINTR"])

const readNames = (place: Place, path: string): Effect.Effect<ReadonlyArray<string>, IoFailure> =>
  Effect.retry(place.io.readDirectory(path), { schedule: scanRetries, while: (failure) => mayPass.has(failure.code) })

// Names may come and go within one step of the disk's clock without a trace: the coarsest one has steps of 2 s.
const calmMillis = 2000

/** How a folder is right before or after it is read; none when its names may be changing. */
const calmness = Effect.fnUntraced(function*(look: LookExactly, path: string) {
  // The store may be reached by a link: the separator at the end makes it the folder that is looked at.
  const facts = yield* look(`${path}/`)
  if (Option.isNone(facts)) return Option.none<string>()
  const { ctimeNs, ino, mtimeNs } = facts.value
  const rested = (yield* Clock.currentTimeMillis) - Number(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1e6
  return rested > calmMillis ? Option.some(`${ino}:${mtimeNs}:${ctimeNs}`) : Option.none()
}, Effect.orElseSucceed(() => Option.none<string>()))

/** The names in a folder, and whether they stood still meanwhile. */
const readCalmly = Effect.fnUntraced(function*(place: Place, path: string, guide: Option.Option<Guide>) {
  if (Option.isNone(guide)) return { names: yield* readNames(place, path), isCalm: false }
  const before = yield* calmness(guide.value.look, path)
  const names = yield* readNames(place, path)
  const after = Option.isSome(before) ? yield* calmness(guide.value.look, path) : before
  const isCalm = Option.isSome(before) && Option.contains(after, before.value)
  // While names come and go a listing may miss some: two that differ are taken together.
  return { names: isCalm ? names : [...new Set([...names, ...yield* readNames(place, path)])], isCalm }
})

const storeFolders: ReadonlySet<string> = new Set([storeFolder, lostFoundFolder])

/** The folder of a name as a node; none when no session can be below it. */
const childNode = (place: Place, parent: Node, name: string): Option.Option<Node> => {
  const decoded = decodeName(name)
  const namespace = [...parent.namespace, Option.getOrElse(decoded, () => name)]
  if (namespace.length > namespaceDepthMax || Option.isSome(namespaceProblem(namespace))) return Option.none()
  const isForeign = parent.isForeign || Option.isNone(decoded)
  return Option.some({ path: place.path.join(parent.path, name), namespace, isForeign })
}

/**
 * A folder that may hold sessions and cannot be read. That it is missing is no proof of the contrary where
 * its parent names it: it may be a link to a volume that is gone.
 */
const unreadable = (place: Place, path: string, failure: IoFailure): Scanned => ({
  _tag: "UnreadableFolder",
  path,
  reason: directoryReasonOf(failure, place.environment)
})

/** Whether there is no such folder: what a listing says is looked at once more before it is believed. */
const isNowhere = (place: Place, path: string, failure: IoFailure): Effect.Effect<boolean> =>
  isMissing(failure)
    ? Effect.match(place.io.stat(path), { onFailure: isMissing, onSuccess: () => false })
    : Effect.succeed(false)

interface Names {
  readonly names: ReadonlyArray<string>
  readonly isCalm: boolean
}

const scanFolder = Effect.fnUntraced(function*(place: Place, node: Node, { isCalm, names }: Names) {
  const files: Array<NamedFile> = []
  const folders: Array<Node> = []
  const unread: Array<Scanned> = []
  // `readdir` may miss a name that is being renamed over: what this process has published is looked for.
  const published = [...place.memory.stems.get(node.path) ?? []].map((stem) => `${stem}.json`)
  for (const name of published.length === 0 ? names : new Set([...names, ...published])) {
    const role = roleOf(name)
    if (node.namespace.length === 0 && storeFolders.has(name)) continue
    if (role._tag !== "Other") {
      files.push({ name, role })
      continue
    }
    const child = childNode(place, node, name)
    if (Option.isNone(child)) continue
    const facts = yield* Effect.result(place.io.stat(child.value.path))
    if (facts._tag === "Failure") unread.push(unreadable(place, child.value.path, facts.failure))
    else if (facts.success.isDirectory) folders.push(child.value)
  }
  const own = folders.filter(({ isForeign }) => !isForeign).map(({ path }) => place.path.basename(path))
  const folder: Scanned = { _tag: "Folder", ...node, files, isCalm, folders: own }
  return { scanned: [folder, ...unread], folders }
})

type Start = readonly [nodes: ReadonlyArray<Node>, unread: ReadonlyArray<Scanned>]

/** A folder of that very name that another program made, beside the one that this adapter gives the name. */
const foreignChild = (place: Place, parent: Node, name: string): Effect.Effect<Start> => {
  if (encodeName(name) === name) return Effect.succeed([[], []])
  const path = place.path.join(parent.path, name)
  return Effect.match(readNames(place, parent.path), {
    onFailure: (failure): Start => [[], isMissing(failure) ? [] : [unreadable(place, path, failure)]],
    onSuccess: (names): Start =>
      names.includes(name) ? [[{ path, namespace: [...parent.namespace, name], isForeign: true }], []] : [[], []]
  })
}

/** Where a namespace begins: its own folder, and one of that very name that another program made. */
const startNodes = Effect.fnUntraced(function*(place: Place, namespace: ReadonlyArray<string>) {
  let nodes: ReadonlyArray<Node> = [{ path: place.root, namespace: [], isForeign: false }]
  const unread: Array<Scanned> = []
  for (const name of namespace) {
    const next: Array<Node> = []
    for (const node of nodes) {
      next.push({ ...node, path: place.path.join(node.path, encodeName(name)), namespace: [...node.namespace, name] })
      const [foreign, unreadParents] = yield* foreignChild(place, node, name)
      next.push(...foreign)
      unread.push(...unreadParents)
    }
    nodes = next
  }
  return { nodes, unread }
})

/** What the guide knows of a folder that cannot be read, and the folders in it; none where there is nothing. */
const scanKnown = Effect.fnUntraced(function*(place: Place, node: Node, { failure, guide }: {
  readonly failure: IoFailure
  readonly guide: Option.Option<Guide>
}) {
  // Another program's folder has no catalog, and what is missing is not unreadable.
  if (Option.isNone(guide) || node.isForeign || isMissing(failure)) return Option.none()
  const known = yield* guide.value.namesIn(node)
  return Option.map(known, (names) => {
    const scanned: Scanned = {
      _tag: "KnownFolder",
      ...node,
      known: names,
      reason: directoryReasonOf(failure, place.environment)
    }
    const folders = names.folders.flatMap((name) => Option.toArray(childNode(place, node, name)))
    return { scanned, folders }
  })
})

/**
 * Scans a namespace and what lies below it.
 *
 * Fails when the namespace's own folder cannot be read and the guide, if there is one, knows nothing of it. A
 * folder that is not there is empty, as long as the store's root is where it was.
 */
export const walk = Effect.fnUntraced(function*(
  place: Place,
  namespace: ReadonlyArray<string>,
  guide: Option.Option<Guide> = Option.none()
): Effect.fn.Return<ReadonlyArray<Scanned>, Reason> {
  const { nodes: start, unread } = yield* startNodes(place, namespace)
  const pending: Array<Node> = [...start]
  const scanned: Array<Scanned> = [...unread]
  const remembered = new Set<Node>()
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const names = yield* Effect.result(readCalmly(place, node.path, guide))
    if (names._tag === "Success") {
      const found = yield* scanFolder(place, node, names.success)
      scanned.push(...found.scanned)
      pending.push(...found.folders)
      continue
    }
    const known = yield* scanKnown(place, node, { failure: names.failure, guide })
    if (Option.isSome(known)) {
      scanned.push(known.value.scanned)
      pending.push(...known.value.folders)
      for (const folder of known.value.folders) remembered.add(folder)
    } else if (remembered.has(node) && (yield* isNowhere(place, node.path, names.failure))) {
      // Only a memory says that there was such a folder.
      continue
    } else if (!start.includes(node)) {
      scanned.push(unreadable(place, node.path, names.failure))
    } else if (node.path === place.root || !(yield* isNowhere(place, node.path, names.failure))) {
      return yield* directoryReasonOf(names.failure, place.environment)
    }
  }
  yield* checkRoot(place)
  return scanned
})
