/**
 * `holdfast bench`: how fast this disk is for sessions, in a minute: a durable save, an append, a listing.
 *
 * It measures in a store of its own beside the one that was named, on the same disk, and removes it at the end, also
 * when it is interrupted. The sessions of the store are neither read nor touched.
 */
import { randomId } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { type Figures, figuresOf, judgeFigures } from "../bench/judge.ts"
import { measure, sessionsMax } from "../bench/measure.ts"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { Output, type Shown } from "../output/Output.ts"
import { table, wrap } from "../output/text.ts"
import { fileFailure } from "../recovery/files.ts"
import { placeOf } from "../recovery/inPlace.ts"
import { givenStore, withOutput } from "../root.ts"
import { openStore, storeLayer } from "../stores/open.ts"
import { movedTo } from "../stores/storeName.ts"

const words: { readonly [what in Figures["what"]]: string } = {
  flush: "the disk alone: 4 KB written and flushed",
  save: "a durable save of 4 KB",
  append: "a durable append of 256 bytes",
  load: "a session read",
  list: `a listing of up to ${sessionsMax} sessions`
}

const inMillis = (millis: number): string => `${millis >= 100 ? Math.round(millis) : millis.toPrecision(2)} ms`

const rounded = (millis: number): number => Number(millis.toPrecision(4))

const shown = (location: string, figures: ReadonlyArray<Figures>): Shown => {
  const { notes, problems } = judgeFigures(figures)
  return {
    json: () => ({
      at: location,
      calls: figures.map(({ count, median, most, p99, what }) => ({
        what,
        count,
        medianMillis: rounded(median),
        p99Millis: rounded(p99),
        mostMillis: rounded(most)
      })),
      problems,
      notes
    }),
    text: (paper) => [
      `Measured beside ${location}:`,
      "",
      ...table(
        paper,
        [
          { title: "WHAT" },
          { title: "CALLS", align: "right" },
          { title: "MEDIAN", align: "right" },
          { title: "99 OF 100", align: "right" },
          { title: "LONGEST", align: "right" }
        ],
        figures.map(({ count, median, most, p99, what }) => [
          words[what],
          String(count),
          inMillis(median),
          inMillis(p99),
          inMillis(most)
        ])
      ),
      ...[...problems, ...notes, ...(problems.length === 0 ? [fine] : [])].flatMap((text) => ["", ...wrap(paper, text)])
    ]
  }
}

const fine = "Nothing is wrong with this: whoever saves here waits for milliseconds."

const noPlace = new CliFailure({
  code: "NotOnePlace",
  what: "only a store in one folder or one database lies on a disk",
  advice: "Name it with --store, by the path of its folder or as sqlite:./sessions.db.",
  exit: exitCodes.usage
})

/** A folder beside a store, on the same disk, that is removed with the scope. */
const folderBeside = Effect.fnUntraced(function*(root: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.join(root, `.holdfast-bench-${randomId()}`)
  yield* Effect.acquireRelease(
    Effect.mapError(fileSystem.makeDirectory(folder), fileFailure(`the folder ${folder} cannot be made`)),
    () => Effect.ignore(fileSystem.remove(folder, { recursive: true, force: true }), { log: "Warn" })
  )
  return folder
})

const benchStore = Effect.fnUntraced(function*(seconds: number) {
  const { endWith, show } = yield* Output
  const path = yield* Path.Path
  const url = yield* givenStore
  const [store] = url.stores
  if (store === undefined || url.stores.length > 1 || store.scheme === "memory") return yield* noPlace
  yield* storeLayer(url, { _tag: "Fill" })
  const { prefix, root } = yield* placeOf(url)
  const location = path.join(root, prefix ?? "")
  const folder = yield* folderBeside(path.dirname(location))
  // What is measured is what the store's own options ask for.
  const own = movedTo(url, path.join(folder, store.scheme === "sqlite" ? "bench.db" : "bench"))
  const adapter = yield* openStore(own, { _tag: "Fill" })
  const figures = (yield* measure(adapter, folder, seconds).pipe(
    Effect.catchTag("PlatformError", (error) => Effect.fail(fileFailure("a small file cannot be written")(error)))
  )).map(figuresOf)
  yield* show(shown(location, figures))
  if (judgeFigures(figures).problems.length > 0) yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const bench = Command.make("bench", {
  seconds: Flag.Finite("seconds").pipe(
    Flag.filter((seconds) => seconds >= 0.1 && seconds <= 3600, () => "a number of seconds from 0.1 to 3600"),
    Flag.withDescription("How long it takes"),
    Flag.withDefault(60)
  )
}, ({ seconds }) => withOutput(benchStore(seconds))).pipe(
  Command.withDescription("Measure how fast the disk of a store is for sessions, in a minute."),
  Command.withExamples([
    { command: "holdfast bench --store ./sessions --seconds 1", description: "A first impression in a second" }
  ]),
  Command.annotate(ExitCodes, {
    0: "measured, and nothing is remarkable",
    1: "measured, and it is slow",
    2: "nothing can be saved there"
  })
)
