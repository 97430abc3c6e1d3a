/**
 * Making recorded steps again on a table of nodes, some of them as if all of it were durable at once.
 *
 * What is of no interest would multiply the states of everything else: a file with a sure path is synced
 * with every write, and its name with every change of it.
 */
import { applyStep, type NamePlace, type Nodes, rootNode, type Step } from "./disk.ts"

const placesOf = (step: Step): ReadonlyArray<NamePlace> =>
  step._tag === "Move" ? [step.from, step.to] : step._tag === "Name" || step._tag === "Unname" ? [step.place] : []

/** The paths of nodes below the root, as they were found and named first. */
const pathsOf = (nodes: Nodes): Map<number, string> => {
  const paths = new Map([[rootNode, ""]])
  const visit = (id: number): void => {
    const node = nodes.get(id)
    if (node?.kind !== "folder") return
    for (const [name, child] of node.seen) {
      paths.set(child, `${paths.get(id)}/${name}`)
      visit(child)
    }
  }
  visit(rootNode)
  return paths
}

/** Makes the changes of names in a folder durable that are not in `before`. */
const settleNames = (nodes: Nodes, folder: number, before: number): void => {
  const node = nodes.get(folder)
  if (node?.kind !== "folder") return
  const durable = new Map(node.durable)
  for (const change of node.pending.slice(before)) {
    change.isDurable = true
    if (change.node === undefined) durable.delete(change.name)
    else durable.set(change.name, change.node)
  }
  nodes.set(folder, { ...node, durable, pending: node.pending.slice(0, before) })
}

const pendingNames = (nodes: Nodes, folder: number): number => {
  const node = nodes.get(folder)
  return node?.kind === "folder" ? node.pending.length : 0
}

/** Makes one step after the other, while whatever has a sure path (from the root, without a slash before it) is synced at once. */
export const replay = (nodes: Nodes, isSure: (path: string) => boolean): (step: Step) => void => {
  const paths = pathsOf(nodes)
  const isSurePath = (path: string | undefined) => path !== undefined && isSure(path.slice(1))
  return (step) => {
    const places = placesOf(step)
    const before = places.map(({ folder }) => pendingNames(nodes, folder))
    applyStep(nodes, step)
    if (step._tag === "Name") paths.set(step.node, `${paths.get(step.place.folder)}/${step.place.name}`)
    if (step._tag === "Data" && isSurePath(paths.get(step.node))) {
      applyStep(nodes, { _tag: "Sync", node: step.node, at: step.at })
    }
    if (!places.some(({ folder, name }) => isSurePath(`${paths.get(folder)}/${name}`))) return
    for (const [index, { folder }] of places.entries()) settleNames(nodes, folder, before[index]!)
  }
}
