/** What happens to the one session of an exploration: changes, what each makes of it, and all their sequences. */
import type { Operation, SessionKey } from "@holdfast/core"
import { Option } from "effect"
import { append, put, remove } from "../kit.ts"

export const key: SessionKey = { namespace: ["acct"], id: "s" }

/** A session's state and entries; none when it is absent. */
export type Content = Option.Option<{ readonly state: unknown; readonly entries: ReadonlyArray<unknown> }>

/** A change of the session, and what is there when it is done. */
export interface Change {
  readonly name: string
  readonly operations: ReadonlyArray<Operation>
  readonly after: Content
}

type Kind = "put" | "append" | "both" | "remove"

const nameOf = (kind: Kind, before: Content, isFirst: boolean): string => {
  if (kind === "remove" || kind === "append") return kind
  const verb = Option.isSome(before) ? "save" : isFirst ? "create" : "re-create"
  return kind === "both" ? `${verb} with entries` : verb
}

const entriesOf = (content: Content): ReadonlyArray<unknown> =>
  Option.match(content, { onNone: () => [], onSome: ({ entries }) => entries })

/** The n-th change of a session that is as `before`. */
export const changeOf = (kind: Kind, before: Content, nth: number): Change => {
  const expect = Option.isSome(before) ? "present" : "absent"
  const state = { title: `state ${nth}`, text: "text ".repeat(nth) }
  const added = [`entry ${nth} a`, { number: nth, text: "b" }]
  const putting = put(key, state, { expect })
  const appending = append(key, added, { expect })
  const name = nameOf(kind, before, nth === 1)
  switch (kind) {
    case "put":
      return { name, operations: [putting], after: Option.some({ state, entries: entriesOf(before) }) }
    case "append":
      return {
        name,
        operations: [appending],
        after: Option.map(before, (now) => ({ ...now, entries: [...now.entries, ...added] }))
      }
    case "both":
      return {
        name,
        operations: [putting, appending],
        after: Option.some({ state, entries: [...entriesOf(before), ...added] })
      }
    case "remove":
      return { name, operations: [remove(key, { expect })], after: Option.none() }
  }
}

const kindsFor = (content: Content): ReadonlyArray<Kind> =>
  Option.isSome(content) ? ["put", "append", "both", "remove"] : ["put", "both"]

const contentAfter = (changes: ReadonlyArray<Change>, start: Content): Content => changes.at(-1)?.after ?? start

/** Every sequence of up to so many changes after some others; `start` is what was there before all of them. */
export const sequences = (
  length: number,
  before: ReadonlyArray<Change> = [],
  start: Content = Option.none()
): ReadonlyArray<ReadonlyArray<Change>> => {
  if (length === 0) return []
  const content = contentAfter(before, start)
  return kindsFor(content).flatMap((kind) => {
    const changes = [...before, changeOf(kind, content, before.length + 1)]
    return [changes, ...sequences(length - 1, changes, start)]
  })
}

/** Some changes by kind, one after the other. */
export const changesOf = (...kinds: ReadonlyArray<Kind>): ReadonlyArray<Change> =>
  kinds.reduce<ReadonlyArray<Change>>(
    (before, kind) => [...before, changeOf(kind, contentAfter(before, Option.none()), before.length + 1)],
    []
  )
