/**
 * What a plain JSON document is as a session, where no app says it: its state is the document, as it is.
 *
 * Not every JSON file in an app's folder is a session. A document is taken when it names the id that its file has, or
 * when it names none and lies below the folder of an account; a list or a number never is. Its times are taken from the
 * fields that apps commonly keep them in, and only from there: the times of files say nothing.
 */
import type { Adopted, Adopter, SessionKey } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** How documents become sessions. */
export interface AdoptOptions {
  readonly kind: string
  readonly schemaVersion: number
  /** The fields that a listing shows. */
  readonly summary: ReadonlyArray<string>
  /** Which documents are sessions: those that name the id of their file, those that seem to be, or every JSON object. */
  readonly accept: "named" | "likely" | "every"
}

const updatedFields = ["updatedAt", "updated_at", "lastActivityAt", "lastModifiedAt", "modifiedAt", "lastUpdated"]
const createdFields = ["createdAt", "created_at", "startedAt"]
const idFields = ["sessionId", "session_id", "id", "uuid"]

type Fields = { readonly [field: string]: unknown }

// The first moment in milliseconds that is no plausible count of seconds: 1973 as the one, 5138 as the other.
const millisMin = 1e11

/** A moment from a number of milliseconds or seconds, or from a text that is a date. */
const millisOf = (value: unknown): Option.Option<number> => {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) {
    return Option.some(value >= millisMin ? value : value * 1000)
  }
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN
  return Number.isNaN(parsed) ? Option.none() : Option.some(parsed)
}

const timeOf = (fields: Fields, names: ReadonlyArray<string>): Option.Option<number> =>
  Option.firstSomeOf(names.map((name) => millisOf(fields[name])))

const namesItself = (fields: Fields, { id }: SessionKey): boolean | undefined => {
  const ids = idFields.map((name) => fields[name]).filter((value) => typeof value === "string" && value !== "")
  return ids.length === 0 ? undefined : ids.some((own) => id === own || id.endsWith(`_${String(own)}`))
}

const isSession = (fields: Fields, key: SessionKey, accept: AdoptOptions["accept"]): boolean =>
  accept === "every" || (namesItself(fields, key) ?? (accept === "likely" && key.namespace.length > 0))

const summaryOf = (fields: Fields, names: ReadonlyArray<string>): Fields =>
  Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]))

/** Makes an adopter of plain documents. */
export const makePlainAdopter = ({ accept, kind, schemaVersion, summary }: AdoptOptions): Adopter => (json, key) =>
  Effect.sync(() => {
    if (!Predicate.isObject(json) || !isSession(json, key, accept)) return Option.none<Adopted>()
    return Option.some({
      kind,
      schemaVersion,
      summary: JSON.stringify(summaryOf(json, summary)),
      body: JSON.stringify(json),
      createdAt: timeOf(json, createdFields),
      updatedAt: timeOf(json, updatedFields)
    })
  })
