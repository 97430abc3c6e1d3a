/**
 * Whether a file system is Node's own, as `@effect/platform-node` provides it, call by call.
 *
 * Whatever stands before it in the context (a faulty one, a recording one, one that wraps a single call) is under
 * everything that the adapter does, so only the very functions of Node's own may be gone round. Where the package is
 * not installed, the file system is another's.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"

// With its own `catch` a bundler lets the import be where the package is not installed.
const load = Effect.promise(() => import("@effect/platform-node/NodeFileSystem").catch(() => undefined))

const nodeFileSystem: Effect.Effect<FileSystem | undefined> = Effect.flatMap(
  load,
  (node) =>
    node === undefined
      ? Effect.undefined
      : Effect.scoped(Effect.map(Layer.build(node.layer), Context.get(FileSystem)))
)

// Every call that the adapter makes; others are made of them.
const calls: ReadonlyArray<keyof FileSystem> = [
  "open",
  "stat",
  "readDirectory",
  "realPath",
  "makeDirectory",
  "rename",
  "link",
  "remove"
]

/** Whether all calls of a file system are Node's own. */
export const isNodeFileSystem = (fileSystem: FileSystem): Effect.Effect<boolean> =>
  Effect.map(nodeFileSystem, (node) => node !== undefined && calls.every((call) => fileSystem[call] === node[call]))
