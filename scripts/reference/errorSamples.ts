/**
 * One instance of every error, and the shape of its message.
 *
 * The shape is the error's own message, asked of an instance whose fields hold their names instead of values: what it
 * shows is what the code prints. The reasons' samples are those of the tests, which do not compile without one.
 */
import {
  Conflict,
  InvalidCursor,
  makeKey,
  NewerVersion,
  NotDecodable,
  NotEncodable,
  OtherKind,
  type Reason,
  SessionConflict,
  SessionExists,
  SessionInvalid,
  type SessionKey,
  SessionNotFound,
  Version
} from "@holdfast/core"
import { Option, Predicate } from "effect"
import { reasonSamples as testSamples } from "../../packages/core/test/errors/reasonSamples.ts"

const key = makeKey("local_1", ["acct"])

export const reasonSamples: Readonly<Record<Reason["_tag"], Reason>> = {
  ...testSamples,
  Conflict: new Conflict({ outcome: "notApplied", expected: Version(6), actual: Option.some(Version(7)) })
}

const notEncodable = new NotEncodable({ issue: "title is missing" })

/** By class name; a class of `SessionErrors.ts` that is missing here fails the making of the document. */
export const sessionErrorSamples: Readonly<Record<string, Error>> = {
  SessionNotFound: new SessionNotFound({ key }),
  SessionExists: new SessionExists({ key }),
  SessionConflict: new SessionConflict({ key, expected: Version(6), actual: Option.some(Version(7)) }),
  SessionInvalid: new SessionInvalid({ key, reason: notEncodable }),
  NotEncodable: notEncodable,
  NotDecodable: new NotDecodable({ issue: "title has the wrong type" }),
  NewerVersion: new NewerVersion({ stored: 3, known: 2 }),
  OtherKind: new OtherKind({ stored: "Chat", expected: "CodeSession" }),
  InvalidCursor: new InvalidCursor({ problem: "it is of another order" })
}

const isKey = (value: unknown): value is SessionKey =>
  Predicate.hasProperty(value, "namespace") && Predicate.hasProperty(value, "id")

/** A value of the same shape whose parts are their names. */
const placeholder = (value: unknown, name: string): unknown => {
  if (typeof value === "string" || typeof value === "number") return `<${name}>`
  if (isKey(value)) return makeKey(`<${name}>`)
  if (Option.isOption(value)) return Option.map(value, (inner) => placeholder(inner, name))
  if (value instanceof Error) return { message: `<${name}>` }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [field, placeholder(inner, `${name}.${field}`)])
  )
}

/** The message of an error with the names of its fields in angle brackets. */
export const messageShape = (error: Error): string => {
  const fields = Object.entries(error).filter(([name]) => name !== "_tag" && name !== "outcome" && name !== "remedy")
  const named = fields.map(([name, value]) => [name, { value: placeholder(value, name) }] as const)
  const shape: Error = Object.create(error, Object.fromEntries(named))
  return shape.message
}
