/**
 * Marks: what a lower tier's record says of the record above that it displaced.
 *
 * A mark travels inside the summary, so that record and mark are one atomic write in every adapter, listings show
 * it without reading bodies, and a lower tier that is opened by itself shows the session as it is: schemas pass
 * over a field that they do not know. A summary that is no plain object is wrapped.
 */
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { StoredSession } from "../../model/StoredRecord.ts"

/** Which record was there when a write was displaced, so far as one can tell from it alone. */
export interface Origin {
  readonly version: number
  readonly incarnation: string
  readonly digest: number
}

/**
 * What a displaced record was written over, above: this record, none, or nobody could read it. `any`: it was made
 * over a removal of what nobody could read, so nothing of that is its own.
 */
export interface Mark {
  readonly base: Origin | "absent" | "unknown" | "any"
  /** Whether it stands for a removal: nothing of it is shown. */
  readonly isRemoval: boolean
  /** The kind of what a removal removed. */
  readonly kind?: string | undefined
  /** The writes of former lives that a displaced removal ended: a record that one of them made is none of ours any more. */
  readonly past?: ReadonlyArray<string> | undefined
  /** Whether the record is somebody's restore: it goes up as it is, and remembers no removal before it. */
  readonly isVerbatim?: boolean | undefined
}

/** What of a record a base keeps. */
export const originOf = ({ body, head }: StoredSession): Origin => ({
  version: head.version,
  incarnation: head.incarnation,
  digest: Hash.string(`${head.kind}\n${head.summary}\n${body}`)
})

/** Whether a record is the one that a base was made of. */
export const isOrigin = (base: Origin, session: StoredSession): boolean => {
  const { digest, incarnation, version } = originOf(session)
  return base.version === version && base.incarnation === incarnation && base.digest === digest
}

const field = `"@holdfast/displaced":`
const value = `,"value":`

/** A summary with a mark. */
export const withMark = (summary: string, mark: Mark): string => {
  const text = JSON.stringify(mark)
  const isPlain = summary.startsWith("{") && !summary.includes(field)
  if (!isPlain) return `{${field}${text}${value}${summary}}`
  return summary === "{}" ? `{${field}${text}}` : `${summary.slice(0, -1)},${field}${text}}`
}

const isOriginText = (base: unknown): boolean => base === "absent" || base === "unknown" || base === "any"

const isOriginRecord = (base: unknown): boolean =>
  Predicate.hasProperty(base, "version") && Predicate.hasProperty(base, "incarnation")
  && Predicate.hasProperty(base, "digest")

const isMark = (found: unknown): found is Mark =>
  Predicate.hasProperty(found, "base") && Predicate.hasProperty(found, "isRemoval")
  && typeof found.isRemoval === "boolean" && (isOriginText(found.base) || isOriginRecord(found.base))

const readMark = (text: string): Option.Option<Mark> =>
  Option.filter(Result.getSuccess(Result.try((): unknown => JSON.parse(text))), isMark)

/** A summary without its mark, and the mark; none for a summary that has none. */
export const splitMark = (text: string): { readonly summary: string; readonly mark: Option.Option<Mark> } => {
  const unmarked = { summary: text, mark: Option.none() }
  const at = text.lastIndexOf(field)
  if (text.startsWith(`{${field}`)) {
    const from = 1 + field.length
    const end = text.indexOf(value)
    const mark = readMark(text.slice(from, end < 0 ? -1 : end))
    if (Option.isNone(mark)) return unmarked
    return { mark, summary: end < 0 ? "{}" : text.slice(end + value.length, -1) }
  }
  if (at < 0 || text[at - 1] !== ",") return unmarked
  const mark = readMark(text.slice(at + field.length, -1))
  return Option.isNone(mark) ? unmarked : { mark, summary: `${text.slice(0, at - 1)}}` }
}
