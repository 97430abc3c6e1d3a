/**
 * Which states a power cut can leave: every way to take or leave what no sync has covered.
 *
 * A write that was not synced may be absent, a beginning of its bytes, zeros in the place of their end,
 * or whole; the changes of one file come in their order. The names of different folders are independent
 * of each other. A rename is atomic or leaves both names.
 */
import {
  changeContent,
  changeNames,
  type Content,
  type DataChange,
  type FileNode,
  type FolderNode,
  type NameChange,
  type Nodes,
  rootNode
} from "./disk.ts"
import { hashOf, type Image, type ImageNode } from "./image.ts"

/**
 * In which order the names of one folder reach the disk: as they were changed, as file systems with a
 * journal do, or in any order, each of them or not, which is all that POSIX promises.
 */
export type NameOrder = "journal" | "any"

// A choice of more than 4,096 sets of names is a test that never ends.
const freeNamesMax = 12

const newline = 0x0a

/** Where a write may be cut off: in its midst, before its last byte, and after its first line. */
const cutsOf = (bytes: Uint8Array): ReadonlyArray<number> => {
  const cuts = new Set([bytes.indexOf(newline) + 1, Math.floor(bytes.length / 2), bytes.length - 1])
  return [...cuts].filter((cut) => cut > 0 && cut < bytes.length)
}

const extended = (content: Content, length: number): Content =>
  length > content.bytes.length ? changeContent(content, { _tag: "Resize", length, at: content.modifiedAt }) : content

/** What half of a change may leave. A resize is atomic. */
const partly = (content: Content, change: DataChange): ReadonlyArray<Content> => {
  if (change._tag === "Resize") return []
  const { bytes, offset } = change
  const end = offset + bytes.length
  const cut = cutsOf(bytes).map((length) => changeContent(content, { ...change, bytes: bytes.subarray(0, length) }))
  // Old bytes stay until they are replaced; where there were none, the file may have grown before its bytes came.
  const zeroed = [{ ...content, modifiedAt: change.at }, ...cut].map((some) => extended(some, end))
  return end > content.bytes.length ? [...cut, ...zeroed] : cut
}

const distinct = (contents: ReadonlyArray<Content>): ReadonlyArray<Content> => {
  const byHash = new Map<string, Content>()
  for (const content of contents) {
    const hash = hashOf(content.bytes)
    if (!byHash.has(hash)) byHash.set(hash, content)
  }
  return [...byHash.values()]
}

const contents = new WeakMap<FileNode, ReadonlyArray<Content>>()

/** What a file may hold after a power cut. */
export const contentsOf = (file: FileNode): ReadonlyArray<Content> => {
  const known = contents.get(file)
  if (known !== undefined) return known
  const possible = distinct(file.bases.flatMap((base) => {
    const all: Array<Content> = [base]
    let content = base
    for (const change of file.pending) {
      all.push(...partly(content, change))
      content = changeContent(content, change)
      all.push(content)
    }
    return all
  }))
  contents.set(file, possible)
  return possible
}

const subsets = (changes: ReadonlyArray<NameChange>): ReadonlyArray<ReadonlyArray<NameChange>> => {
  if (changes.length > freeNamesMax) throw new Error(`${changes.length} names of one folder in any order`)
  return Array.from(
    { length: 2 ** changes.length },
    (_, bits) => changes.filter((_change, index) => (bits & (2 ** index)) !== 0)
  )
}

const beginnings = (changes: ReadonlyArray<NameChange>): ReadonlyArray<ReadonlyArray<NameChange>> =>
  Array.from({ length: changes.length + 1 }, (_, length) => changes.slice(0, length))

/** Every way to choose one of each. */
function* product<A>(choices: ReadonlyArray<ReadonlyArray<A>>): Generator<ReadonlyArray<A>> {
  const [first, ...rest] = choices
  if (first === undefined) {
    yield []
    return
  }
  for (const others of product(rest)) {
    for (const one of first) yield [one, ...others]
  }
}

/** Whether no rename has lost both its names. */
const isPossible = (choice: ReadonlyArray<ReadonlyArray<NameChange>>): boolean => {
  const taken = new Set(choice.flat())
  return [...taken].every(({ after }) => after === undefined || after.isDurable || taken.has(after))
}

type Folders = ReadonlyArray<readonly [id: number, folder: FolderNode]>

/** The names that the root leads to, with the files of which more than one content is possible. */
const reach = (nodes: Nodes, namesOf: (id: number, folder: FolderNode) => ReadonlyMap<string, number>) => {
  const image = new Map<number, ImageNode>()
  const open: Array<readonly [id: number, contents: ReadonlyArray<Content>]> = []
  const visit = (id: number): void => {
    const node = nodes.get(id)
    if (node === undefined || image.has(id)) return
    if (node.kind === "file") {
      const possible = contentsOf(node)
      image.set(id, { kind: "file", content: possible[0]! })
      if (possible.length > 1) open.push([id, possible])
      return
    }
    const names = namesOf(id, node)
    image.set(id, { kind: "folder", names, modifiedAt: node.modifiedAt })
    for (const child of names.values()) visit(child)
  }
  visit(rootNode)
  return { image, open }
}

/** Every image that a power cut can leave of these nodes; the first one is the least that is sure. */
export function* imagesOf(nodes: Nodes, order: NameOrder): Generator<Image> {
  const waiting: Folders = [...nodes].flatMap(([id, node]) =>
    node.kind === "folder" && node.pending.length > 0 ? [[id, node] as const] : []
  )
  const orders = { journal: beginnings, any: subsets }
  for (const choice of product(waiting.map(([, folder]) => orders[order](folder.pending)))) {
    if (!isPossible(choice)) continue
    const names = new Map(waiting.map(([id, folder], index) => [id, changeNames(folder.durable, choice[index]!)]))
    const { image, open } = reach(nodes, (id, folder) => names.get(id) ?? folder.durable)
    for (const chosen of product(open.map(([, possible]) => possible))) {
      const files = chosen.map((content, index) => [open[index]![0], { kind: "file", content } as const] as const)
      yield new Map<number, ImageNode>([...image, ...files])
    }
  }
}
