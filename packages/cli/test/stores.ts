/** Stores for tests of commands: sessions as an app wrote them, at moments that stand still. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { FsAdapter } from "@holdfast/adapter-fs"
import { makeKey, StorageAdapter } from "@holdfast/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { runCli, type RunOptions, standingClock, testTime } from "./cli.ts"

/** A session to write. */
export interface Seed {
  readonly key: string
  readonly state: { readonly [field: string]: unknown }
  readonly entries?: ReadonlyArray<unknown>
  readonly kind?: string
  /** How long before the commands run it is written. */
  readonly minutesAgo?: number
}

const writeSeed = ({ entries = [], key, kind = "Chat", minutesAgo = 1, state }: Seed, index: number) =>
  Effect.gen(function*() {
    const adapter = yield* StorageAdapter
    const names = key.split("/")
    const at = makeKey(names.at(-1)!, names.slice(0, -1))
    const put = {
      _tag: "Put",
      key: at,
      expect: "any",
      kind,
      schemaVersion: 1,
      summary: JSON.stringify({ title: state["title"] }),
      body: JSON.stringify(state)
    } as const
    const append = {
      _tag: "Append",
      key: at,
      expect: "any",
      kind,
      schemaVersion: 1,
      entries: entries.map((entry) => JSON.stringify(entry))
    } as const
    yield* adapter.commit({
      writeId: `seed-${index}-${minutesAgo}-${JSON.stringify(state).length}`,
      operations: entries.length === 0 ? [put] : [put, append]
    }).pipe(
      Effect.provideService(Clock.Clock, standingClock(testTime - minutesAgo * 60_000))
    )
  })

/** Writes sessions to an adapter. */
export const writeSeeds = (seeds: ReadonlyArray<Seed>) => Effect.forEach(seeds, writeSeed, { discard: true })

const writeFiles = (directory: string, seeds: ReadonlyArray<Seed>) =>
  Effect.provide(
    writeSeeds(seeds),
    FsAdapter.layer({ directory }).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]), Layer.fresh)
  )

type File = readonly [name: string, bytes: Buffer, mode: number]

const filesOf = (directory: string): ReadonlyArray<File> =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const [file, stats] = [join(directory, name), statSync(join(directory, name))]
    return stats.isFile() ? [[name, readFileSync(file), stats.mode] as const] : []
  })

const putFiles = (directory: string, files: ReadonlyArray<File>): void => {
  for (const [name, bytes, mode] of files) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), bytes, { mode })
  }
}

/**
 * Makes a store of files with these sessions, or adds them to one. The first of several stores with the same sessions is
 * written as an app writes it, and the others are copies of its bytes: that takes a tenth of the time.
 */
export const filesWith = Effect.fnUntraced(function*(directory: string, seeds: ReadonlyArray<Seed>) {
  const name = JSON.stringify(seeds)
  const known = written.get(name)
  const isFresh = !existsSync(directory)
  if (isFresh && known !== undefined) return putFiles(directory, known)
  yield* writeFiles(directory, seeds)
  if (isFresh) written.set(name, filesOf(directory))
})

const written = new Map<string, ReadonlyArray<File>>()

/** Three chats of two accounts. */
export const chats: ReadonlyArray<Seed> = [
  {
    key: "acct-one/org-a/local_1",
    state: { title: "Fix EXDEV", pinned: true },
    entries: [{ role: "user", text: "hello" }, { role: "assistant", text: "hi" }],
    minutesAgo: 3
  },
  { key: "acct-one/org-b/local_2", state: { title: "Read the logs", pinned: false }, minutesAgo: 90 },
  { key: "acct-two/org-a/local_3", state: { title: "Draft", pinned: false }, kind: "Note", minutesAgo: 4000 }
]

interface Row {
  readonly id: string
  readonly namespace: ReadonlyArray<string>
  readonly summary: { readonly title: string }
}

/** The sessions of a store, by their ids, as the program lists them. */
export const sessionsIn = Effect.fnUntraced(function*(store: string, options?: RunOptions) {
  const ran = yield* runCli(["ls", "--store", store, "--order", "id", "--json"], options)
  return (JSON.parse(ran.stdout) as { sessions: ReadonlyArray<Row> }).sessions
})

/** The titles of the sessions of a store, in the order of the alphabet. */
export const titlesIn = (store: string, options?: RunOptions) =>
  Effect.map(sessionsIn(store, options), (rows) => rows.map(({ summary }) => summary.title).toSorted())

/** A session as the program shows it. */
export const sessionIn = Effect.fnUntraced(function*(store: string, session: string) {
  const ran = yield* runCli(["show", session, "--store", store, "--json"])
  return JSON.parse(ran.stdout) as unknown
})
