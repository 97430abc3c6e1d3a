/**
 * The codecs of one definition: state, summary and entries to JSON text and back, compiled once.
 *
 * Values are checked and encoded before any I/O. Decoding first tells another kind and a newer version
 * apart, then migrates what an older definition wrote.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaIssue from "effect/SchemaIssue"
import { NewerVersion, NotDecodable, NotEncodable, OtherKind, SessionInvalid } from "../errors/SessionErrors.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StoredEntry, StoredHead } from "../model/StoredRecord.ts"
import * as Immediate from "./immediate.ts"
import { makeIssueText } from "./issueText.ts"
import { fillsIn, isItsOwnJson } from "./schemaShape.ts"
import type { MigrationStep, OldState, PlainSchema, SessionDefinition } from "./Session.ts"

/** A state that passed its schema, with the texts to store. */
interface EncodedState<State> {
  readonly state: State
  readonly body: string
  readonly summary: string
}

/** A value that passed its schema, with its text. */
interface Accepted<Value> {
  readonly value: Value
  readonly text: string
}

/** A parsed text with the version that wrote it. */
interface Encoded {
  readonly schemaVersion: number
  readonly encoded: unknown
}

type Invalid<A> = Effect.Effect<A, SessionInvalid>

const invalid = (key: SessionKey, reason: SessionInvalid["reason"]) => new SessionInvalid({ key, reason })

/** JSON text of an encoded value; a schema that lets anything through (`Schema.Any`) may let through what is no JSON. */
const toText = (key: SessionKey, encoded: unknown): Invalid<string> => {
  const text = Result.try((): unknown => JSON.stringify(encoded))
  return Result.isSuccess(text) && typeof text.success === "string"
    ? Effect.succeed(text.success)
    : Effect.fail(invalid(key, new NotEncodable({ issue: "the value is not JSON" })))
}

const fromText = (key: SessionKey, text: string): Invalid<unknown> => {
  const parsed = Result.try((): unknown => JSON.parse(text))
  return Result.isSuccess(parsed)
    ? Effect.succeed(parsed.success)
    : Effect.fail(invalid(key, new NotDecodable({ issue: "the stored text is not JSON" })))
}

/** One schema as a codec between values and JSON text, with issues that hold no content. */
const makeTextCodec = <S extends PlainSchema>(schema: S) => {
  const json = Schema.toCodecJson(schema)
  const encodeJson = Schema.encodeUnknownEffect(json)
  const decodeJson = Schema.decodeUnknownEffect(json)
  const issueText = makeIssueText(schema)
  const isMadeAsEncoded = isItsOwnJson(json)
  const isMadeAsGiven = !fillsIn(schema)

  const notEncodable = (key: SessionKey) => (issue: SchemaIssue.Issue) =>
    invalid(key, new NotEncodable({ issue: issueText(issue) }))

  const make = (key: SessionKey, input: S["~type.make.in"]): Invalid<S["Type"]> =>
    Effect.mapErrorEager(schema.makeEffect(input), notEncodable(key))

  const encode = (key: SessionKey, value: S["Type"]): Invalid<unknown> =>
    Effect.mapErrorEager(encodeJson(value), (error) => notEncodable(key)(error.issue))

  return {
    /** Checks a value, with the constructor's defaults, and gives it with its text. */
    accept: (key: SessionKey, input: S["~type.make.in"]): Invalid<Accepted<S["Type"]>> => {
      const made = isMadeAsGiven && !isMadeAsEncoded ? Effect.succeed<S["Type"]>(input) : make(key, input)
      return Effect.flatMapEager(made, (value) => {
        const encoded = isMadeAsEncoded ? Effect.succeed<unknown>(value) : encode(key, value)
        return Effect.flatMapEager(encoded, (one) => Effect.mapEager(toText(key, one), (text) => ({ value, text })))
      })
    },
    encode: (key: SessionKey, value: S["Type"]): Invalid<string> =>
      Effect.flatMapEager(encode(key, value), (encoded) => toText(key, encoded)),
    decode: (key: SessionKey, encoded: unknown): Invalid<S["Type"]> =>
      Effect.mapErrorEager(
        decodeJson(encoded),
        (error) => invalid(key, new NotDecodable({ issue: issueText(error.issue) }))
      )
  }
}

