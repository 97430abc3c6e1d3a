/** What a session may hold after answers that leave room: every content that is possible, as plain data. */
import { Option } from "effect"

export interface Content {
  readonly state: string
  readonly entries: ReadonlyArray<string>
}

/** None where the session is absent. */
export type Possible = ReadonlyArray<Option.Option<Content>>

/** What a write makes of a content. */
export type Deed = (before: Option.Option<Content>) => Option.Option<Content>

const nothing: Content = { state: "null", entries: [] }

export const puts = (state: string): Deed => (before) =>
  Option.some({ ...Option.getOrElse(before, () => nothing), state })

export const appends = (entry: string): Deed =>
  Option.map((content) => ({ ...content, entries: [...content.entries, entry] }))

export const removes: Deed = () => Option.none()

export const both = (first: Deed, second: Deed): Deed => (before) => second(first(before))

/** The same, where it may have been done before: an entry is there once. */
export const again = (deed: Deed, value: string): Deed => (before) =>
  Option.exists(before, ({ entries }) => entries.includes(value)) ? before : deed(before)

const textOf = (content: Option.Option<Content>): string => JSON.stringify(Option.getOrUndefined(content)) ?? "absent"

export const unique = (contents: Possible): Possible => [
  ...new Map(contents.map((content) => [textOf(content), content])).values()
]

export const among = (contents: Possible, found: Option.Option<Content>): boolean =>
  contents.some((content) => textOf(content) === textOf(found))

export const describe = (contents: Possible): string => contents.map(textOf).join(" or ")
