/**
 * `holdfast import`: sessions into a store, from a bundle, a folder of plain JSON files, or the one file of an app.
 *
 * What is imported is only read. A session that is in the store already is left unless the bundle has a later version
 * of it, so an import that was interrupted is ended by the same command and doubles nothing. Every session that is
 * written is read back.
 */
import { keyText, type StorageAdapter, StorageUrl, type WholeSession } from "@holdfast/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { readPlainStore } from "../bundle/plainStore.ts"
import { type BundleItem, readBundle } from "../bundle/read.ts"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure, tell } from "../output/CliFailure.ts"
import { Output, type Shown } from "../output/Output.ts"
import { firstRows } from "../output/places.ts"
import { makeProgress } from "../output/progress.ts"
import { counted, wrap } from "../output/text.ts"
import { makePlainAdopter } from "../recovery/adopter.ts"
import { adoptFlags, adoptFlagsOf } from "../recovery/adoptFlags.ts"
import { fileFailure } from "../recovery/files.ts"
import { recoverInto } from "../recovery/into.ts"
import { type AdoptFlags, lookThrough } from "../recovery/looking.ts"
import { intoShown } from "../recovery/show.ts"
import { givenStore, withOutput } from "../root.ts"
import { namespaceOf } from "../stores/keys.ts"
import { mapFlag, mapKey, type Rule } from "../stores/mapping.ts"
import { openStore } from "../stores/open.ts"
import { type Transferred, writeSession } from "../stores/transfer.ts"

/** What came of one item: written, left, or no session at all. */
interface Row {
  readonly name: string
  readonly result: Transferred | "damaged"
  readonly why: string
}

const whys: { readonly [result in Transferred]: string } = {
  copied: "",
  updated: "",
  same: "",
  gone: "",
  different: "another session has this name in the store; it was left",
  newer: "the store has a later version of it; it was left",
  removed: "it was removed in the store"
}

/** An item to import: a session, or what is in the place of one. */
type Item = WholeSession | { readonly name: string; readonly why: string }

// The disk is what an import waits for: a few sessions at once keep it busy.
const importersMax = 4

const count = (rows: ReadonlyArray<Row>, ...results: ReadonlyArray<Row["result"]>) =>
  rows.filter(({ result }) => results.includes(result)).length

const isLeft = ({ result }: Row): boolean => result !== "copied" && result !== "updated" && result !== "same"

/** Counts what is done, and keeps what was not; sessions that came in are not kept in memory. */
const importAll = Effect.fnUntraced(function*<E, R>(
  target: StorageAdapter["Service"],
  items: Stream.Stream<Item, E, R>,
  map: ReadonlyArray<Rule>
) {
  const done = { copied: 0, same: 0 }
  const left: Array<Row> = []
  const progress = yield* makeProgress("importing sessions", 0)
  const importOne = Effect.fnUntraced(function*(item: Item): Effect.fn.Return<Row, CliFailure> {
    if ("why" in item) return { ...item, result: "damaged" }
    const key = mapKey(map, item.session.head.key)
    const result = yield* Effect.mapError(
      writeSession(target, { source: item, key }),
      (error) => stopped(error, done.copied)
    )
    return { name: keyText(key), result, why: whys[result] }
  })
  yield* Stream.runForEach(Stream.mapEffect(items, importOne, { concurrency: importersMax }), (row) => {
    if (isLeft(row)) left.push(row)
    done.copied += count([row], "copied", "updated")
    done.same += count([row], "same")
    return progress(1)
  })
  return { ...done, left }
}, Effect.scoped)

const stopped = (error: unknown, copied: number): CliFailure => {
  const { advice, changed, code, what } = tell(error)
  return new CliFailure({
    code,
    what,
    changed: changed === "nothing" && copied === 0
      ? undefined
      : `${counted(copied, "session was", "sessions were")} imported or more, each whole`,
    advice: `${advice} The same command goes on where this one stopped.`
  })
}

const itemOf = (item: BundleItem): ReadonlyArray<Item> => {
  if (item._tag === "Session") return [item.whole]
  return item._tag === "End" ? [] : [{ name: `line ${item.line}`, why: item.what }]
}

const shown = (done: { readonly copied: number; readonly same: number; readonly left: ReadonlyArray<Row> }): Shown => ({
  json: () => ({
    imported: done.copied,
    same: done.same,
    left: done.left.map(({ name, result, why }) => ({ name, result, why }))
  }),
  text: (paper) => [
    ...wrap(paper, `${counted(done.copied, "session")} imported, each read back; ${done.same} were there already.`),
    ...(done.left.length === 0 ? [] : [
      "",
      paper.paint("bad", `${counted(done.left.length, "item")} not imported:`),
      ...firstRows(paper, [{ title: "WHAT" }, { title: "WHY" }], done.left.map(({ name, why }) => [name, why]))
    ])
  ]
})

