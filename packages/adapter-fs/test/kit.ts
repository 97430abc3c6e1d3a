/**
 * What the tests of the file adapter share: a folder of their own, adapters opened on it, short verbs
 * for changes, and the folder's files with their bytes.
 *
 * The lock databases are never opened by path: closing one would drop the locks of this process.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import {
  type AdapterReceipt,
  type Append,
  type Listed,
  type ListQuery,
  type Operation,
  type Put,
  randomId,
  type Remove,
  type SessionKey,
  type StorageAdapter,
  type StorageChange,
  type StorageError,
  type StoredSession
} from "@holdfast/core"
import { Context, Effect, Exit, FileSystem, Layer, Option, Scope, Stream } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as FsAdapter from "../src/FsAdapter.ts"
import { FaultyFileSystem, RecordingFileSystem } from "../src/testing/index.ts"

export type Adapter = StorageAdapter["Service"]

/** Node's file system. */
export const realFileSystem: FileSystem.FileSystem = Effect.runSync(
  Effect.scoped(Effect.map(Layer.build(NodeFileSystem.layer), (context) => Context.get(context, FileSystem.FileSystem)))
)

const temporary = (parent: string) =>
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(parent, "holdfast-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  )

/** A folder on a disk, removed with the scope. */
export const tempFolder: Effect.Effect<string, never, Scope.Scope> = temporary(os.tmpdir())

// Linux keeps this one in memory: a sync costs nothing there, and nothing here depends on it.
const memoryParent = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir()

/** A folder in memory where the system has such a place, for tests that need thousands; removed with the scope. */
export const quickFolder: Effect.Effect<string, never, Scope.Scope> = temporary(memoryParent)

export interface OpenOptions extends Omit<FsAdapter.FsOptions, "directory"> {
  readonly fileSystem?: FileSystem.FileSystem | undefined
}

/** Opens an adapter until the scope closes. */
export const open = (
  directory: string,
  options: OpenOptions = {}
): Effect.Effect<Adapter, StorageError, Scope.Scope> => {
  const { fileSystem = realFileSystem, ...rest } = options
  return FsAdapter.make({ directory, ...rest }).pipe(
    Effect.provideService(FileSystem.FileSystem, fileSystem),
    Effect.provide(NodePath.layer)
  )
}

/** Opens an adapter, uses it and closes it: what it knows is forgotten, as after a restart. */
export const visit = <A, E, R>(
  directory: string,
  use: (adapter: Adapter) => Effect.Effect<A, E, R>,
  options?: OpenOptions
): Effect.Effect<A, E | StorageError, Exclude<R, Scope.Scope>> =>
  Effect.scoped(Effect.flatMap(open(directory, options), use)) as Effect.Effect<
    A,
    E | StorageError,
    Exclude<R, Scope.Scope>
  >

/** Opens an adapter that is closed by the effect that comes with it. */
export const openClosable = Effect.fnUntraced(function*(directory: string, options?: OpenOptions) {
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const adapter = yield* Scope.provide(open(directory, options), scope)
  return { adapter, close: Scope.close(scope, Exit.void) }
})

/** A file system that fails by rules; adding to the rules while it is used is allowed. */
export const faulty = (
  rules: ReadonlyArray<FaultyFileSystem.FaultRule>,
  below = realFileSystem
): FileSystem.FileSystem => FaultyFileSystem.make(below, rules)

/** A file system that records, with what it has recorded. */
export const recorded = () => {
  const calls: RecordingFileSystem.Recording = []
  return { calls, fileSystem: RecordingFileSystem.make(realFileSystem, calls) }
}

type Rest<O extends Operation> = Partial<Omit<O, "_tag" | "key">>

/** Writes a state. */
export const put = (key: SessionKey, state: unknown, rest?: Rest<Put>): Put => ({
  _tag: "Put",
  key,
  expect: "any",
  kind: "note",
  schemaVersion: 1,
  summary: "{}",
  body: JSON.stringify(state),
  ...rest
})

/** Adds entries. */
export const append = (key: SessionKey, entries: ReadonlyArray<unknown>, rest?: Rest<Append>): Append => ({
  _tag: "Append",
  key,
  expect: "any",
  kind: "note",
  schemaVersion: 1,
  entries: entries.map((entry) => JSON.stringify(entry)),
  ...rest
})

/** Removes a session. */
export const remove = (key: SessionKey, rest?: Rest<Remove>): Remove => ({
  _tag: "Remove",
  key,
  expect: "any",
  ...rest
})

/** A change under a write id of its own. */
export const change = (...operations: ReadonlyArray<Operation>): StorageChange => ({ writeId: randomId(), operations })

/** Commits operations under a write id of their own. */
export const commit = (
  adapter: Adapter,
  ...operations: ReadonlyArray<Operation>
): Effect.Effect<AdapterReceipt, StorageError> => adapter.commit(change(...operations))

/** The version that a commit got. */
export const versionOf = ({ keys }: AdapterReceipt): number => keys[0]!.version

/** The session, which must be there. */
export const load = (adapter: Adapter, key: SessionKey): Effect.Effect<StoredSession, StorageError> =>
  Effect.flatMap(
    adapter.load(key),
    (found) => Option.isSome(found) ? Effect.succeed(found.value) : Effect.die(new Error(`${key.id} is absent`))
  )

/** The state of a session, which must be there. */
export const stateOf = (adapter: Adapter, key: SessionKey): Effect.Effect<unknown, StorageError> =>
  Effect.map(load(adapter, key), ({ body }): unknown => JSON.parse(body))

/** The entries of a session; an error's reason in the place of one that cannot be read. */
export const entriesOf = (adapter: Adapter, key: SessionKey): Effect.Effect<ReadonlyArray<unknown>, StorageError> =>
  Effect.map(
    Stream.runCollect(adapter.entries(key, {})),
    (rows) =>
      rows.map((row): unknown =>
        row._tag === "StoredEntry"
          ? JSON.parse(row.entry)
          : row.error._tag === "StorageError"
          ? row.error.reason._tag
          : row.error._tag
      )
  )

/** State and entries of a session; none when it is absent. */
export const contentOf = (adapter: Adapter, key: SessionKey) =>
  Effect.gen(function*() {
    const session = yield* adapter.load(key)
    const entries = yield* entriesOf(adapter, key)
    return Option.map(session, ({ body }) => ({ state: JSON.parse(body) as unknown, entries }))
  })

/** The rows of a listing by id. */
export const list = (
  adapter: Adapter,
  query?: Partial<ListQuery>
): Effect.Effect<ReadonlyArray<Listed>, StorageError> =>
  Stream.runCollect(adapter.list({ namespace: [], order: "id", ...query }))

/** A listing in short: the ids of heads, and for other rows the reason and the file. */
export const listed = (
  adapter: Adapter,
  query?: Partial<ListQuery>
): Effect.Effect<ReadonlyArray<string>, StorageError> =>
  Effect.map(list(adapter, query), (rows) =>
    rows.map((row) =>
      row._tag === "StoredHead"
        ? row.key.id
        : `${row.error._tag === "StorageError" ? row.error.reason._tag : row.error._tag} ${path.basename(row.place)}`
    ))

/** A listing by key. */
export const keysListed = (adapter: Adapter) =>
  Effect.map(
    list(adapter),
    (rows) => rows.map((row) => row._tag === "StoredHead" ? row.key : Option.getOrThrow(row.key))
  )

/** What a recovery finds. */
export const findings = (adapter: Adapter, mode: "inspect" | "apply") => Stream.runCollect(adapter.recover(mode))

/** Whether a file is one of the lock databases, which every copy skips. */
export const isLockDatabase = (name: string): boolean => /\.db(-journal|-wal|-shm)?$/.test(name)

/** Whether a file or folder is the catalog's, which is written when it suits and whose loss loses nothing. */
export const isDerived = (file: string): boolean => /[/\\]\.holdfast[/\\]catalog/.test(file)

/** The files below a folder by relative path, the catalog's too, with their bytes as text; folders end in a slash. */
export const wholeTreeOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    fs.readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !isLockDatabase(entry.name))
      .map((entry) => {
        const full = path.join(entry.parentPath, entry.name)
        const name = path.relative(folder, full).split(path.sep).join("/")
        return entry.isDirectory() ? [`${name}/`, ""] as const : [name, fs.readFileSync(full, "latin1")] as const
      })
      .toSorted(([self], [that]) => self < that ? -1 : 1)
  )

