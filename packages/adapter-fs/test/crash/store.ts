/** What the tests over the real adapter explore: sequences, an adoption, a change of the ladder, and stores that forget to sync. */
import { Effect, type FileSystem, Option } from "effect"
import { FaultyFileSystem } from "../../src/testing/index.ts"
import { type Exploration, explore, exploreFirstOpening, type Report } from "./explore.ts"
import type { StoreOptions } from "./judge.ts"
import { type Change, changesOf, type Content, sequences } from "./session.ts"

export const protocols = ["rename", "slots"] as const
export type Protocol = (typeof protocols)[number]

/** Explores sequences, the short ones first, so that a state counts for the first change that leads to it. */
export const exploreAll = (
  report: Report,
  all: ReadonlyArray<ReadonlyArray<Change>>,
  exploration: Exploration
) =>
  Effect.forEach(
    all.toSorted((self, that) => self.length - that.length),
    (changes) => explore(report, changes, exploration),
    {
      discard: true
    }
  )

/** A save, an append, a save with entries and a removal of a session that has lived for a while. */
export const lived = (length: number): ReadonlyArray<ReadonlyArray<Change>> =>
  sequences(length, changesOf("both", "put", "append"))

const refusing = (fileSystem: FileSystem.FileSystem) => FaultyFileSystem.make(fileSystem, FaultyFileSystem.msix)

/**
 * The place refuses renames from the last change on. When the store is opened again, it still does (kept by
 * slots from then on) or it does not (kept by renaming).
 */
export const exploreLadder = Effect.fnUntraced(function*(
  report: Report,
  goesOnBy: Protocol,
  second: Exploration["second"]
) {
  const befores = [changesOf("put"), changesOf("both", "append"), changesOf("both", "put", "remove")]
  for (const changes of befores.flatMap((before) => sequences(1, before))) {
    const rules: Array<FaultyFileSystem.FaultRule> = []
    yield* explore(report, changes, {
      options: { commit: "auto", over: (fileSystem) => FaultyFileSystem.make(fileSystem, rules) },
      reopened: goesOnBy === "slots" ? { commit: "auto", over: refusing } : { commit: "auto" },
      beforeLast: () => rules.push(...FaultyFileSystem.msix),
      second,
      label: `${changes.at(-1)!.name}, renames refused from here on`
    })
  }
})

/** Where another program may have left a document: a write that it did not finish, and a finished one. */
export const foreignNames = ["store/acct/s.json.tmp", "store/acct/s.json"] as const

const foreign = { title: "from another program", open: true }

/** What the app makes of the other program's file. */
const adopt: StoreOptions["adopt"] = (json) =>
  Effect.succeedSome({
    kind: "note",
    schemaVersion: 1,
    summary: "{}",
    body: JSON.stringify(json),
    createdAt: Option.none(),
    updatedAt: Option.none()
  })

/** Another program has left a document: it is adopted when the store is opened, changed, and never adopted again. */
export const exploreAdoption = Effect.fnUntraced(function*(
  report: Report,
  length: number,
  { name, ...rest }: Exploration & { readonly name: string }
) {
  const start: Content = Option.some({ state: foreign, entries: [] })
  const exploration = {
    ...rest,
    options: { ...rest.options, adopt },
    files: { [name]: JSON.stringify(foreign) },
    start
  }
  yield* exploreFirstOpening(report, { ...exploration, label: "adopt" })
  for (const changes of sequences(length, [], start)) {
    const label = `${changes.at(-1)!.name}, adopted before`
    yield* explore(report, changes, { ...exploration, second: "none", label })
  }
})

/** A file system on which syncs of files, or of folders, of the session's namespace succeed and do nothing. */
export const forgetful =
  (what: "File" | "Directory") => (fileSystem: FileSystem.FileSystem): FileSystem.FileSystem => ({
    ...fileSystem,
    open: (path, options) =>
      Effect.map(fileSystem.open(path, options), (file) => ({
        ...file,
        sync: Effect.flatMap(file.stat, ({ type }) => type === what && path.includes("/acct") ? Effect.void : file.sync)
      }))
  })
