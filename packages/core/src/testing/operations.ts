/**
 * Short ways to write operations in laws. Values become JSON text here; what a law leaves out is the
 * same everywhere: any precondition, kind `note`, schema version 1.
 * A law that cares about one of them says so, and shows in that what it is about.
 */
import type { SessionKey } from "../model/SessionKey.ts"
import type { Append, Operation, Put, Remove } from "../model/StorageChange.ts"

/** JSON text as an application would write it. */
export const json = (value: unknown): string => JSON.stringify(value)

type Rest<O extends Operation> = Partial<Omit<O, "_tag" | "key">>

/** Writes a state. */
export const put = (key: SessionKey, state: unknown, rest?: Rest<Put>): Put => ({
  _tag: "Put",
  key,
  expect: "any",
  kind: "note",
  schemaVersion: 1,
  summary: "{}",
  body: json(state),
  ...rest
})

/** Adds entries. */
export const append = (key: SessionKey, entries: ReadonlyArray<unknown>, rest?: Rest<Append>): Append => ({
  _tag: "Append",
  key,
  expect: "any",
  kind: "note",
  schemaVersion: 1,
  entries: entries.map(json),
  ...rest
})

/** Removes a session. */
export const remove = (key: SessionKey, rest?: Rest<Remove>): Remove => ({
  _tag: "Remove",
  key,
  expect: "any",
  ...rest
})