/** The tree without what is derived. */
export const treeOf = (folder: string): Record<string, string> =>
  Object.fromEntries(Object.entries(wholeTreeOf(folder)).filter(([name]) => !isDerived(path.join(folder, name))))

/** Forgets what the catalog knows, as if the process had been killed before it wrote anything down. */
export const loseCatalog = (folder: string): void =>
  fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })

/** The tree without the store's own folder. */
export const sessionFiles = (folder: string): Record<string, string> =>
  Object.fromEntries(Object.entries(treeOf(folder)).filter(([name]) => !name.startsWith(".holdfast/")))

/** What lies in lost-found. */
export const lostFound = (folder: string): ReadonlyArray<string> =>
  Object.keys(treeOf(folder)).filter((name) => name.startsWith("lost-found/") && !name.endsWith("/"))

/** Puts a file below a folder, with the folders on its way. */
export const place = (folder: string, name: string, content: string | Uint8Array): string => {
  const file = path.join(folder, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
  return file
}

/** The reason's tag and the outcome of a call that fails. */
export const failureOf = <R>(
  call: Effect.Effect<unknown, StorageError, R>
): Effect.Effect<readonly [tag: string, outcome: string], unknown, R> =>
  Effect.map(Effect.flip(call), ({ outcome, reason }) => [reason._tag, outcome] as const)
