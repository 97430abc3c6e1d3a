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

const whys: { readonly [result in Row["result"]]?: string } = {
  different: "another session has this name in the target; it was left",
  newer: "the target has a later version of it; it was left",
  removed: "it was removed in the target",
  unreadable: "it cannot be read"
}

/** What a copy came to, as text. */
export const copiedLines =
  ({ count, differing, from, left, to, unreadable }: Copied) => (paper: Paper): ReadonlyArray<string> => {
    const unread = unreadableLines(paper, from, unreadable)
    return [
      // On one line, however long: a path is copied from it.
      `${counted(count.copied + count.updated, "session")} copied to ${to}, each read back; ` +
      `${count.same} were there already.`,
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
  copied: copied.count.copied,
  updated: copied.count.updated,
  same: copied.count.same,
  left: copied.left.map(({ from, result, to, why = whys[result] ?? "" }) => ({
    from,
    to,
    result,
    why
  })),
  unreadable: copied.unreadable.map(unreadableJson),
  differing: Option.match(copied.differing, { onNone: () => null, onSome: (keys) => [...keys] })
})

/** Whether every session of the source is in the target. */
export const isWhole = ({ differing, left, unreadable }: Copied): boolean =>
  left.length === 0 && unreadable.length === 0 && !Option.exists(differing, (keys) => keys.length > 0)
