/**
 * `holdfast export`: the sessions of a store as one bundle of JSON lines, for an archive or another machine.
 *
 * It is written while it is read, so a store of any size takes little memory. A bundle that was cut off is continued by
 * the same command: what is whole in it stays, and the sessions that are missing are added.
 */
import { keyText, readWhole, type StorageAdapter, type StoredHead, type Unreadable } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BundleLine, encodeLine, linesOf } from "../bundle/line.ts"
import { readBundle } from "../bundle/read.ts"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { unreadableJson } from "../output/encode.ts"
import { Output } from "../output/Output.ts"
import { CurrentDrain } from "../output/Pipe.ts"
import { firstRows, unreadableLines } from "../output/places.ts"
import { makeProgress } from "../output/progress.ts"
import { counted } from "../output/text.ts"
import { fileFailure } from "../recovery/files.ts"
import { givenStore, withOutput } from "../root.ts"
import { listAll } from "../stores/heads.ts"
import { namespaceOf } from "../stores/keys.ts"
import { openStore } from "../stores/open.ts"

type Adapter = StorageAdapter["Service"]

/** Where lines go to: each is whole there before the next one. */
interface Sink {
  readonly write: (lines: ReadonlyArray<BundleLine>) => Effect.Effect<void, CliFailure>
  /** Makes what was written durable; a bundle that is not is no success. */
  readonly sync: Effect.Effect<void, CliFailure>
  /** What is there already, by key. */
  readonly known: ReadonlyMap<string, { readonly version: number; readonly entryCount: number }>
}

const textOf = (lines: ReadonlyArray<BundleLine>): string => lines.map((line) => `${encodeLine(line)}\n`).join("")

const toOutput: Sink = {
  write: (lines) =>
    Effect.andThen(
      Effect.forEach(lines, (line) => Console.log(encodeLine(line)), { discard: true }),
      Effect.flatten(CurrentDrain)
    ),
  sync: Effect.void,
  known: new Map()
}

interface Begun {
  readonly known: Map<string, { readonly version: number; readonly entryCount: number }>
  /** How many lines are to be kept. */
  lines: number
  isWhole: boolean
}

/** What a file holds of a bundle that was begun: its whole sessions, and where they end. */
const readBegun = Effect.fnUntraced(function*(file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const begun: Begun = { known: new Map(), lines: 1, isWhole: false }
  const lines = Stream.splitLines(Stream.decodeText(fileSystem.stream(file)))
  yield* Stream.runForEach(readBundle(lines), (item) =>
    Effect.sync(() => {
      if (item._tag === "End") begun.isWhole = true
      if (item._tag !== "Session") return
      const { head } = item.whole.session
      begun.known.set(keyText(head.key), { version: head.version, entryCount: head.entryCount })
      begun.lines = item.lastLine
    }))
  return begun
})

/** The bytes of the first lines of a file. */
const bytesOfLines = Effect.fnUntraced(function*(file: string, count: number) {
  const fileSystem = yield* FileSystem.FileSystem
  let [bytes, lines] = [0, 0]
  yield* Stream.runForEach(fileSystem.stream(file), (piece) =>
    Effect.sync(() => {
      for (const byte of piece) {
        if (lines >= count) return
        bytes += 1
        if (byte === 0x0a) lines += 1
      }
    }))
  return bytes
})

const isComplete = (file: string) =>
  new CliFailure({
    code: "BundleExists",
    what: `${file} is a whole bundle already`,
    advice: "Name a file that is not there with --out."
  })

/** A file that lines are added to; one that was begun goes on after its last whole session. */
const openFile = Effect.fnUntraced(function*(file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const failure = fileFailure(`the bundle ${file} cannot be written`)
  const opening = Effect.gen(function*() {
    const isThere = yield* fileSystem.exists(file)
    const begun = isThere ? yield* readBegun(file) : undefined
    if (begun?.isWhole === true) return yield* isComplete(file)
    if (begun !== undefined && begun.known.size > 0) {
      yield* fileSystem.truncate(file, yield* bytesOfLines(file, begun.lines))
    }
    const isContinued = begun !== undefined && begun.known.size > 0
    const open = yield* fileSystem.open(file, { flag: isContinued ? "a" : "w", mode: 0o600 })
    const halfway = fileFailure(
      `the bundle ${file} cannot be written`,
      `${file} holds a part of the bundle, without its end`
    )
    const sink: Sink = {
      write: (lines) => Effect.mapError(open.writeAll(new TextEncoder().encode(textOf(lines))), halfway),
      sync: Effect.mapError(open.sync, halfway),
      known: isContinued ? begun.known : new Map()
    }
    return sink
  })
  return yield* Effect.catchTag(opening, "PlatformError", (error) => Effect.fail(failure(error)))
})

