/**
 * Three tiers: files, then SQLite, then memory; and a night in which their disks fail.
 *
 * The disks are real small file systems that turn read-only and fill up; see `disks.ts`. What every step prints is
 * compared with `fallback-chain/timeline.txt`, and a fresh process counts in the end what the files alone hold.
 * When either differs, or where no disk can be mounted, the exit code is 1.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Fallback, type Receipt, type StorageEvent } from "@holdfast/core"
import { type Cause, Context, Effect, Layer, Option, Queue, Schema, Stream } from "effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { type Disk, mountDisk, runWithOwnMounts, whyNoMounts } from "./fallback-chain/disks.ts"
import { Drafts, type Found, FoundAll, readAll, tiers } from "./fallback-chain/drafts.ts"
import { chapter, check, compareWithGolden, say, tell } from "./fallback-chain/timeline.ts"
import { draftsInWords, eventInWords, healthInWords, receiptInWords, refusalsInWords } from "./fallback-chain/words.ts"

interface Disks {
  readonly files: Disk
  readonly sqlite: Disk
}

/** What happens in the chain, in order. */
class Events extends Context.Service<Events, Queue.Dequeue<StorageEvent, Cause.Done>>()("fallback-chain/Events") {
  static readonly layer = Layer.effect(
    Events,
    Effect.flatMap(Fallback, ({ events }) => Stream.toQueue(events, { capacity: "unbounded" }))
  )
}

/** The app's storage: one store over three tiers. */
const storage = (disks: Disks) =>
  Layer.mergeAll(Drafts.layer, Events.layer).pipe(
    Layer.provideMerge(Fallback.layer({
      tiers: [
        { name: "files", layer: tiers.files(disks.files.folder) },
        { name: "sqlite", layer: tiers.sqlite(disks.sqlite.folder) },
        { name: "memory", layer: tiers.memory }
      ],
      // It drains every second unless told otherwise. Here it drains when the story says so, for the golden file.
      drainEvery: "1 hour"
    })),
    Layer.provide(NodeServices.layer)
  )

type Drawer = Readonly<Record<string, typeof Found.Type>>

/** What the app was told is saved. */
const acknowledged: Record<string, typeof Found.Type> = {}

const draftOf = (id: string) => acknowledged[id] ?? { edition: 0, notes: [] }

const tellReceipt = (what: string, text: string, receipt: Receipt): void => {
  tell(what, `${text} ${receiptInWords(receipt)}`)
  Option.map(refusalsInWords(receipt), (refusals) => tell("because", refusals))
}

const saved = (id: string, draft: typeof Found.Type, { receipt, what }: { receipt: Receipt; what: string }): void => {
  acknowledged[id] = draft
  tellReceipt("saved", what, receipt)
}

/** Saves the next edition of a draft. */
const write = Effect.fn(function*(id: string) {
  const { edition: before, notes } = draftOf(id)
  const edition = before + 1
  const { receipt } = yield* (yield* Drafts).save(id, { edition })
  saved(id, { edition, notes }, { receipt, what: `${id} edition ${edition}` })
})

/** Adds a note to a draft. */
const note = Effect.fn(function*(id: string) {
  const { edition, notes } = draftOf(id)
  const added = `note ${notes.length + 1}`
  const { receipt } = yield* (yield* Drafts).append(id, [{ note: added }])
  saved(id, { edition, notes: [...notes, added] }, { receipt, what: `${id} ${added}` })
})

const remove = Effect.fn(function*(id: string) {
  const receipt = yield* (yield* Drafts).remove(id)
  delete acknowledged[id]
  tellReceipt("removed", `${id}; its removal`, receipt)
})

/** Prints the next events, which are there or on their way. */
const hear = Effect.fn(function*(count: number) {
  const events = yield* Events
  for (let heard = 0; heard < count; heard++) {
    tell("event", eventInWords(yield* Effect.timeout(Queue.take(events), "10 seconds")))
  }
})

const health = Effect.gen(function*() {
  const current = yield* Stream.runHead((yield* Drafts).health)
  tell("health", healthInWords(Option.getOrThrow(current)))
})

const drain = Effect.gen(function*() {
  const { displacedCount, drainedCount } = yield* (yield* Fallback).drain
  tell("drain", `${drainedCount} brought up, ${displacedCount} left below`)
})

