/**
 * Text for people: lines that fit, tables, times, sizes and counts.
 *
 * A table that does not fit is shown as one block for each row, so that no id is cut in two: people copy them into the
 * next command. What comes from a disk is escaped, so that no file name speaks to the terminal.
 */
import { oneLine } from "@holdfast/core"
import { displayWidth } from "effect/cli/CliOutput"
import type { Screen } from "./Screen.ts"

/** What text is painted for. */
type Tone = "bad" | "good" | "dim" | "head"

/** How wide lines may be, and how tones look. */
export interface Paper {
  readonly width: number
  readonly paint: (tone: Tone, text: string) => string
  /** How this program is called in a command that is to be typed. */
  readonly program: string
}

const escapes: { readonly [tone in Tone]: number } = { bad: 31, good: 32, dim: 2, head: 1 }

/** Paper for a screen. */
export const paperOf = (screen: Pick<Screen, "width" | "hasColors" | "program">): Paper => ({
  width: screen.width,
  program: screen.program,
  paint: (tone, text) => screen.hasColors && text !== "" ? `\u001b[${escapes[tone]}m${text}\u001b[0m` : text
})

/** A command of this program, as it is to be typed. */
export const asTyped = ({ program }: Pick<Paper, "program">, command: string): string =>
  command.replace(/^holdfast /, `${program} `)

/** A sentence in which commands are named, with those as they are to be typed. */
export const naming = ({ program }: Pick<Paper, "program">, sentence: string): string =>
  sentence.replaceAll("`holdfast ", `\`${program} `)

const wrapWords = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A sentence on as many lines as it takes, each after the indent. Words are not cut. */
export const wrap = (paper: Paper, text: string, indent = ""): ReadonlyArray<string> =>
  wrapWords(naming(paper, text), Math.min(paper.width, 100) - indent.length).map((line) => `${indent}${line}`)

// Most cells are plain, and to find out how wide others are takes long for a store of many sessions.
const isPlain = /^[\x20-\x7e]*$/

const widthOf = (text: string): number => isPlain.test(text) ? text.length : displayWidth(text)

/** A column of a table: its title, and whether its cells stand on the right. */
export interface Column {
  readonly title: string
  readonly align?: "right" | undefined
}

const gap = "  "

const padded = (text: string, width: number, align: Column["align"]): string => {
  const rest = " ".repeat(Math.max(0, width - widthOf(text)))
  return align === "right" ? rest + text : text + rest
}

const asBlocks = (paper: Paper, columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  rows.flatMap((row, index) => {
    const cells = row.flatMap((cell, at) =>
      cell === ""
        ? []
        : [at === 0 ? cell : `${gap}${paper.paint("dim", `${columns[at]!.title.toLowerCase()}:`)} ${cell}`]
    )
    return index === 0 ? cells : ["", ...cells]
  })

/**
 * A table whose rows come in pages: the head stands above the first one, and a column that has grown wide stays wide.
 * Of a page that does not fit every row is a block.
 */
export const tableInPages = (paper: Paper, columns: ReadonlyArray<Column>) => {
  let widths: ReadonlyArray<number> = columns.map(({ title }) => widthOf(title))
  let [last, hasHead]: ["nothing" | "blocks" | "table", boolean] = ["nothing", false]
  const lineOf = (cells: ReadonlyArray<string>) =>
    columns.map(({ align }, at) => padded(cells[at] ?? "", widths[at]!, align)).join(gap).trimEnd()
  return (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
    if (rows.length === 0) return []
    const clean = rows.map((row) => row.map(oneLine))
    const grown = widths.map((width, at) => clean.reduce((max, row) => Math.max(max, widthOf(row[at] ?? "")), width))
    const fits = grown.reduce((sum, width) => sum + width + gap.length, -gap.length) <= paper.width
    const space = last === "nothing" || (fits && last === "table") ? [] : [""]
    last = fits ? "table" : "blocks"
    if (!fits) return [...space, ...asBlocks(paper, columns, clean)]
    widths = grown
    const head = hasHead ? [] : [paper.paint("head", lineOf(columns.map(({ title }) => title)))]
    hasHead = true
    return [...space, ...head, ...clean.map(lineOf)]
  }
}

/** A table, or a block for each row where it does not fit. Nothing for no rows. */
export const table = (
  paper: Paper,
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => tableInPages(paper, columns)(rows)

/** A count with its noun. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`

/** A moment as people write it, in UTC; what is no moment is a dash. */
export const moment = (millis: number): string =>
  Number.isFinite(millis) && Math.abs(millis) <= 8.64e15
    ? `${new Date(millis).toISOString().slice(0, 19).replace("T", " ")}Z`
    : "-"

const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]] as const

/** How long a span is, in its largest unit. */
export const span = (millis: number): string => {
  const [name, size] = units.find(([, each]) => millis >= each) ?? ["second", 1000]
  return counted(Math.floor(millis / size), name)
}

/** A number of bytes in its largest unit. */
export const size = (bytes: number): string => {
  const at = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** at
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${["B", "KB", "MB", "GB", "TB"][at]}`
}

const plainWord = /^[\w@%+=:,./~\\-]+$/

/** A path or a name as a command line takes it: in quotes where a shell would cut it in pieces. */
export const typed = (word: string, platform: string = process.platform): string => {
  if (plainWord.test(word)) return word
  return platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
