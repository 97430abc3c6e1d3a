/**
 * What commands show of sessions, as JSON: keys as lists of names, times as ISO texts.
 *
 * Texts that the store holds as JSON (summaries, states, entries) are shown as the values that they are. What does not
 * parse is shown as the text itself, so that one damaged summary does not hide a listing.
 */
import {
  type Finding,
  keyText,
  type SessionKey,
  type StoredEntry,
  type StoredHead,
  type Unreadable,
  type UnreadableEntry
} from "@holdfast/core"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Json } from "effect/Schema"

/** The value of a JSON text, or the text where it is none. */
export const parsed = (text: string): Json =>
  Result.getOrElse(Result.try((): Json => JSON.parse(text) as Json), () => text)

/** A moment in ISO form, or null for what is none. */
export const instant = (millis: number): string | null =>
  Number.isFinite(millis) && Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : null

const keyFields = ({ id, namespace }: SessionKey) => ({ namespace: [...namespace], id })

/** A head as JSON. */
export const headJson = (head: StoredHead) => ({
  ...keyFields(head.key),
  kind: head.kind,
  schemaVersion: head.schemaVersion,
  version: head.version as number,
  createdAt: instant(head.createdAt),
  updatedAt: instant(head.updatedAt),
  entryCount: head.entryCount,
  summary: parsed(head.summary)
})

const optionalKey = (key: Option.Option<SessionKey>) => Option.getOrNull(Option.map(key, keyText))

const codeOf = (error: Unreadable["error"]): string =>
  error._tag === "StorageError" ? error.reason._tag : error.reason._tag

/** What could not be read, as JSON. */
export const unreadableJson = ({ error, key, place }: Unreadable) => ({
  key: optionalKey(key),
  place,
  code: codeOf(error),
  why: error.reason.message
})

/** An entry as JSON. */
export const entryJson = (entry: StoredEntry | UnreadableEntry) =>
  entry._tag === "StoredEntry"
    ? { index: entry.index, at: instant(entry.at), entry: parsed(entry.entry) }
    : { index: entry.index, unreadable: codeOf(entry.error), why: entry.error.reason.message }

/** A finding as JSON. */
export const findingJson = ({ action, applied, detail, key, kind, place }: Finding) => ({
  kind,
  action,
  applied,
  key: optionalKey(key),
  place,
  detail
})
