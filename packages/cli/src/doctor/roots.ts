/**
 * Where an app may keep its sessions on this machine, told as a table, with the one that is meant where there is one.
 *
 * Between several places it never chooses: which of two folders an app really writes to is what goes wrong in packages
 * and sandboxes. A place that cannot be read counts as one that may hold sessions.
 */
import { type Candidate, candidateRoots, type RootsReport } from "@holdfast/adapter-fs"
import { StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { Output, type Shown } from "../output/Output.ts"
import { CurrentScreen } from "../output/Screen.ts"
import { asTyped, type Paper, table, typed, wrap } from "../output/text.ts"

/** The app, by the names of its folders. */
export interface SoughtApp {
  readonly name: string
  readonly sessions: string | undefined
}

const countsOf = ({ seen }: Candidate): readonly [string, string] => {
  if (seen._tag === "Missing") return ["-", "-"]
  if (seen._tag === "Unreadable") return [`cannot be read (${seen.code})`, "-"]
  const more = seen.isCutOff ? " or more" : ""
  return [`${seen.documents}${more}`, `${seen.temporaries}${more}`]
}

const rootsShown = ({ candidates, hints, unlisted, verdict }: RootsReport, app: SoughtApp): Shown => ({
  json: () => ({
    app: app.name,
    verdict: verdict._tag,
    candidates: candidates.map(({ path, realPath, seen, ways }) => ({
      path,
      realPath,
      seen: seen._tag,
      documents: seen._tag === "Found" ? seen.documents : null,
      temporaries: seen._tag === "Found" ? seen.temporaries : null,
      why: ways.map(({ because }) => because)
    })),
    unlisted: unlisted.map(({ code, path }) => ({ path, code })),
    hints: hints.map(({ because, name }) => ({ name, because }))
  }),
  text: (paper: Paper) => {
    const there = candidates.filter(({ seen }) => seen._tag !== "Missing")
    return [
      there.length === 0 ? `No folder of ${app.name} was found on this machine.` : `Folders of ${app.name}:`,
      ...(there.length === 0 ? [] : [""]),
      ...table(
        paper,
        [{ title: "FOLDER" }, { title: "FILES", align: "right" }, { title: "UNFINISHED", align: "right" }, {
          title: "WHY IT IS ONE"
        }],
        there.map((candidate) => [candidate.path, ...countsOf(candidate), candidate.ways[0]?.because ?? ""])
      ),
      ...unlisted.flatMap(({ code, path }) => wrap(paper, `${path} cannot be listed (${code}), and may hold more.`))
    ]
  }
})

const noStore = (app: SoughtApp) =>
  new CliFailure({
    code: "NoStoreFound",
    what: `no sessions of ${app.name} were found in the places where apps keep them`,
    advice: "Name the folder with --store, if you know it; --sessions names the folder below the app's own."
  })

/** Looks for the store of an app. None where it is one of several, which are shown. */
export const findStore = Effect.fnUntraced(function*(app: SoughtApp) {
  const { endWith, note, show } = yield* Output
  const screen = yield* CurrentScreen
  const report = yield* candidateRoots(app)
  const { verdict } = report
  if (verdict._tag === "One") {
    yield* note(`Found ${verdict.candidate.path}`)
    return Result.getSuccess(StorageUrl.make([{ scheme: "fs", path: verdict.candidate.path }]))
  }
  if (verdict._tag === "None") return yield* noStore(app)
  yield* show(rootsShown(report, app))
  yield* note("\nSeveral of them may hold sessions. Look at one after the other:")
  for (const { path } of verdict.candidates) {
    yield* note(`  ${asTyped(screen, `holdfast doctor --store ${typed(path)}`)}`)
  }
  yield* endWith(exitCodes.attention)
  return Option.none()
})