/** Makes the bringing of what an older version wrote to the current one, part by part as the steps say. */
const makeMigrate = (
  { migrations, version }: Pick<SessionDefinition<PlainSchema, PlainSchema, PlainSchema>, "migrations" | "version">
) => {
  const migrateOlder = Effect.fnUntraced(function*(key: SessionKey, old: Encoded, part: keyof MigrationStep) {
    let current = old.encoded
    for (let from = old.schemaVersion; from < version; from++) {
      const migration = migrations[from]?.[part]
      if (migration === undefined) continue
      current = yield* Effect.try({
        // What was stored decides what this is; a step that cannot take it throws, or gives what does not decode.
        try: (): unknown => migration(current as OldState),
        catch: () => invalid(key, new NotDecodable({ issue: `the migration from version ${from} failed` }))
      })
    }
    return current
  })
  return (key: SessionKey, old: Encoded, part: keyof MigrationStep): Invalid<unknown> =>
    old.schemaVersion < version ? migrateOlder(key, old, part) : Effect.succeed(old.encoded)
}

/** The codecs of a definition. */
export const makeCodec = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  definition: SessionDefinition<S, E, Summary>
) => {
  const state = makeTextCodec(definition.state)
  const entry = makeTextCodec(definition.entry)
  const summary = makeTextCodec(definition.summary.schema)
  const migrate = makeMigrate(definition)

  const encodeSummary = (key: SessionKey, value: S["Type"]): Invalid<string> => {
    const derived = Result.try(() => definition.summary.of(value))
    return Result.isSuccess(derived)
      ? summary.encode(key, derived.success)
      : Effect.fail(invalid(key, new NotEncodable({ issue: "the summary cannot be derived from the state" })))
  }

  /** Checks that a record is of this kind, and of a version that this definition knows. */
  const checkOwn = (head: StoredHead): Invalid<void> => {
    if (head.kind !== definition.kind) {
      return Effect.fail(invalid(head.key, new OtherKind({ stored: head.kind, expected: definition.kind })))
    }
    if (head.schemaVersion > definition.version) {
      return Effect.fail(newer(head.key, head.schemaVersion))
    }
    return Effect.void
  }

  const newer = (key: SessionKey, stored: number) =>
    invalid(key, new NewerVersion({ stored, known: definition.version }))

  return {
    checkOwn,
    encodeState: (key: SessionKey, input: S["~type.make.in"]): Invalid<EncodedState<S["Type"]>> =>
      Effect.flatMapEager(
        state.accept(key, input),
        ({ text: body, value }) =>
          Effect.mapEager(encodeSummary(key, value), (encoded) => ({ state: value, body, summary: encoded }))
      ),
    decodeState: (head: StoredHead, body: string): Invalid<S["Type"]> =>
      checkOwn(head).pipe(
        Effect.flatMapEager(() => fromText(head.key, body)),
        Effect.flatMapEager((encoded) => migrate(head.key, { schemaVersion: head.schemaVersion, encoded }, "state")),
        Effect.flatMapEager((current) => state.decode(head.key, current))
      ),
    encodeEntries: (key: SessionKey, inputs: ReadonlyArray<E["~type.make.in"]>): Invalid<ReadonlyArray<string>> => {
      if (!Array.isArray(inputs)) {
        return Effect.fail(invalid(key, new NotEncodable({ issue: "the entries are not a list" })))
      }
      return Immediate.forEach(inputs, (input) => Effect.mapEager(entry.accept(key, input), ({ text }) => text))
    },
    /** An entry is of the version that appended it, which may be another one than the state's. */
    decodeEntry: (key: SessionKey, { entry: text, schemaVersion }: StoredEntry): Invalid<E["Type"]> => {
      if (schemaVersion > definition.version) return Effect.fail(newer(key, schemaVersion))
      return fromText(key, text).pipe(
        Effect.flatMapEager((encoded) => migrate(key, { schemaVersion, encoded }, "entry")),
        Effect.flatMapEager((current) => entry.decode(key, current))
      )
    },
    /** The encoded summary of a state, as a listing of the current version stores it. */
    encodeSummary,
    parseSummary: (head: StoredHead, text: string) => fromText(head.key, text),
    decodeSummary: (head: StoredHead, encoded: unknown): Invalid<Summary["Type"]> => summary.decode(head.key, encoded)
  }
}

/** The codecs of a definition, as the store's parts take them. */
export type SessionCodec<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema> = ReturnType<
  typeof makeCodec<S, E, Summary>
>
