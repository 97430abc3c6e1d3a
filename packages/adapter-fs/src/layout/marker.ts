/**
 * The marker: which store a folder is, and what part the store plays when an app switches between backends.
 *
 * A store that was never switched has a line with its identity and nothing else. The store-level record is added
 * inside that line, with a number that rises and a checksum, so that a part of a marker is never a whole one. Each
 * marker is longer than the one before it: whoever knows a file's number, time and length knows the record.
 */
import type { StoreRecord } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { checksum } from "./checksum.ts"

/** A store-level record as a marker holds it. */
export interface NumberedRecord {
  /** Counts the records of a store from 1. */
  readonly number: number
  readonly record: StoreRecord
}

/** What the bytes of a marker are. `identity` is the marker of the same store without a record. */
export type ParsedMarker =
  | { readonly _tag: "Marker"; readonly identity: string; readonly role: Option.Option<NumberedRecord> }
  /** Cut off or damaged. */
  | { readonly _tag: "Broken"; readonly text: string }

const Role = Schema.Struct({
  number: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1))),
  switchId: Schema.String,
  epoch: Schema.Finite,
  state: Schema.Literals(["current", "copying", "retired"]),
  successor: Schema.optionalKey(Schema.String)
})

const decodeRole = Schema.decodeUnknownOption(Role)

const identityEnd = "}\n"
// JSON escapes quotes inside strings, so this stands nowhere else in a marker.
const roleStart = ",\"role\":"
const shape = /^(.*),"role":(\{.*\}),"sum":"([0-9a-f]{32})"\} *\n$/s

const parseRole = (text: string): Option.Option<NumberedRecord> =>
  Result.getSuccess(Result.try((): unknown => JSON.parse(text))).pipe(
    Option.flatMap(decodeRole),
    Option.map(({ number, ...record }) => ({ number, record }))
  )

/** Tells what the bytes of a marker are. */
export const parseMarker = (bytes: Uint8Array): ParsedMarker => {
  const text = new TextDecoder().decode(bytes)
  if (!text.includes(roleStart) && text.endsWith("\n") && !text.includes("\0")) {
    return { _tag: "Marker", identity: text, role: Option.none() }
  }
  const match = shape.exec(text)
  if (match === null || checksum(match[1]! + roleStart + match[2]!) !== match[3]) {
    return { _tag: "Broken", text }
  }
  const role = parseRole(match[2]!)
  return Option.isSome(role) ? { _tag: "Marker", identity: match[1] + identityEnd, role } : { _tag: "Broken", text }
}

/** Whether a broken marker begins as that of a store. */
export const beginsAs = (text: string, identity: string): boolean =>
  text.startsWith(identity.slice(0, -identityEnd.length))

/** Whether a record can be added to the marker of a store. */
export const takesRole = (identity: string): boolean => identity.endsWith(identityEnd)

/** The marker of a store with a record, longer than so many bytes. */
export const encodeMarker = (
  identity: string,
  { number, record: { epoch, state, successor, switchId } }: NumberedRecord,
  longerThan: number
): Uint8Array => {
  const role: typeof Role.Type = {
    number,
    switchId,
    epoch,
    state,
    ...(successor === undefined ? {} : { successor })
  }
  const content = identity.slice(0, -identityEnd.length) + roleStart + JSON.stringify(role)
  const line = `${content},"sum":"${checksum(content)}"}`
  const padding = Math.max(longerThan - Buffer.byteLength(line), 0)
  return Buffer.from(`${line}${" ".repeat(padding)}\n`)
}
