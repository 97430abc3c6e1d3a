/**
 * An image: one state that a disk can be in, with nothing open about it.
 *
 * It is what a power cut leaves and what a disk starts from. Two images with the same names and bytes
 * have the same identity, whatever the order of the changes that led to them.
 */
import { hash } from "node:crypto"
import { type Content, type Node, type Nodes, rootNode } from "./disk.ts"

/** A file, or a folder with its names. */
export type ImageNode =
  | { readonly kind: "file"; readonly content: Content }
  | { readonly kind: "folder"; readonly names: ReadonlyMap<string, number>; readonly modifiedAt: number }

/** What a disk holds, by node; the root folder is node 0. */
export type Image = ReadonlyMap<number, ImageNode>

/** Files by their paths below the root, with slashes; a path that ends in one is an empty folder. */
export type Files = Readonly<Record<string, string | Uint8Array>>

const encoder = new TextEncoder()

/** The image that holds some files. */
export const imageOf = (files: Files): Image => {
  const image = new Map<number, ImageNode>([[rootNode, { kind: "folder", names: new Map(), modifiedAt: 0 }]])
  const add = (folder: number, name: string, node: ImageNode): number => {
    const parent = image.get(folder)
    if (parent?.kind !== "folder") throw new Error(`${name} lies in a file`)
    const known = parent.names.get(name)
    if (known !== undefined) return known
    const id = image.size
    image.set(id, node)
    image.set(folder, { ...parent, names: new Map([...parent.names, [name, id]]) })
    return id
  }
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/")
    const name = parts.pop() ?? ""
    let folder = rootNode
    for (const part of parts) folder = add(folder, part, { kind: "folder", names: new Map(), modifiedAt: 0 })
    const bytes = typeof text === "string" ? encoder.encode(text) : text
    if (name !== "") add(folder, name, { kind: "file", content: { bytes, modifiedAt: 0 } })
  }
  return image
}

/** The nodes of a disk that holds an image, all of it durable. */
export const nodesOf = (image: Image): Nodes =>
  new Map([...image].map(([id, node]): [number, Node] => [
    id,
    node.kind === "file"
      ? { kind: "file", seen: node.content, bases: [node.content], pending: [] }
      : { kind: "folder", seen: node.names, durable: node.names, pending: [], modifiedAt: node.modifiedAt }
  ]))

/** What lies at each path below the root: bytes, or nothing for a folder. */
export const pathsOf = (image: Image): ReadonlyArray<readonly [path: string, bytes: Uint8Array | undefined]> => {
  const paths: Array<readonly [string, Uint8Array | undefined]> = []
  const visit = (id: number, path: string): void => {
    const node = image.get(id)
    if (node === undefined) return
    if (path !== "") paths.push(node.kind === "file" ? [path, node.content.bytes] : [`${path}/`, undefined])
    if (node.kind === "file") return
    for (const name of [...node.names.keys()].toSorted()) {
      visit(node.names.get(name)!, path === "" ? name : `${path}/${name}`)
    }
  }
  visit(rootNode, "")
  return paths
}

const hashes = new WeakMap<Uint8Array, string>()

/** A text that is the same for the same bytes only. */
export const hashOf = (bytes: Uint8Array): string => {
  const known = hashes.get(bytes)
  if (known !== undefined) return known
  const fresh = hash("sha256", bytes, "hex")
  hashes.set(bytes, fresh)
  return fresh
}

/** A text that is the same for images with the same names and bytes only. */
export const identityOf = (image: Image): string =>
  pathsOf(image).map(([path, bytes]) => bytes === undefined ? path : `${path}\0${hashOf(bytes)}`).join("\0")
