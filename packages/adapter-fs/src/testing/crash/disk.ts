/**
 * A disk in memory: what a running program sees of it, and what a power cut would leave for sure.
 *
 * Every change is a step. A step changes at once what is seen; until a sync of its file or folder covers
 * it, it stays among the pending changes of that file or folder. Which states these allow is told
 * elsewhere. Nodes are values: a change replaces the node in the disk's table.
 */

/** The bytes of a file and when they were written. */
export interface Content {
  readonly bytes: Uint8Array
  readonly modifiedAt: number
}

/** A change of a file's content. */
export type DataChange =
  | { readonly _tag: "Write"; readonly offset: number; readonly bytes: Uint8Array; readonly at: number }
  | { readonly _tag: "Resize"; readonly length: number; readonly at: number }

/** A change of one name in a folder: what it stands for from here on, nothing when it is taken away. */
export interface NameChange {
  readonly name: string
  readonly node: number | undefined
  /** The old name of a rename goes only when the other change, which makes the second one, is there. */
  readonly after: NameChange | undefined
  /** Whether a sync of the folder has covered it. */
  isDurable: boolean
}

export interface FileNode {
  readonly kind: "file"
  readonly seen: Content
  /** What the last sync may have left; one content, unless a sync has failed. */
  readonly bases: ReadonlyArray<Content>
  readonly pending: ReadonlyArray<DataChange>
}

export interface FolderNode {
  readonly kind: "folder"
  readonly seen: ReadonlyMap<string, number>
  readonly durable: ReadonlyMap<string, number>
  readonly pending: ReadonlyArray<NameChange>
  readonly modifiedAt: number
}

export type Node = FileNode | FolderNode

/** A name in a folder. */
export interface NamePlace {
  readonly folder: number
  readonly name: string
}

/** One change of a disk, or one sync. */
export type Step =
  & { readonly at: number }
  & (
    | { readonly _tag: "Make"; readonly node: number; readonly kind: Node["kind"] }
    | { readonly _tag: "Data"; readonly node: number; readonly change: DataChange }
    | { readonly _tag: "Name"; readonly place: NamePlace; readonly node: number }
    | { readonly _tag: "Unname"; readonly place: NamePlace }
    | { readonly _tag: "Move"; readonly from: NamePlace; readonly to: NamePlace; readonly node: number }
    | { readonly _tag: "Sync"; readonly node: number }
    | { readonly _tag: "FailedSync"; readonly node: number; readonly bases: ReadonlyArray<Content> }
  )

/** The whole table of nodes. */
export type Nodes = Map<number, Node>

/** The root folder of every disk. */
export const rootNode = 0

const applyWrite = ({ bytes }: Content, { at, bytes: added, offset }: DataChange & { readonly _tag: "Write" }) => {
  const after = new Uint8Array(Math.max(bytes.length, offset + added.length))
  after.set(bytes)
  after.set(added, offset)
  return { bytes: after, modifiedAt: at }
}

/** A content after a change of it. */
export const changeContent = (content: Content, change: DataChange): Content => {
  if (change._tag === "Write") return applyWrite(content, change)
  const bytes = new Uint8Array(change.length)
  bytes.set(content.bytes.subarray(0, change.length))
  return { bytes, modifiedAt: change.at }
}

/** The names of a folder after some changes of them. */
export const changeNames = (
  names: ReadonlyMap<string, number>,
  changes: ReadonlyArray<NameChange>
): ReadonlyMap<string, number> => {
  const after = new Map(names)
  for (const { name, node } of changes) {
    if (node === undefined) after.delete(name)
    else after.set(name, node)
  }
  return after
}

const folderAt = (nodes: Nodes, id: number): FolderNode => {
  const node = nodes.get(id)
  if (node?.kind !== "folder") throw new Error(`node ${id} is no folder`)
  return node
}

const fileAt = (nodes: Nodes, id: number): FileNode => {
  const node = nodes.get(id)
  if (node?.kind !== "file") throw new Error(`node ${id} is no file`)
  return node
}

const changeName = (
  nodes: Nodes,
  folder: number,
  { at, ...change }: Omit<NameChange, "isDurable"> & { at: number }
) => {
  const before = folderAt(nodes, folder)
  const pending: NameChange = { ...change, isDurable: false }
  nodes.set(folder, {
    ...before,
    seen: changeNames(before.seen, [pending]),
    pending: [...before.pending, pending],
    modifiedAt: at
  })
  return pending
}

const emptyFile = (at: number): FileNode => {
  const content: Content = { bytes: new Uint8Array(), modifiedAt: at }
  return { kind: "file", seen: content, bases: [content], pending: [] }
}

const syncNode = (nodes: Nodes, id: number): void => {
  const node = nodes.get(id)
  if (node?.kind === "file") {
    const bases = node.bases.map((base) => node.pending.reduce(changeContent, base))
    nodes.set(id, { ...node, bases, pending: [] })
  }
  if (node?.kind === "folder") {
    for (const change of node.pending) change.isDurable = true
    nodes.set(id, { ...node, durable: node.seen, pending: [] })
  }
}

/** Makes a step on a table of nodes. */
export const applyStep = (nodes: Nodes, step: Step): void => {
  const { at } = step
  switch (step._tag) {
    case "Make":
      nodes.set(
        step.node,
        step.kind === "file"
          ? emptyFile(at)
          : { kind: "folder", seen: new Map(), durable: new Map(), pending: [], modifiedAt: at }
      )
      return
    case "Data": {
      const file = fileAt(nodes, step.node)
      const pending = [...file.pending, step.change]
      nodes.set(step.node, { ...file, seen: changeContent(file.seen, step.change), pending })
      return
    }
    case "Name":
      changeName(nodes, step.place.folder, { name: step.place.name, node: step.node, after: undefined, at })
      return
    case "Unname":
      changeName(nodes, step.place.folder, { name: step.place.name, node: undefined, after: undefined, at })
      return
    case "Move": {
      const after = changeName(nodes, step.to.folder, { name: step.to.name, node: step.node, after: undefined, at })
      changeName(nodes, step.from.folder, { name: step.from.name, node: undefined, after, at })
      return
    }
    case "Sync":
      syncNode(nodes, step.node)
      return
    case "FailedSync": {
      // The system takes the pages for written: no later sync writes them again.
      const file = fileAt(nodes, step.node)
      nodes.set(step.node, { ...file, bases: step.bases, pending: [] })
      return
    }
  }
}
