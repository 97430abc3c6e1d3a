/**
 * A `StorageError` as plain JSON and back: for pipes, workers and logs.
 *
 * What comes back are instances of the same classes, equal in reason, outcome, remedy and message. A
 * cause travels as its name and message, and stays behind when it is no `Error`. The encoding is total:
 * a reason without a row in the table, a field without a schema and a case that a schema does not know
 * do not compile. It leaves to adapters that no path, code or cause of an error holds session content.
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Durability } from "../model/Capability.ts"
import type { Expect } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { Version } from "../model/Version.ts"
import * as Reasons from "./reasons.ts"
import type { Degraded, Receipt } from "./Receipt.ts"
import { StorageError, type StorageOperation } from "./StorageError.ts"

/** Requires of a schema that it knows every case of `A`. */
const total = <A>() => <S extends Schema.Codec<A, unknown>>(schema: [A] extends [S["Type"]] ? S : never): S => schema

/** One schema for each field: leaving one out does not compile. */
type FieldsOf<A> = { readonly [K in keyof A]-?: Schema.Codec<A[K], unknown> }

const structOf = <A>(fields: FieldsOf<A>) => Schema.Struct(fields)

const text = Schema.String
const number = Schema.Number

const version: Schema.Codec<Version, number> = Schema.Int.pipe(Schema.brand("@holdfast/core/Version"))
const outcome = total<Reasons.Outcome>()(Schema.Literals(["notApplied", "applied", "unknown"]))
const durability = total<Durability>()(Schema.Literals(["volatile", "buffered", "flushed", "replicated"]))
const expect = total<Expect>()(Schema.Union([Schema.Literals(["any", "absent", "present"]), version]))
const operation = total<StorageOperation>()(
  Schema.Literals(["open", "head", "load", "commit", "entries", "list", "changes", "recover", "backup", "role"])
)
const key = structOf<SessionKey>({ namespace: Schema.Array(text), id: text })
const refusedRecord = total<NonNullable<Reasons.Conflict["record"]>>()(
  Schema.Union([
    Schema.TaggedStruct("OtherKind", { expected: text, actual: text }),
    Schema.TaggedStruct("NewerSchema", { expected: number, actual: number })
  ])
)

// An error holds receipts, and a receipt holds errors.
const nested: Schema.Codec<StorageError, unknown> = Schema.suspend(() => StorageErrorFromWire)

const degraded = structOf<Degraded>({ because: nested, tier: text, pendingDrain: Schema.Boolean })

const receipt = structOf<Receipt>({
  key,
  version,
  adapter: text,
  location: text,
  durability,
  protocol: text,
  attempts: number,
  failures: Schema.Array(nested),
  degraded: Schema.OptionFromNullOr(degraded)
})

const cause = Schema.ErrorInstance({ excludeCause: true })

type Tag = Reasons.Reason["_tag"]

type ReasonFields<T extends Tag> = Omit<ConstructorParameters<typeof Reasons[T]>[0], "outcome" | "cause">

const at = { path: text, code: text }

/** What each reason holds beside its outcome and its cause. */
const reasonFields: { readonly [T in Tag]: FieldsOf<ReasonFields<T>> } = {
  CrossDevice: { from: text, to: text },
  Virtualized: { given: text, actual: text, container: text },
  DirectoryUnreadable: at,
  PermissionDenied: at,
  ReadOnly: at,
  NoSpace: at,
  NameTooLong: at,
  TooManyOpenFiles: at,
  Busy: at,
  Io: at,
  Corrupt: { at: text, problem: text, quarantine: Schema.optional(text), older: Schema.optional(version) },
  NewerFormat: { at: text, format: number, known: number },
  InvalidKey: { problem: text },
  TooLarge: { bytes: number, bytesMax: number },
  Conflict: { expected: expect, actual: Schema.OptionFromNullOr(version), record: Schema.optional(refusedRecord) },
  Unavailable: { what: text },
  CircuitOpen: {},
  TimedOut: { limitMillis: number },
  OutcomeUnknown: { why: text },
  DurabilityNotMet: { required: durability, receipt },
  Unsupported: { capability: text },
  Closed: {},
  Unclassified: { code: text, errno: number, syscall: text, path: text }
}

/** An error's fields, with others in the place of some: an absent field is absent in JSON, never null. */
const fieldsOf = (error: object, others: object): never =>
  Object.fromEntries(
    Object.entries(Object.assign({}, error, others)).filter(([, value]) => value !== undefined)
  ) as never

const errorsOf = (values: ReadonlyArray<unknown>) => values.filter((value) => value instanceof Error)

const classes: { readonly [T in Tag]: new(fields: never) => Reasons.Reason } = Reasons

const reasonFromWire = (tag: Tag): Schema.Codec<Reasons.Reason, unknown> => {
  const Class = classes[tag]
  return Schema.TaggedStruct(tag, { outcome, cause: Schema.optional(cause), ...reasonFields[tag] }).pipe(
    Schema.decodeTo(
      Schema.instanceOf(Class),
      SchemaTransformation.transform({
        decode: ({ _tag, ...fields }) => new Class(fields as never),
        encode: (reason) => fieldsOf(reason, { cause: errorsOf([reason.cause])[0] })
      })
    )
  )
}

/**
 * The codec between a `StorageError` and its JSON. Made when the first error travels: to make a schema for each reason
 * takes longer than most modules take to load.
 */
export const StorageErrorFromWire: Schema.Codec<StorageError, Schema.Json> = Schema.suspend(() => {
  const errorFields: FieldsOf<ConstructorParameters<typeof StorageError>[0]> = {
    adapter: text,
    operation,
    key: Schema.optional(key),
    reason: Schema.Union((Object.keys(reasonFields) as Array<Tag>).map(reasonFromWire)),
    suppressed: Schema.optional(Schema.Array(cause))
  }
  return Schema.toCodecJson(
    Schema.TaggedStruct("StorageError", errorFields).pipe(
      Schema.decodeTo(
        Schema.instanceOf(StorageError),
        SchemaTransformation.transform({
          decode: ({ _tag, ...fields }) => new StorageError(fields),
          encode: (error) => fieldsOf(error, { suppressed: error.suppressed && errorsOf(error.suppressed) })
        })
      )
    )
  )
})

/** An error as JSON. Throws only where a field does not have its declared type. */
export const encodeStorageError: (error: StorageError) => Schema.Json = Schema.encodeSync(StorageErrorFromWire)

/** The error that JSON holds. Fails for anything else, naming the place of the problem and not the value. */
export const decodeStorageError: (json: unknown) => Effect.Effect<StorageError, Schema.SchemaError> = Schema
  .decodeUnknownEffect(StorageErrorFromWire)
