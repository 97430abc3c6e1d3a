/**
 * An app on files is moved to SQLite while a write is due 200 times a second, and nothing of what it wrote is lost.
 *
 * The writer notes what it was acknowledged. In the end a fresh process opens the storage anew and counts, and another
 * one tries to write into the files that were left. What every step prints is compared with `switch-live/timeline.txt`.
 * When anything differs, the exit code is 1.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { StorageSwitch } from "@holdfast/core"
import { Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual, promisify } from "node:util"
import { Chats, FoundAll, storage } from "./switch-live/chats.ts"
import { progressInWords } from "./switch-live/words.ts"
import {
  claimOf,
  createChats,
  edgeCount,
  type Ledger,
  makeLedger,
  olderCount,
  openCount,
  write,
  writeCount
} from "./switch-live/writer.ts"
import { openTimeline } from "./timeline.ts"

const here = new URL("switch-live/", import.meta.url)
const { compareWithGolden, say, tell } = openTimeline(new URL("timeline.txt", here))

/** Prints a line, and that it is untrue when it does not hold. */
const check = (who: string, what: string, { holds }: { readonly holds: boolean }): void => {
  tell(who, what)
  if (holds) return
  tell("DIFFERS", "the line above is not what happened")
  process.exitCode = 1
}

/** Runs the switch and prints its progress. Gives how many writes were acknowledged while chats were copied. */
const moveToSqlite = Effect.fn(function*({ receipts }: Ledger) {
  const { switchTo } = yield* StorageSwitch
  const counts = { atCopying: 0, atFence: 0 }
  yield* Stream.runForEach(switchTo("sqlite", { transfer: "copy" }), (progress) =>
    Effect.sync(() => {
      if (progress._tag === "Copying" && progress.doneCount === 0) counts.atCopying = receipts.length
      if (progress._tag === "Fenced") counts.atFence = receipts.length
      Option.map(progressInWords(progress), (words) => tell("switch", words))
    }))
  return counts.atFence - counts.atCopying
})

const live = Effect.fn(function*(ledger: Ledger) {
  const { receipts } = ledger
  const { current } = yield* StorageSwitch
  say("\n1. The app runs on files.")
  const made = yield* createChats(ledger)
  tell("current", yield* current)
  check("saved", `${olderCount} older chats and ${openCount} open ones: they lie in files, flushed to the disk`, {
    holds: made.every(({ adapter, durability }) => adapter === "fs" && durability === "flushed")
  })
  const writing = yield* Effect.forkChild(write(ledger))
  tell("writer", `begins: a write is due every 5 ms, ${writeCount} in all, to the ${openCount} open chats`)

  // A writer that fails would never open the latch, and is heard of instead.
  yield* Effect.raceFirst(ledger.warmedUp.await, Fiber.join(writing))
  say(`\n2. After ${edgeCount} writes the app is switched to SQLite, and the writer goes on.`)
  const duringCount = yield* Effect.ensuring(moveToSqlite(ledger), ledger.switched.open)

  say("\n3. The writer goes on to its end.")
  yield* Fiber.join(writing)
  const lieIn = (adapter: string, rows: typeof receipts) => ({
    holds: rows.every((row) => row.adapter === adapter && row.durability === "flushed")
  })
  check("writer", `all ${writeCount} writes are acknowledged, none has failed`, {
    holds: receipts.length === writeCount
  })
  const [first, last] = [receipts.slice(0, edgeCount), receipts.slice(-edgeCount)]
  check("writer", `the first ${edgeCount} lie in files, flushed to the disk`, lieIn("fs", first))
  check("writer", "some of the next ones were acknowledged while chats were copied", { holds: duringCount > 0 })
  check("writer", `the last ${edgeCount} lie in sqlite, flushed to the disk`, lieIn("sqlite", last))
  tell("current", yield* current)
})

const lookFile = fileURLToPath(new URL("./switch-live/look.ts", import.meta.url))

/** Has a fresh process look, and reads what it printed. */
const look = <A>(what: "current" | "files", folder: string, printed: Schema.Decoder<A>) =>
  Effect.promise(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, lookFile, what, folder])
    return Schema.decodeUnknownSync(printed)(JSON.parse(stdout))
  })

const Current = Schema.Struct({ current: Schema.String, found: FoundAll })
const Refused = Schema.Struct({ reason: Schema.String, message: Schema.String })
const Behind = Schema.Struct({ refused: Refused, found: FoundAll })

const counted = ({ chats, unreadableCount }: typeof FoundAll.Type): string => {
  const messages = Object.values(chats).flatMap((chat) => chat.messages)
  return `${Object.keys(chats).length} chats with ${messages.length} messages, ${unreadableCount} unreadable`
}

const tellCurrent = ({ current, found }: typeof Current.Type, ledger: Ledger): void => {
  say("\n4. The app is closed. A fresh process opens its storage anew, of which files is still the initial store.")
  const claimed = claimOf(ledger)
  check("current", current, { holds: current === "sqlite" })
  check("counts", `in ${current}: ${counted(found)}`, { holds: counted(found) === counted(claimed) })
  check("reads", "every message, in its order, and every last state as acknowledged: nothing lost, nothing doubled", {
    holds: isDeepStrictEqual(found, claimed)
  })
}

const tellBehind = ({ found, refused }: typeof Behind.Type, ledger: Ledger): void => {
  say("\n5. Another one opens the files alone, as an app that never heard of the switch, and saves a chat.")
  check("refused", `${refused.reason}: ${refused.message}`, { holds: refused.reason === "Unavailable" })
  const acknowledged = Object.entries(ledger.chats)
  const isEarlier = acknowledged.every(([id, { messages }]) => {
    const left = found.chats[id]?.messages
    return left !== undefined && isDeepStrictEqual(left, messages.slice(0, left.length))
  })
  check("reads", `in files: ${Object.keys(found.chats).length} chats, each with its messages up to the switch`, {
    holds: isEarlier && Object.keys(found.chats).length === acknowledged.length
  })
}

const story = (folder: string) =>
  Effect.gen(function*() {
    say(`From files to SQLite, under a running app

Each line says what happened, and where the chats lie: files is the folder chats, sqlite is the file chats.db. What is
flushed survives a power cut. A chat has a draft, which is saved, and messages, which are appended. How many writes
fall into each step is a matter of time, and not printed.`)
    const ledger = makeLedger()
    const app = Chats.layer.pipe(Layer.provideMerge(storage(folder)), Layer.provide(NodeServices.layer))
    yield* Effect.provide(live(ledger), app)
    const [again, behind] = yield* Effect.all([look("current", folder, Current), look("files", folder, Behind)], {
      concurrency: 2
    })
    tellCurrent(again, ledger)
    tellBehind(behind, ledger)
    compareWithGolden()
  })

NodeRuntime.runMain(
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-switch-live-"))),
    story,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
)
