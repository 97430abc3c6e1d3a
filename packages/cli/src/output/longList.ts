/**
 * A result with one list of any length, as lines that are shown while it is read: neither form of it is ever whole in
 * memory.
 *
 * As JSON it is one document, written as `JSON.stringify` with an indent of two would: a reader of it cannot tell. A
 * document that was cut off in the middle does not parse, so nobody takes a part for the whole.
 */
import type { Json } from "effect/Schema"
import type { Shown } from "./Output.ts"
import { type Column, type Paper, tableInPages } from "./text.ts"

/** What the items of a list are in both forms. */
export interface LongList<A> {
  /** The name of the list in the document. */
  readonly name: string
  readonly json: (item: A) => Json
  readonly columns: ReadonlyArray<Column>
  readonly row: (item: A) => ReadonlyArray<string>
}

/** The rest of the document, and what is said below the table. */
export interface ListEnd {
  readonly json: () => { readonly [field: string]: Json }
  readonly text: Shown["text"]
}

/** The lines for every page, and those that end it. */
export interface ListLines<A> {
  readonly page: (items: ReadonlyArray<A>) => ReadonlyArray<string>
  readonly end: (rest: ListEnd) => ReadonlyArray<string>
}

const itemIndent = "    "

const indented = (json: Json): string => itemIndent + JSON.stringify(json, null, 2).replaceAll("\n", `\n${itemIndent}`)

/** A list as one document of JSON. */
export const jsonList = <A>({ json, name }: LongList<A>): ListLines<A> => {
  // Whether a comma follows an item is known when the next one comes, or the end.
  let held: string | undefined
  return {
    page: (items) =>
      items.flatMap((item) => {
        const before = held === undefined ? ["{", `  ${JSON.stringify(name)}: [`] : [`${held},`]
        held = indented(json(item))
        return before
      }),
    end: (rest) => {
      const [, ...fields] = JSON.stringify(rest.json(), null, 2).split("\n")
      return [...(held === undefined ? ["{", `  ${JSON.stringify(name)}: [],`] : [held, "  ],"]), ...fields]
    }
  }
}

/** A list as a table. */
export const textList = <A>({ columns, row }: LongList<A>, paper: Paper): ListLines<A> => {
  const tableLines = tableInPages(paper, columns)
  return {
    page: (items) => tableLines(items.map(row)),
    end: ({ text }) => text(paper)
  }
}
