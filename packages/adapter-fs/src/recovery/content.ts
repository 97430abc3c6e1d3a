/**
 * What the bytes of a leftover are, and how two documents of one key compare.
 *
 * All of it is read from the content. Times of files say nothing about which document is newer: tools that
 * copy and synchronize files rewrite them. Where the content does not say it, it is undecided.
 */
import { keyText, type SessionKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Parsed } from "../layout/envelope.ts"

/** What bytes are to the key whose name they have. */
export type Content =
  /** A whole document of ours. */
  | "whole"
  /** A whole document of ours that names another key. */
  | "wrongId"
  /** JSON that is not ours. */
  | "json"
  | "newerFormat"
  | "empty"
  /** Holds NULs, which no JSON text does: blocks that a power cut left unwritten. */
  | "nul"
  | "torn"
  | "damaged"

/** How a document compares to another one of its key, as their contents tell. */
export type Age = "identical" | "older" | "newer" | "undecided"

/** Tells what bytes are to the key whose name they have. */
export const contentOf = (parsed: Parsed, bytes: Uint8Array, key: SessionKey): Content => {
  switch (parsed._tag) {
    case "Document":
      return keyText(parsed.document.key) === keyText(key) ? "whole" : "wrongId"
    case "NewerFormat":
      return "newerFormat"
    case "Foreign":
      return "json"
    default:
      if (bytes.length === 0) return "empty"
      if (bytes.includes(0)) return "nul"
      return parsed._tag === "Torn" ? "torn" : "damaged"
  }
}

/** Compares what two documents say of themselves: versions, or times where both have one. */
export const ageOf = (own: Option.Option<number>, other: Option.Option<number>): Age => {
  if (Option.isNone(own) || Option.isNone(other) || own.value === other.value) return "undecided"
  return own.value > other.value ? "newer" : "older"
}

const Beginning = Schema.Struct({
  id: Schema.String,
  namespace: Schema.Array(Schema.String),
  version: Schema.Int,
  incarnation: Schema.String
})

/** What the first line of a document of ours says. */
export interface Beginning {
  readonly key: SessionKey
  readonly version: number
  readonly incarnation: string
}

const decodeBeginning = Schema.decodeUnknownOption(Beginning)

const lineEnd = 0x0a

/** The beginning of a document of ours, which a file that is cut off or damaged further on may still have. */
export const beginningOf = (bytes: Uint8Array): Option.Option<Beginning> => {
  const end = bytes.indexOf(lineEnd)
  if (end < 2) return Option.none()
  const line = new TextDecoder().decode(bytes.subarray(0, end - 1))
  return Result.getSuccess(Result.try((): unknown => JSON.parse(`${line}}`))).pipe(
    Option.flatMap(decodeBeginning),
    Option.map(({ id, incarnation, namespace, version }) => ({ key: { namespace, id }, version, incarnation }))
  )
}
