/**
 * Contents: what a store's sessions hold, as far as writes decide it, and what a change makes of them.
 *
 * Laws about failures compare what is read with the contents that the answers allow: an acknowledged change
 * leaves what it made, one that was not applied leaves what was there, and of one whose outcome is unknown
 * both are possible.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import type { StorageError } from "../errors/StorageError.ts"
import type { Edit } from "../model/operations.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { Operation } from "../port/StorageChange.ts"
import { broken, type LawBroken } from "./claims.ts"
import { editsOf, json } from "./operations.ts"
import type { Client } from "./Trial.ts"

/** Body and entries of one session. */
interface Content {
  readonly body: string
  readonly entries: ReadonlyArray<string>
}

/** The sessions that are there, by key. */
export type Contents = Readonly<Record<string, Content>>

/** What an operation makes of contents, where its precondition holds. */
const withOperation = (contents: Contents, operation: Edit): Contents => {
  const name = keyText(operation.key)
  const { [name]: session, ...others } = contents
  switch (operation._tag) {
    case "Remove":
      return others
    case "Put":
      return { ...others, [name]: { body: operation.body, entries: session?.entries ?? [] } }
    case "Append":
      return session === undefined
        ? contents
        : { ...others, [name]: { ...session, entries: [...session.entries, ...operation.entries] } }
  }
}

/** What a change makes of contents: a put before an append of the same change makes its session. */
export const withChange = (contents: Contents, operations: ReadonlyArray<Operation>): Contents =>
  editsOf(operations).toSorted((self, that) => Number(self._tag === "Append") - Number(that._tag === "Append"))
    .reduce(withOperation, contents)

/** The contents of some sessions. */
export const contentsOf = Effect.fnUntraced(function*(client: Client, keys: ReadonlyArray<SessionKey>) {
  const found: Record<string, Content> = {}
  for (const key of keys) {
    const { entries, session } = yield* client.snapshot(key)
    if (Option.isNone(session)) continue
    found[keyText(key)] = { body: session.value.body, entries: entries.map(({ entry }) => entry) }
    if (session.value.head.entryCount === entries.length) continue
    return yield* broken(`${key.id} counts ${session.value.head.entryCount} entries and has ${entries.length}`)
  }
  return found satisfies Contents
})

/** Contents in a message: how much there is of what, not all of it. */
const brief = (contents: Contents): string =>
  json(Object.entries(contents).map(([name, { body, entries }]) => [name, body.slice(0, 40), entries.slice(-6)]))

/** Claims that contents are among those that are possible. */
export const possible = (
  actual: Contents,
  contents: ReadonlyArray<Contents>,
  claim: string
): Effect.Effect<void, LawBroken> =>
  contents.some((each) => Equal.equals(actual, each))
    ? Effect.void
    : broken(`${claim}: found ${brief(actual)}, possible is ${contents.map(brief).join(" or ")}`)

/** The contents that are possible after the answer to a change. */
export const afterAnswer = (
  before: ReadonlyArray<Contents>,
  operations: ReadonlyArray<Edit>,
  answer: Result.Result<unknown, StorageError | LawBroken>
): ReadonlyArray<Contents> => {
  const after = before.map((contents) => withChange(contents, operations))
  if (answer._tag === "Success") return after
  if (answer.failure._tag === "LawBroken") return before
  switch (answer.failure.outcome) {
    case "applied":
      return after
    case "notApplied":
      return before
    case "unknown":
      return [...before, ...after]
  }
}