interface Exported {
  readonly sessions: number
  readonly kept: number
  readonly unreadable: ReadonlyArray<Unreadable>
  readonly failed: ReadonlyArray<{ readonly key: string; readonly why: string }>
}

type Failed = Exported["failed"][number]

/** Writes what is listed, while it is listed. */
const exportAll = Effect.fnUntraced(function*(adapter: Adapter, sink: Sink, namespace: ReadonlyArray<string>) {
  const { count: total, rows } = yield* listAll(adapter, { namespace })
  const kept = [...sink.known.values()]
  const progress = yield* makeProgress("exporting sessions", total)
  if (sink.known.size === 0) {
    const madeAt = new Date(yield* Clock.currentTimeMillis).toISOString()
    yield* sink.write([{ _tag: "bundle", format: 1, madeAt, from: adapter.location }])
  }
  const [failed, unreadable]: [Array<Failed>, Array<Unreadable>] = [[], []]
  const count = { sessions: kept.length, entries: kept.reduce((sum, { entryCount }) => sum + entryCount, 0) }
  const exportOne = Effect.fnUntraced(function*({ key, version }: StoredHead) {
    if (sink.known.get(keyText(key))?.version === version) return
    const read = yield* Effect.result(readWhole(adapter, key))
    if (read._tag === "Failure") failed.push({ key: keyText(key), why: read.failure.reason.message })
    else if (Option.isSome(read.success)) {
      yield* sink.write(linesOf(read.success.value))
      count.sessions += 1
      count.entries += read.success.value.entries.length
    }
  })
  yield* Stream.runForEach(rows, (row) =>
    row._tag === "Unreadable"
      ? Effect.sync(() => unreadable.push(row))
      : Effect.andThen(exportOne(row), progress(1)))
  // A bundle with an end is taken for whole by the next export: its sessions are on the disk before it has one.
  yield* sink.sync
  yield* sink.write([{ _tag: "end", ...count }])
  yield* sink.sync
  return { sessions: count.sessions, kept: kept.length, unreadable, failed } satisfies Exported
})

const exportStore = Effect.fnUntraced(function*(out: Option.Option<string>, namespace: ReadonlyArray<string>) {
  const { endWith, note, show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Look" })
  const sink = Option.isSome(out) ? yield* openFile(out.value) : toOutput
  const exported = yield* exportAll(adapter, sink, namespace)
  const { failed, kept, sessions, unreadable } = exported
  const done = `${counted(sessions, "session")} exported${kept > 0 ? `, ${kept} of them before` : ""}.`
  if (Option.isNone(out)) yield* note(done)
  else {
    yield* show({
      json: () => ({
        bundle: out.value,
        sessions,
        kept,
        failed: [...failed],
        unreadable: unreadable.map(unreadableJson)
      }),
      text: (paper) => [
        done,
        ...(failed.length === 0 ? [] : [
          "",
          ...firstRows(paper, [{ title: "NOT EXPORTED" }, { title: "WHY" }], failed.map(({ key, why }) => [key, why]))
        ]),
        ...(unreadable.length === 0 ? [] : ["", ...unreadableLines(paper, adapter.location, unreadable)])
      ]
    })
  }
  if (failed.length + unreadable.length === 0) return
  if (Option.isNone(out)) yield* note(`${failed.length + unreadable.length} could not be read; --out tells which.`)
  yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const exportSessions = Command.make("export", {
  out: Flag.String("out").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("file"),
    Flag.withDescription("The bundle; one that was cut off is continued. Standard output when left out"),
    Flag.optional
  ),
  namespace: Flag.String("namespace").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Only sessions in this namespace and below it"),
    Flag.withDefault("")
  )
}, ({ namespace, out }) => withOutput(exportStore(out, namespaceOf(namespace)))).pipe(
  Command.withDescription("Write the sessions of a store to a bundle of JSON lines."),
  Command.withExamples([
    { command: "holdfast export --store ./sessions --out ./sessions.ndjson", description: "To a file" },
    { command: "holdfast export --store ./sessions --namespace acct", description: "One account to standard output" }
  ]),
  Command.annotate(ExitCodes, { 0: "every session is in the bundle", 1: "some could not be read, which are named" })
)
