/**
 * Errors as data: what an app can tell its user, and what it can do, from the error's type alone.
 *
 * Three failures of one night under MSIX are caught by their reason; a full disk is decided by `outcome` and
 * `remedy`, without looking at the reason. Every line is checked; the exit code is 1 when one is untrue.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session, SessionStore, StorageAdapter, StorageError, Virtualized } from "@holdfast/core"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const Draft = Session.define("Draft", { state: Schema.Struct({ text: Schema.String }) })
class Drafts extends SessionStore.Service<Drafts>()("app/Drafts", Draft) {}

type Rules = ReadonlyArray<FaultyFileSystem.FaultRule>

/** Drafts in a folder, on a disk that fails by these rules. */
const onDisk = (directory: string, rules: Rules, commit: "auto" | "rename" = "auto") =>
  Drafts.layer.pipe(
    Layer.provide(FsAdapter.layer({ directory, commit })),
    Layer.provide(FaultyFileSystem.layer(rules)),
    Layer.provide(NodeServices.layer)
  )

/** Drafts in a place that a container redirects, so that it cannot be listed. */
const redirected = Drafts.layer.pipe(
  Layer.provide(Layer.effect(
    StorageAdapter,
    Effect.map(MemoryAdapter.make(), (memory) => ({
      ...memory,
      list: () =>
        Stream.fail(
          new StorageError({
            adapter: "fs",
            operation: "list",
            reason: new Virtualized({
              given: "C:\\Users\\ada\\AppData\\Roaming\\App",
              actual: "D:\\WpSystem\\Packages\\App\\LocalCache\\Roaming\\App",
              container: "MSIX",
              outcome: "notApplied"
            })
          })
        )
    }))
  ))
)

/** Saves a draft; where the folder refuses renames, the app hears which two names were meant. */
const save = Effect.gen(function*() {
  const drafts = yield* Drafts
  const { receipt } = yield* drafts.save("letter", { text: "Dear reader" })
  return `saved, ${receipt.durability} by ${receipt.protocol}`
}).pipe(
  Effect.catchReason("StorageError", "CrossDevice", (reason, error) =>
    Effect.succeed(
      `not saved: this folder cannot rename over ${reason.to.split("/").at(-1)}; outcome ${error.outcome}`
    ))
)

/** What a sidebar shows. An empty list is shown only when the store was read and is empty. */
const sidebar = Effect.gen(function*() {
  const drafts = yield* Drafts
  const { complete, sessions } = yield* drafts.list()
  return complete ? `${sessions.length} drafts` : `${sessions.length} drafts that are known; there may be more`
}).pipe(
  Effect.catchReasons("StorageError", {
    DirectoryUnreadable: ({ code }) =>
      Effect.succeed(`your drafts are there, but their folder cannot be read (${code})`),
    Virtualized: ({ actual, container }) => Effect.succeed(`${container} keeps your drafts in ${actual}`)
  })
)

/** What to do about any failure of storage, from the two questions that every reason answers. */
const advice = ({ outcome, remedy }: StorageError): string => {
  const state = { notApplied: "your last version is safe", applied: "it is saved", unknown: "it may be saved" }[outcome]
  const step = { retry: "try again", fallback: "save to another place", caller: "change the request" }[remedy]
  return `${state}; ${step}`
}

const saveOrAdvise = Effect.gen(function*() {
  const drafts = yield* Drafts
  const { version } = yield* drafts.save("letter", { text: "Dear reader" })
  return `saved as ${version}`
}).pipe(Effect.catchTag("StorageError", (error) => Effect.succeed(advice(error))))

/** Prints what an app said and checks it. */
const say = <E>(what: string, said: Effect.Effect<string, E>, claimed: string) =>
  Effect.gen(function*() {
    const text = yield* said
    yield* Console.log(`${what.padEnd(34)} ${text}`)
    if (text === claimed) return
    yield* Console.log(`${"DIFFERS FROM".padEnd(34)} ${claimed}`)
    yield* Effect.sync(() => {
      process.exitCode = 1
    })
  })

const { fullDisk, msix, unreadableDirectories } = FaultyFileSystem

/** What the store knows of its sessions beside their own files. */
const unreadableCatalog: FaultyFileSystem.FaultRule = { operation: "open", path: /heads\.jsonl$/, code: "EIO" }

const story = (root: string) => {
  const place = (name: string) => join(root, name)
  return Effect.all([
    say(
      "renames only, under MSIX:",
      Effect.provide(save, onDisk(place("a"), msix, "rename")),
      "not saved: this folder cannot rename over letter.json; outcome notApplied"
    ),
    say("free to choose, under MSIX:", Effect.provide(save, onDisk(place("a"), msix)), "saved, flushed by slots"),
    say(
      "a folder that cannot be listed:",
      Effect.provide(sidebar, onDisk(place("a"), unreadableDirectories)),
      "1 drafts that are known; there may be more"
    ),
    say(
      "nor can its catalog be read:",
      Effect.provide(sidebar, onDisk(place("a"), [...unreadableDirectories, unreadableCatalog])),
      "your drafts are there, but their folder cannot be read (UNKNOWN)"
    ),
    say(
      "a redirected folder:",
      Effect.provide(sidebar, redirected),
      "MSIX keeps your drafts in D:\\WpSystem\\Packages\\App\\LocalCache\\Roaming\\App"
    ),
    say(
      "a full disk:",
      Effect.provide(saveOrAdvise, onDisk(place("a"), fullDisk())),
      "your last version is safe; save to another place"
    ),
    say("the same folder, healthy again:", Effect.provide(sidebar, onDisk(place("a"), [])), "1 drafts")
  ], { discard: true })
}

const program = Effect.acquireUseRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-typed-errors-"))),
  story,
  (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
)
NodeRuntime.runMain(program)
