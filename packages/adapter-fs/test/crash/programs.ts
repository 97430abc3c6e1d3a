/**
 * Small programs that keep one text in a file, one of them right and the others known to lose it, and what
 * is wrong with each in the states that a power cut can leave.
 */
import { Effect, type FileSystem, Option, type PlatformError } from "effect"
import { CrashFileSystem } from "../../src/testing/index.ts"

type Attempt<A> = Effect.Effect<A, PlatformError.PlatformError>

/** A way to keep a text. Each function gets the folder that it may use. */
export interface Program {
  readonly save: (fileSystem: FileSystem.FileSystem, folder: string, bytes: Uint8Array) => Attempt<void>
  /** What the program does when it is started again. */
  readonly repair?: (fileSystem: FileSystem.FileSystem, folder: string) => Attempt<void>
  /** Which syncs fail. */
  readonly failsSync?: (path: string) => boolean
}

const fileIn = (folder: string): string => `${folder}/text`
const tempIn = (folder: string): string => `${folder}/text.tmp`

const write = (fileSystem: FileSystem.FileSystem, path: string, bytes: Uint8Array): Attempt<void> =>
  Effect.scoped(Effect.flatMap(fileSystem.open(path, { flag: "w" }), (file) => file.writeAll(bytes)))

const writeSynced = (fileSystem: FileSystem.FileSystem, path: string, bytes: Uint8Array): Attempt<void> =>
  Effect.scoped(
    Effect.flatMap(fileSystem.open(path, { flag: "w" }), (file) => Effect.andThen(file.writeAll(bytes), file.sync))
  )

const sync = (fileSystem: FileSystem.FileSystem, path: string): Attempt<void> =>
  Effect.scoped(Effect.flatMap(fileSystem.open(path, { flag: "r" }), (file) => file.sync))

const isThere = (fileSystem: FileSystem.FileSystem, path: string) => Effect.isSuccess(fileSystem.stat(path))

const inOrder = (...steps: ReadonlyArray<Attempt<void>>): Attempt<void> => Effect.all(steps, { discard: true })

export const full: Program = {
  save: (fs, folder, bytes) =>
    inOrder(writeSynced(fs, tempIn(folder), bytes), fs.rename(tempIn(folder), fileIn(folder)), sync(fs, folder))
}

const failsFirst = (): (path: string) => boolean => {
  let syncs = 0
  return (path) => path.endsWith(".tmp") && ++syncs % 2 === 1
}

/** Programs that lose or mix texts, by what they do. */
export const knownBad: Readonly<Record<string, () => Program>> = {
  "writing in place": () => ({
    save: (fs, folder, bytes) => inOrder(writeSynced(fs, fileIn(folder), bytes), sync(fs, folder))
  }),
  "renaming without any sync": () => ({
    save: (fs, folder, bytes) => inOrder(write(fs, tempIn(folder), bytes), fs.rename(tempIn(folder), fileIn(folder)))
  }),
  "renaming without a sync of the file": () => ({
    save: (fs, folder, bytes) =>
      inOrder(write(fs, tempIn(folder), bytes), fs.rename(tempIn(folder), fileIn(folder)), sync(fs, folder))
  }),
  "renaming without a sync of the folder": () => ({
    save: (fs, folder, bytes) =>
      inOrder(writeSynced(fs, tempIn(folder), bytes), fs.rename(tempIn(folder), fileIn(folder)))
  }),
  "syncing the folder before the rename": () => ({
    save: (fs, folder, bytes) =>
      inOrder(writeSynced(fs, tempIn(folder), bytes), sync(fs, folder), fs.rename(tempIn(folder), fileIn(folder)))
  }),
  "copying over the file where a rename is refused": () => ({
    save: (fs, folder, bytes) =>
      inOrder(
        writeSynced(fs, tempIn(folder), bytes),
        fs.copyFile(tempIn(folder), fileIn(folder)),
        fs.remove(tempIn(folder)),
        sync(fs, folder)
      )
  }),
  "copying over the file, with a sync of the copy": () => ({
    save: (fs, folder, bytes) =>
      inOrder(
        writeSynced(fs, tempIn(folder), bytes),
        fs.copyFile(tempIn(folder), fileIn(folder)),
        sync(fs, fileIn(folder)),
        fs.remove(tempIn(folder)),
        sync(fs, folder)
      )
  }),
  "trying a failed sync again": () => ({
    failsSync: failsFirst(),
    save: (fs, folder, bytes) =>
      inOrder(
        Effect.scoped(Effect.flatMap(fs.open(tempIn(folder), { flag: "w" }), (file) =>
          Effect.andThen(
            file.writeAll(bytes),
            Effect.catch(file.sync, () => file.sync)
          ))),
        fs.rename(tempIn(folder), fileIn(folder)),
        sync(fs, folder)
      )
  }),
  "taking any temp file for the newest text": () => ({
    save: full.save,
    repair: (fs, folder) =>
      Effect.flatMap(
        isThere(fs, tempIn(folder)),
        (there) => there ? inOrder(fs.rename(tempIn(folder), fileIn(folder)), sync(fs, folder)) : Effect.void
      )
  }),
  "deleting a temp file that is the only copy": () => ({
    save: (fs, folder, bytes) =>
      inOrder(
        writeSynced(fs, tempIn(folder), bytes),
        sync(fs, folder),
        fs.remove(fileIn(folder), { force: true }),
        fs.rename(tempIn(folder), fileIn(folder)),
        sync(fs, folder)
      ),
    repair: (fs, folder) => fs.remove(tempIn(folder), { force: true })
  })
}

const texts = ["first", "second, a little longer", "third"].map((text) => `${text}\n${text}\n${text}\n`)

export interface Judged {
  readonly states: number
  /** What was wrong, one line for each state. */
  readonly wrong: ReadonlyArray<string>
}

const readText = (fileSystem: FileSystem.FileSystem, folder: string) =>
  Effect.option(Effect.map(fileSystem.readFile(fileIn(folder)), (bytes) => new TextDecoder().decode(bytes)))

/** Saves three texts, and reads the text in every state that a power cut can leave. */
export const judgeProgram = Effect.fnUntraced(function*(program: Program, names: CrashFileSystem.NameOrder) {
  const disk = CrashFileSystem.make({}, { failsSync: program.failsSync })
  const begun: Array<number> = []
  const acknowledged: Array<number> = []
  for (const text of texts) {
    begun.push(disk.steps())
    yield* program.save(disk.fileSystem, disk.root, new TextEncoder().encode(text))
    acknowledged.push(disk.steps())
  }
  const states = disk.crashStates({ names })
  const wrong: Array<string> = []
  for (const state of states) {
    const lower = acknowledged.filter((step) => step <= state.last).length
    const upper = Math.max(lower, begun.filter((step) => step < state.first).length)
    const after = state.mount()
    if (program.repair !== undefined) yield* program.repair(after.fileSystem, after.root)
    const read = yield* readText(after.fileSystem, after.root)
    const allowed = [undefined, ...texts].slice(lower, upper + 1)
    if (!allowed.includes(Option.getOrUndefined(read))) wrong.push(`read ${Option.getOrElse(read, () => "nothing")}`)
  }
  return { states: states.length, wrong } satisfies Judged
})
