/**
 * The bans in comments: a comment gives the reason, the failure prevented or the invariant. What a version control
 * system, an issue or the code itself says better is not one.
 */
import type { Comment } from "oxc-parser"
import type { SourceFile } from "../sourceFile.ts"
import type { Rule } from "./rule.ts"

interface CommentLine {
  readonly text: string
  readonly line: number
}

const linesOf = (file: SourceFile, { value, start }: Comment): ReadonlyArray<CommentLine> =>
  value.split("\n").map((text, index) => ({
    text: text.replace(/^[\s*]+/, "").trimEnd(),
    line: file.lineOf(start) + index
  }))

/** The line of prose with what it quotes taken out: a quoted word is talked about, not used. */
const withoutQuotes = (text: string): string => text.replace(/`[^`]*`|"[^"]*"/g, "``")

interface WordBan {
  readonly id: string
  readonly why: string
  readonly pattern: RegExp
}

const wordRule = ({ id, why, pattern }: WordBan): Rule => ({
  id,
  why,
  *check(file) {
    for (const { text, line } of file.comments.flatMap((comment) => linesOf(file, comment))) {
      const found = pattern.exec(withoutQuotes(text))
      if (found !== null) yield { line, detail: `"${found[0].trim()}"` }
    }
  }
})

/** Data may well be "no longer known"; that code is "no longer needed" is history. */
const historyWords = wordRule({
  id: "history-words",
  why: "A comment describes the code that is here; what was here before is told by the commits.",
  pattern:
    /\b(no longer (calls?|needed|needs?|necessary|required|returns?|supported|supports?|throws?|used|uses?)|changed (to|from)|was missing before|used to be|formerly|(was|were|been) (renamed|refactored|rewritten|reworked) (to|from|in))\b|(^|[.!?] )(Now[, ]|(NEW|New|OLD|Old):)/
})

const sellingWords = wordRule({
  id: "selling-words",
  why: "Such a word gives no reason, and it is wrong as soon as a reader needs the comment.",
  pattern: /\b(important(ly)?|simply|just|obviously)\b/i
})

const openTasks = wordRule({
  id: "open-task",
  why: "A task without an issue number is nobody's; file the issue and name it, or do it.",
  pattern: /\b(TODO|FIXME|XXX|HACK)\b(?!:? ?\(?#\d+)/
})

const banners = wordRule({
  id: "banner",
  why: "A banner divides a file that wants to be two; headings belong to documents.",
  pattern: /^\/*\s*([-=*#~_/])\1{5,}/
})

const parameterTags = wordRule({
  id: "parameter-tag",
  why: "A tag per parameter repeats the signature; say in the summary what the types cannot.",
  pattern: /^@(param|returns?)\b/
})

export const wordRules: ReadonlyArray<Rule> = [historyWords, sellingWords, openTasks, banners, parameterTags]
