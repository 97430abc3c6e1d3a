/**
 * Sessions that an app keeps in one JSON file, as electron-store and conf do: a field with a session under each id.
 *
 * Which field it is the user says, unless there is one alone that can be meant. A list counts when its items name their
 * ids themselves.
 */
import { type Adopter, keyProblem, makeKey, nextVersion, randomId, type WholeSession } from "@holdfast/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { CliFailure } from "../output/CliFailure.ts"

type Documents = ReadonlyArray<readonly [id: string, document: unknown]>

const idFields = ["sessionId", "session_id", "id", "uuid"]

const idIn = (item: unknown): string | undefined =>
  idFields.map((name) => Predicate.hasProperty(item, name) ? item[name] : undefined).find(Predicate.isString)

/** The sessions in a value: objects under their ids, or a list of objects that name them. */
const documentsIn = (value: unknown): Documents => {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) => {
      const id = idIn(item)
      return id === undefined ? [] : [[id, item] as const]
    })
  }
  return Predicate.isObject(value) ? Object.entries(value).filter(([, item]) => Predicate.isObject(item)) : []
}

const valueAt = (json: unknown, field: string): unknown =>
  field.split(".").reduce(
    (value: unknown, name) => Predicate.hasProperty(value, name) ? value[name] : undefined,
    json
  )

const noField = (file: string, fields: ReadonlyArray<string>) =>
  new CliFailure({
    code: "WhichField",
    what: `nothing says which field of ${file} holds sessions`,
    advice: fields.length === 0
      ? "None of its fields holds objects under ids. Is it the right file?"
      : `Name it with --field: ${fields.join(", ")}.`
  })

/** The documents of a file, by id. */
const select = (json: unknown, file: string, field: Option.Option<string>): Effect.Effect<Documents, CliFailure> => {
  if (Option.isSome(field)) {
    const found = documentsIn(valueAt(json, field.value))
    return found.length > 0 ? Effect.succeed(found) : Effect.fail(noField(file, []))
  }
  const fields = Predicate.isObject(json)
    ? Object.entries(json).map(([name, value]) => [name, documentsIn(value)] as const)
      .filter(([, found]) => found.length > 0)
    : []
  const [only, ...others] = fields
  return only !== undefined && others.length === 0
    ? Effect.succeed(only[1])
    : Effect.fail(noField(file, fields.map(([name]) => name)))
}

/** What is read of such a file. */
export type PlainItem =
  | { readonly _tag: "Session"; readonly whole: WholeSession }
  | { readonly _tag: "Refused"; readonly id: string; readonly why: string }

/** The sessions of a file that an app keeps in one. */
export const readPlainStore = Effect.fnUntraced(function*(
  { file, text }: { readonly file: string; readonly text: string },
  adopt: Adopter,
  place: { readonly field: Option.Option<string>; readonly namespace: ReadonlyArray<string> }
) {
  const json = Result.getSuccess(Result.try((): unknown => JSON.parse(text)))
  if (Option.isNone(json)) {
    return yield* new CliFailure({
      code: "NotJson",
      what: `${file} is no bundle and no JSON`,
      advice: "Name a bundle of `holdfast export`, a folder of JSON files, or the one JSON file of an app."
    })
  }
  const now = yield* Clock.currentTimeMillis
  return yield* Effect.forEach(
    yield* select(json.value, file, place.field),
    Effect.fnUntraced(function*([id, document]): Effect.fn.Return<PlainItem> {
      const key = makeKey(id, place.namespace)
      const problem = keyProblem(key)
      const adopted = Option.isSome(problem) ? Option.none() : yield* adopt(document, key)
      if (Option.isNone(adopted)) {
        return { _tag: "Refused", id, why: Option.getOrElse(problem, () => "does not look like a session") }
      }
      const { body, createdAt, kind, schemaVersion, summary, updatedAt } = adopted.value
      const updated = Option.getOrElse(updatedAt, () => Option.getOrElse(createdAt, () => now))
      const head = {
        _tag: "StoredHead",
        key,
        kind,
        schemaVersion,
        version: nextVersion({ current: 0, removed: 0, floor: 0, now }),
        incarnation: randomId(),
        createdAt: Option.getOrElse(createdAt, () => updated),
        updatedAt: updated,
        summary,
        entryCount: 0
      } as const
      return { _tag: "Session", whole: { session: { head, body, writes: [] }, entries: [] } }
    })
  )
})
