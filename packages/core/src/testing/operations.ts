/**
 * Short ways to write operations in laws. Values become JSON text here; what a law leaves out is the
 * same everywhere: any precondition, kind `note`, schema version 1.
 * A law that cares about one of them says so, and shows in that what it is about.
 */
import * as Stream from "effect/Stream"
import type { Append, Edit, Put, Remove } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { Operation, Restore } from "../port/StorageChange.ts"
import type { Held } from "./records.ts"

/** JSON text as an application would write it. */
export const json = (value: unknown): string => JSON.stringify(value)

type Rest<O extends Operation> = Partial<Omit<O, "_tag" | "key">>

/** The operations of a change but restores, about which laws of their own are: no other change holds one. */
export const editsOf = (operations: ReadonlyArray<Operation>): ReadonlyArray<Edit> =>
  operations.filter((operation) => operation._tag !== "Restore")

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

/** Writes a record as it was held elsewhere. */
export const restore = (key: SessionKey, { entries, record }: Held, rest?: Rest<Restore>): Restore => ({
  _tag: "Restore",
  key,
  expect: "any",
  record,
  entries: Stream.fromIterable(entries),
  ...rest
})