interface Wanted {
  readonly adopt: AdoptFlags
  readonly map: ReadonlyArray<Rule>
  readonly field: Option.Option<string>
  readonly namespace: ReadonlyArray<string>
}

const importFolder = Effect.fnUntraced(function*(folder: string, { adopt, map }: Wanted) {
  const { endWith, show } = yield* Output
  const source = Result.getOrUndefined(StorageUrl.make([{ scheme: "fs", path: folder }]))!
  const looked = yield* lookThrough(source, adopt)
  const recovered = yield* recoverInto({ source, target: yield* givenStore, looked, map }, Option.none())
  yield* show(intoShown(recovered))
  if (recovered.copied.left.some(({ result }) => result === "different" || result === "unreadable")) {
    yield* endWith(exitCodes.attention)
  }
})

/** Whether a file begins as a bundle does. */
const isBundle = (beginning: string): boolean => beginning.startsWith("{\"_tag\":\"bundle\"")

const importFile = Effect.fnUntraced(function*(file: string, { adopt, field, map, namespace }: Wanted) {
  const { endWith, show } = yield* Output
  const fileSystem = yield* FileSystem.FileSystem
  const failure = fileFailure(`${file} cannot be read`)
  const beginning = yield* fileSystem.stream(file, { bytesToRead: 64 }).pipe(
    Stream.decodeText,
    Stream.mkString,
    Effect.mapError(failure)
  )
  const adopter = makePlainAdopter({
    kind: Option.getOrElse(adopt.kind, () => "Session"),
    schemaVersion: Option.getOrElse(adopt.schemaVersion, () => 1),
    summary: adopt.summary,
    accept: "every"
  })
  const items = isBundle(beginning)
    ? Stream.flatMap(bundleItems(fileSystem.stream(file)), (item) => Stream.fromIterable(itemOf(item)))
    : Stream.fromIterable(
      (yield* readPlainStore(
        { file, text: yield* Effect.mapError(fileSystem.readFileString(file), failure) },
        adopter,
        { field, namespace }
      )).map((item): Item => item._tag === "Session" ? item.whole : { name: item.id, why: item.why })
    )
  const target = yield* openStore(yield* givenStore, { _tag: "Fill" })
  const done = yield* importAll(target, items, map)
  yield* show(shown(done))
  if (done.left.length > 0) yield* endWith(exitCodes.attention)
}, Effect.scoped)

const bundleItems = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  readBundle(Stream.splitLines(Stream.decodeText(bytes))).pipe(
    Stream.mapError(() =>
      new CliFailure({
        code: "ReadFailed",
        what: "the bundle cannot be read to its end",
        changed: "what was read before it is imported, each session whole",
        advice: "The same command goes on where this one stopped."
      })
    )
  )

const importInput = Effect.fnUntraced(function*({ map }: Wanted) {
  const { endWith, show } = yield* Output
  const { stdin } = yield* Stdio.Stdio
  const target = yield* openStore(yield* givenStore, { _tag: "Fill" })
  const items = Stream.flatMap(bundleItems(stdin), (item) => Stream.fromIterable(itemOf(item)))
  const done = yield* importAll(target, items, map)
  yield* show(shown(done))
  if (done.left.length > 0) yield* endWith(exitCodes.attention)
}, Effect.scoped)

const importFrom = Effect.fnUntraced(function*(from: string, wanted: Wanted) {
  if (from === "-") return yield* importInput(wanted)
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fileSystem.stat(from), fileFailure(`${from} cannot be read`))
  return yield* info.type === "Directory" ? importFolder(from, wanted) : importFile(from, wanted)
})

export const importSessions = Command.make(
  "import",
  {
    from: Argument.String("from").pipe(
      Argument.withDescription("A bundle, - for one on standard input, a folder of JSON files, or an app's JSON file")
    ),
    map: mapFlag,
    field: Flag.String("field").pipe(
      Flag.withDescription("Of an app's one JSON file: the field that holds its sessions, such as data.chats"),
      Flag.optional
    ),
    namespace: Flag.String("namespace").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Of an app's one JSON file: the namespace that its sessions get"),
      Flag.withDefault("")
    ),
    ...adoptFlags
  },
  ({ field, from, map, namespace, ...adopt }) =>
    withOutput(importFrom(from, { adopt: adoptFlagsOf(adopt), map, field, namespace: namespaceOf(namespace) }))
).pipe(
  Command.withDescription("Bring sessions into a store, from a bundle or from an app's JSON files."),
  Command.withExamples([
    { command: "holdfast import ./bundle.ndjson --store ./sessions", description: "A bundle of `holdfast export`" },
    {
      command: "holdfast import ./config.json --field chats --kind Chat --store ./sessions",
      description: "The file of an app that uses electron-store or conf"
    }
  ]),
  Command.annotate(ExitCodes, {
    0: "everything is in the store",
    1: "something is not, which is named",
    3: "stopped in the middle; the same command goes on"
  })
)
