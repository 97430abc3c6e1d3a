/**
 * What a copy came to, for people and as JSON: how much was copied, and which sessions were left, and why.
 *
 * Sessions that were copied are counted; those that were not are named. Whether that is enough is for the command to
 * say.
 */
import * as Option from "effect/Option"
import type { Copied, Row } from "../stores/copying.ts"
import { unreadableJson } from "./encode.ts"
import { firstRows, unreadableLines } from "./places.ts"
import { counted, type Paper } from "./text.ts"

/** Whether a session is not in the target as the source has it. */
export const isLeft = ({ result }: Row): boolean =>
  result === "different" || result === "newer" || result === "removed" || result === "unreadable"

const whys: { readonly [result: string]: string } = {
  different: "another session has this name in the target; it was left",
  newer: "the target has a later version of it; it was left",
  removed: "it was removed in the target",
  unreadable: "it cannot be read"
}

const countOf = (rows: ReadonlyArray<Row>, ...results: ReadonlyArray<Row["result"]>): number =>
  rows.filter(({ result }) => results.includes(result)).length

/** What a copy came to, as text. */
export const copiedLines =
  ({ differing, from, rows, to, unreadable }: Copied) => (paper: Paper): ReadonlyArray<string> => {
    const left = rows.filter(isLeft)
    const unread = unreadableLines(paper, from, unreadable)
    return [
      // On one line, however long: a path is copied from it.
      `${counted(countOf(rows, "copied", "updated"), "session")} copied to ${to}, each read back; ` +
      `${countOf(rows, "same")} were there already.`,
      ...(left.length === 0 ? [] : [
        "",
        paper.paint("bad", `${counted(left.length, "session")} not copied:`),
        ...firstRows(
          paper,
          [{ title: "SESSION" }, { title: "WHY" }],
          left.map((row) => [row.from, whys[row.result] ?? ""])
        )
      ]),
      ...(unread.length === 0 ? [] : ["", ...unread]),
      ...Option.match(differing, {
        onNone: () => [],
        onSome: (keys) => [
          "",
          keys.length === 0
            ? paper.paint("good", "Every session was compared once more with its copy: they are the same.")
            : paper.paint(
              "bad",
              `${counted(keys.length, "session")} differ from the copies: ${keys.slice(0, 5).join(", ")}`
            )
        ]
      })
    ]
  }

/** What a copy came to, as JSON. */
export const copiedJson = (copied: Copied) => ({
  from: copied.from,
  to: copied.to,
  copied: countOf(copied.rows, "copied"),
  updated: countOf(copied.rows, "updated"),
  same: countOf(copied.rows, "same"),
  left: copied.rows.filter(isLeft).map(({ from, result, to, why = whys[result] ?? "" }) => ({
    from,
    to,
    result,
    why
  })),
  unreadable: copied.unreadable.map(unreadableJson),
  differing: Option.match(copied.differing, { onNone: () => null, onSome: (keys) => [...keys] })
})

/** Whether every session of the source is in the target. */
export const isWhole = ({ differing, rows, unreadable }: Copied): boolean =>
  !rows.some(isLeft) && unreadable.length === 0 && !Option.exists(differing, (keys) => keys.length > 0)
