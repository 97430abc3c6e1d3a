/**
 * A disk in use: paths lead to nodes, and every change is recorded as a step.
 *
 * Its folder is reached by a path of its own, so that no two disks of a process are taken for one
 * another. Failures are codes, as the system would give them; who calls makes errors of them.
 */
import * as Result from "effect/Result"
import { applyStep, type DataChange, type NamePlace, type Node, type Nodes, rootNode, type Step } from "./disk.ts"
import { type Image, nodesOf } from "./image.ts"
import { contentsOf } from "./states.ts"

/** What came of a call: a value, or the code of a failure. */
export type Answer<A> = Result.Result<A, string>

/** A node with its number. */
export interface Found {
  readonly id: number
  readonly node: Node
}

export interface LiveDisk {
  /** The path of the disk's root folder. */
  readonly root: string
  readonly steps: ReadonlyArray<Step>
  readonly node: (id: number) => Node
  /** How many names a node has. */
  readonly links: (id: number) => number
  /** What lies at a path. */
  readonly find: (path: string) => Answer<Found>
  /** The folder of a path, which must be there, and the last name. */
  readonly placeOf: (path: string) => Answer<NamePlace>
  /** What a name of a folder stands for. */
  readonly named: (place: NamePlace) => Found | undefined
  /** Makes a node under a name that is not taken. */
  readonly make: (place: NamePlace, kind: Node["kind"], at: number) => Found
  readonly link: (place: NamePlace, node: number, at: number) => void
  readonly unlink: (place: NamePlace, at: number) => void
  readonly move: (from: NamePlace, to: NamePlace, options: { readonly node: number; readonly at: number }) => void
  readonly change: (id: number, change: DataChange) => void
  readonly sync: (id: number, at: number) => void
  /** A sync that failed: what it was to cover may be on the disk or not, for ever. */
  readonly failSync: (id: number, at: number) => void
}

const partsBelow = (root: string, path: string): ReadonlyArray<string> | undefined => {
  // Node resolves a path on Windows to one with a drive and back slashes.
  const plain = path.startsWith("/") ? path : path.replace(/^[A-Za-z]:/, "").replaceAll("\\", "/")
  if (!plain.startsWith(root) || !(plain.length === root.length || plain[root.length] === "/")) return undefined
  return plain.slice(root.length).split("/").filter((part) => part !== "" && part !== ".")
}

const lookUp = (nodes: Nodes, parts: ReadonlyArray<string>): Answer<Found> => {
  let id = rootNode
  for (const part of parts) {
    const node = nodes.get(id)!
    if (node.kind === "file") return Result.fail("ENOTDIR")
    const child = node.seen.get(part)
    if (child === undefined) return Result.fail("ENOENT")
    id = child
  }
  return Result.succeed({ id, node: nodes.get(id)! })
}

/** A disk that holds an image, on which some steps were made already and not synced beyond what they say. */
export const makeLiveDisk = (root: string, image: Image, made: ReadonlyArray<Step>): LiveDisk => {
  const nodes = nodesOf(image)
  const steps: Array<Step> = []
  let last = Math.max(...image.keys())

  const record = (step: Step): void => {
    applyStep(nodes, step)
    steps.push(step)
    if (step._tag === "Make") last = Math.max(last, step.node)
  }
  for (const step of made) record(step)

  const named = ({ folder, name }: NamePlace): Found | undefined => {
    const node = nodes.get(folder)
    const id = node?.kind === "folder" ? node.seen.get(name) : undefined
    return id === undefined ? undefined : { id, node: nodes.get(id)! }
  }

  const placeOf = (path: string): Answer<NamePlace> => {
    const parts = partsBelow(root, path)
    const name = parts?.at(-1)
    if (parts === undefined || name === undefined) return Result.fail("ENOENT")
    return Result.flatMap(
      lookUp(nodes, parts.slice(0, -1)),
      ({ id, node }) => node.kind === "folder" ? Result.succeed({ folder: id, name }) : Result.fail("ENOTDIR")
    )
  }

  const linksOf = (id: number): number =>
    [...nodes.values()].reduce(
      (sum, node) =>
        node.kind === "folder" ? sum + [...node.seen.values()].filter((child) => child === id).length : sum,
      0
    )

  return {
    root,
    steps,
    named,
    placeOf,
    node: (id) => nodes.get(id)!,
    links: linksOf,
    find: (path) => {
      const parts = partsBelow(root, path)
      return parts === undefined ? Result.fail("ENOENT") : lookUp(nodes, parts)
    },
    make: (place, kind, at) => {
      const id = last + 1
      record({ _tag: "Make", node: id, kind, at })
      record({ _tag: "Name", place, node: id, at })
      return { id, node: nodes.get(id)! }
    },
    link: (place, node, at) => record({ _tag: "Name", place, node, at }),
    unlink: (place, at) => record({ _tag: "Unname", place, at }),
    move: (from, to, { at, node }) => record({ _tag: "Move", from, to, node, at }),
    change: (id, change) => record({ _tag: "Data", node: id, change, at: change.at }),
    sync: (id, at) => record({ _tag: "Sync", node: id, at }),
    failSync: (id, at) => {
      const node = nodes.get(id)
      // Names that a failed sync of their folder was to cover are as unsure as they were.
      if (node?.kind === "file") record({ _tag: "FailedSync", node: id, bases: contentsOf(node), at })
    }
  }
}