/** Prints what somebody found; the line is untrue unless that is all there is and equals what is claimed. */
const found = (who: string, { complete, drafts }: typeof FoundAll.Type, claimed: Drawer): void =>
  check(who, {
    text: `${draftsInWords(drafts)}; the listing is ${complete ? "complete" : "INCOMPLETE"}`,
    holds: complete && isDeepStrictEqual(drafts, claimed)
  })

/** Reads everything through the chain. */
const readThrough = Effect.gen(function*() {
  found("reads", yield* readAll, acknowledged)
})

const countFile = fileURLToPath(new URL("fallback-chain/count.ts", import.meta.url))

/** Has a fresh process open one tier without the others, and count. */
const lookAlone = (tier: "files" | "sqlite", { folder }: Disk, claimed: Drawer): void => {
  const printed = execFileSync(process.execPath, [...process.execArgv, countFile, tier, folder], { encoding: "utf8" })
  found(tier, Schema.decodeSync(Schema.fromJsonString(FoundAll))(printed), claimed)
}

const evening = Effect.fn(function*({ files }: Disks) {
  chapter("1. Everything works.")
  yield* write("letter")
  yield* write("diary")
  yield* note("diary")
  yield* write("recipe")
  yield* health
  const inFiles = { ...acknowledged }

  chapter("2. The files' disk turns read-only, under the running app.")
  files.makeReadOnly()
  yield* write("letter")
  yield* hear(2)
  yield* note("diary")
  yield* hear(1)
  yield* remove("recipe")
  yield* hear(1)
  yield* write("poem")
  yield* hear(1)
  yield* health
  yield* readThrough
  return inFiles
})

const night = Effect.fn(function*({ files, sqlite }: Disks) {
  yield* readThrough
  yield* health
  yield* write("letter")
  yield* health

  chapter("4. The disk can be written again.")
  files.makeWritable()
  yield* drain
  yield* hear(5)
  yield* health
  yield* write("letter")

  chapter("5. The files' disk fills up.")
  files.fill()
  yield* write("letter")
  yield* hear(2)
  yield* write("essay")
  yield* hear(1)
  yield* health

  chapter("6. SQLite's disk is full as well.")
  sqlite.fill()
  yield* write("letter")
  yield* hear(2)
  yield* write("diary")
  yield* hear(1)
  yield* note("diary")
  yield* health
  yield* readThrough

  chapter("7. There is space again, on both disks.")
  files.free()
  sqlite.free()
  yield* drain
  yield* hear(6)
  yield* health
  yield* write("letter")
  yield* readThrough
})

const story = (root: string) =>
  Effect.gen(function*() {
    say(`Three tiers: files, then SQLite, then memory

Each line says what happened, where the session lies, and how durable it is there. A session that an upper tier
refused lies lower ("displaced") until the drain brings it up again. The disks are real file systems of 4 MB in
memory (tmpfs): the kernel makes them read-only and lets them fill up like any other.`)
    const disks: Disks = { files: mountDisk(join(root, "files")), sqlite: mountDisk(join(root, "sqlite")) }
    const inFiles = yield* Effect.provide(evening(disks), storage(disks))

    chapter("3. The app is closed. A fresh process opens the files alone; then the app is started again.")
    lookAlone("files", disks.files, inFiles)
    yield* Effect.provide(night(disks), storage(disks))

    chapter("8. The app is closed. Fresh processes open each tier alone: every acknowledged draft is in the files.")
    lookAlone("files", disks.files, acknowledged)
    lookAlone("sqlite", disks.sqlite, {})
    compareWithGolden()
  })

/** Runs the story in a process that may mount disks. */
const start = (): void => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-fallback-chain-"))
  try {
    const problem = whyNoMounts(root)
    if (problem === undefined) {
      process.exitCode = runWithOwnMounts(fileURLToPath(import.meta.url), root)
      return
    }
    console.error(`Nothing was shown: this example mounts small disks, and cannot here. Root on Linux can.\n${problem}`)
    process.exitCode = 1
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const [root] = process.argv.slice(2)
if (root === undefined) start()
else NodeRuntime.runMain(story(root))
