/**
 * What a key may hold while calls fail: the states that the answers so far allow.
 *
 * An acknowledged change leaves what it made, one that was not applied leaves what was there, and one
 * whose outcome is unknown leaves either.
 */
import { type AdapterReceipt, keyText, type SessionKey, type StorageError } from "@holdfast/core"
import { Equal, Option, Result } from "effect"
import { versionOf } from "../kit.ts"

/** A session's state and entries; none when it is absent. */
export type Content = Option.Option<{ readonly state: unknown; readonly entries: ReadonlyArray<unknown> }>

/** What a change makes of a content; a change that such a content refuses makes `refused` of it. */
export type Effects = (content: Content) => Content | "refused"

export interface Possible {
  readonly contents: ReadonlyArray<Content>
  /** The newest version that was acknowledged. */
  readonly version: number
}

/** What each key may hold. */
export type Oracle = ReadonlyMap<string, Possible>

const nothing: Possible = { contents: [Option.none()], version: 0 }

export const possibleOf = (oracle: Oracle, key: SessionKey): Possible => oracle.get(keyText(key)) ?? nothing

const distinct = (contents: ReadonlyArray<Content>): ReadonlyArray<Content> =>
  contents.filter((content, index) => contents.findIndex((other) => Equal.equals(other, content)) === index)

const applied = (possible: Possible, effects: Effects): ReadonlyArray<Content> =>
  possible.contents.map(effects).filter((content) => content !== "refused")

type Answer = Result.Result<AdapterReceipt, StorageError>

const afterSuccess = (possible: Possible, effects: Effects, receipt: AdapterReceipt): Possible => {
  const contents = distinct(applied(possible, effects))
  if (contents.length === 0) throw new Error("a change succeeded that every possible content refuses")
  const version = versionOf(receipt)
  const isNew = contents.some(Option.isSome)
  if (isNew && version <= possible.version) throw new Error(`version ${version} is not above ${possible.version}`)
  return { contents, version: Math.max(version, possible.version) }
}

const afterFailure = (possible: Possible, effects: Effects, error: StorageError): Possible => {
  if (error.reason._tag === "Conflict") {
    const contents = possible.contents.filter((content) => effects(content) === "refused")
    if (contents.length === 0) throw new Error(`no possible content explains: ${error.message}`)
    return { ...possible, contents }
  }
  const { outcome } = error
  if (outcome === "notApplied") return possible
  const after = applied(possible, effects)
  return { ...possible, contents: distinct(outcome === "applied" ? after : [...possible.contents, ...after]) }
}

/** The oracle after the answer to a change of a key; throws when nothing possible explains it. */
export const judge = (
  oracle: Oracle,
  key: SessionKey,
  seen: { readonly effects: Effects; readonly answer: Answer }
): Oracle => {
  const possible = possibleOf(oracle, key)
  const after = Result.isSuccess(seen.answer)
    ? afterSuccess(possible, seen.effects, seen.answer.success)
    : afterFailure(possible, seen.effects, seen.answer.failure)
  return new Map([...oracle, [keyText(key), after]])
}

/** Whether a content is one of those that a key may hold. */
export const allows = (oracle: Oracle, key: SessionKey, content: Content): boolean =>
  possibleOf(oracle, key).contents.some((possible) => Equal.equals(possible, content))

/** The oracle when it is known what a key holds. */
export const knowing = (oracle: Oracle, key: SessionKey, content: Content): Oracle =>
  new Map([...oracle, [keyText(key), { ...possibleOf(oracle, key), contents: [content] }]])
