/**
 * What a store and its worker thread say to each other: calls with a number, and an answer for each.
 *
 * Messages are copied by the structured clone algorithm, which knows no classes: options and errors travel as plain
 * objects under a mark of their own. Everything else in the port is plain data and travels as it is.
 */
import { decodeStorageError, encodeStorageError, StorageError } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** What is asked of the thread. `target` is a stream that was opened before. */
export type Call =
  | { readonly _tag: "Head" | "Load"; readonly key: unknown }
  | { readonly _tag: "Commit"; readonly change: unknown }
  | { readonly _tag: "ReadRole" | "Probe" }
  | { readonly _tag: "SetRole"; readonly expected: unknown; readonly next: unknown }
  | { readonly _tag: "Entries"; readonly key: unknown; readonly range: unknown }
  | { readonly _tag: "List"; readonly query: unknown }
  | { readonly _tag: "Recover"; readonly mode: unknown }
  | { readonly _tag: "Changes" | "Health" }
  | { readonly _tag: "Pull" | "Drop"; readonly target: number }

/** From the store to its thread. */
export type Request =
  | { readonly _tag: "Call"; readonly id: number; readonly call: Call }
  | { readonly _tag: "Cancel"; readonly id: number }
  | { readonly _tag: "Close" }

/** From the thread to its store. Number 0 is its opening. */
export interface Answer {
  readonly id: number
  readonly exit:
    | { readonly _tag: "Success"; readonly value: unknown }
    | { readonly _tag: "Failure"; readonly error: unknown }
    | { readonly _tag: "Defect"; readonly message: string }
}

/** What a pull gives: rows, or that there are no more. */
export interface Pulled {
  readonly rows: ReadonlyArray<unknown>
  readonly isEnd: boolean
}

const optionMark = "@holdfast/option"
const errorMark = "@holdfast/error"

// They hold texts and numbers alone, and there may be many of them.
const plainTags: ReadonlySet<unknown> = new Set(["StoredHead", "StoredEntry", "Changed", "Removed"])

const mapValues = (value: object, f: (each: unknown) => unknown): unknown =>
  Array.isArray(value)
    ? value.map(f)
    : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, f(each)]))

const isPlain = (value: unknown): boolean =>
  typeof value !== "object" || value === null || ("_tag" in value && plainTags.has(value._tag))

/** A value of the port as a message. */
export const pack = (value: unknown): unknown => {
  if (isPlain(value)) return value
  if (Option.isOption(value)) return { [optionMark]: Option.toArray(value).map(pack) }
  if (value instanceof StorageError) return { [errorMark]: encodeStorageError(value) }
  return mapValues(value as object, pack)
}

/** The value that a message holds. */
export const unpack = (value: unknown): unknown => {
  if (isPlain(value)) return value
  const held = value as Readonly<Record<string, unknown>>
  if (optionMark in held) return Option.fromUndefinedOr((held[optionMark] as ReadonlyArray<unknown>).map(unpack)[0])
  // Both ends are one program: what one encodes the other decodes.
  if (errorMark in held) return Effect.runSync(decodeStorageError(held[errorMark]))
  return mapValues(held, unpack)
}
