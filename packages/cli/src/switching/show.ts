/**
 * What is shown of stores that an app switches between, and of a switch.
 *
 * Sessions that only the store to switch to had are named with the keys under which they are kept: somebody may look for
 * them. The way back is told as a command.
 */
import { keyText } from "@holdfast/core"
import * as Option from "effect/Option"
import type { Shown } from "../output/Output.ts"
import { firstRows, withoutPlace } from "../output/places.ts"
import { asTyped, counted, type Paper, table, typed, wrap } from "../output/text.ts"
import type { Backend } from "./backends.ts"
import type { Left } from "./leaving.ts"
import type { Status, Told } from "./status.ts"
import type { Switched } from "./switchTo.ts"

const stateOf = ({ isMissing, problem, record }: Told): string => {
  if (isMissing) return "not there"
  if (Option.isSome(problem)) return "cannot be read"
  return Option.match(record, {
    onNone: () => "was never switched",
    onSome: ({ state, successor }) => {
      if (state === "current") return "serves"
      if (state === "copying") return "being filled"
      return successor === undefined ? "does not serve" : `retired to ${successor}`
    }
  })
}

/** Which store serves. */
export const statusShown = ({ backends, serving }: Status): Shown => ({
  json: () => ({
    serving: Option.getOrNull(serving),
    backends: backends.map((told) => ({
      name: told.name,
      store: told.store,
      state: Option.getOrNull(Option.map(told.record, ({ state }) => state)),
      epoch: Option.getOrNull(Option.map(told.record, ({ epoch }) => epoch)),
      isMissing: told.isMissing,
      problem: Option.getOrNull(told.problem)
    }))
  }),
  text: (paper) => [
    ...Option.match(serving, {
      onNone: () => [paper.paint("bad", "Nobody can say which of these stores serves.")],
      onSome: (name) => [`${name} serves.`]
    }),
    "",
    ...table(
      paper,
      [{ title: "NAME" }, { title: "STATE" }, { title: "STORE" }],
      backends.map((told) => [told.name, stateOf(told), told.store])
    ),
    ...backends.flatMap(({ isMissing, name, problem }) =>
      isMissing
        ? []
        : Option.match(problem, { onNone: () => [], onSome: (what) => ["", ...wrap(paper, `${name}: ${what}`)] })
    )
  ]
})

const backCommand = ({ from }: Switched, backends: ReadonlyArray<Backend>): string =>
  [
    "holdfast switch",
    ...backends.map(({ name, store }) => `--backend ${typed(`${name}=${store}`)}`),
    `--to ${typed(from)}`
  ]
    .join(" ")

/** Why something is left: without its own path, or with the path as it is seen from the store. */
const whyOf = ({ place, why }: Left): string =>
  ["/", "\\"].reduce((text, separator) => withoutPlace(text, `${place}${separator}`, ""), why).replaceAll(place, "it")

const leftLines = (paper: Paper, { from, left }: Switched): ReadonlyArray<string> =>
  left.length === 0 ? [] : [
    "",
    paper.paint(
      "bad",
      `${counted(left.length, "session or file", "sessions or files")} could not be read, and stayed in ${from}:`
    ),
    ...firstRows(
      paper,
      [{ title: "WHAT" }, { title: "WHY" }],
      left.map((each) => [Option.getOrElse(each.key, () => each.place), whyOf(each)])
    )
  ]

/** What a switch came to. */
export const switchedShown = (switched: Switched, backends: ReadonlyArray<Backend>): Shown => ({
  json: () => ({
    from: switched.from,
    serving: switched.to,
    copied: switched.copiedCount,
    removed: switched.removedCount,
    keptAside: switched.keptAside.map(({ from, to }) => ({ from: keyText(from), to: keyText(to) })),
    left: switched.left.map(({ key, place, why }) => ({ key: Option.getOrNull(key), place, why }))
  }),
  text: (paper) => {
    const { copiedCount, from, keptAside, to, transfer } = switched
    if (from === to) return [`${to} serves already; nothing was changed.`]
    return [
      transfer === "none"
        ? `${to} serves what it holds; nothing was copied.`
        : `${to} serves: ${counted(copiedCount, "session")} of ${from} copied and compared.`,
      ...wrap(
        paper,
        `An app that has both stores under these names follows by itself. ${from} keeps what it has and takes no more ` +
          "writes: an app that has it alone can read there, and cannot save."
      ),
      ...(keptAside.length === 0 ? [] : [
        "",
        `${counted(keptAside.length, "session")} that only ${to} had ${keptAside.length === 1 ? "is" : "are"} kept:`,
        ...firstRows(
          paper,
          [{ title: "SESSION" }, { title: "KEPT AS" }],
          keptAside.map((kept) => [keyText(kept.from), keyText(kept.to)])
        )
      ]),
      ...leftLines(paper, switched),
      "",
      "To go back:",
      `  ${asTyped(paper, backCommand(switched, backends))}`
    ]
  }
})
