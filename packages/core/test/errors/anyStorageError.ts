/** Storage errors of every reason, with any texts and numbers, receipts and the errors in them included. */
import * as Core from "@holdfast/core"
import { Arbitrary, Option, Schema } from "effect"

type Tag = Core.Reason["_tag"]

// Bounded, so that an error with a key and two receipts stays a few kilobytes at any size of the run.
const text = Schema.String.check(Schema.isMaxLength(40))
const number = Schema.Number
const version = Arbitrary.map(Arbitrary.schema(Schema.Int), Core.Version)
const outcome = Schema.Literals(["notApplied", "applied", "unknown"])
const durability = Schema.Literals(["volatile", "buffered", "flushed", "replicated"])

const optional = <A>(some: Arbitrary.Arbitrary<A>): Arbitrary.Arbitrary<A | undefined> =>
  Arbitrary.flatMap(Arbitrary.schema(Schema.Boolean), (isThere) => isThere ? some : Arbitrary.Constant(undefined))

const optionOf = <A>(some: Arbitrary.Arbitrary<A>) => Arbitrary.map(optional(some), Option.fromUndefinedOr)

/** A reason from schemas of its fields and from values that no schema draws. */
const made = <const F extends Schema.Struct.Fields, A extends Core.Reason, R = {}>(
  fields: F,
  make: (fields: Schema.Struct<F>["Type"] & { readonly outcome: Core.Outcome }, rest: R) => A,
  rest: Arbitrary.Arbitrary<R> = Arbitrary.Constant({} as R)
): Arbitrary.Arbitrary<A> =>
  Arbitrary.map(
    Arbitrary.all([Arbitrary.schema(Schema.Struct(fields)), Arbitrary.schema(outcome), rest]),
    ([drawn, outcome, others]) => make({ ...drawn, outcome }, others)
  )

const at = { path: text, code: text }

const expect = Arbitrary.flatMap(
  Arbitrary.schema(Schema.Literals(["any", "absent", "present", "version"])),
  (word): Arbitrary.Arbitrary<Core.Expect> => word === "version" ? version : Arbitrary.Constant(word)
)

const record = Arbitrary.schema(Schema.Union([
  Schema.Undefined,
  Schema.TaggedStruct("OtherKind", { expected: text, actual: text }),
  Schema.TaggedStruct("NewerSchema", { expected: number, actual: number })
]))

const key: Arbitrary.Arbitrary<Core.SessionKey> = Arbitrary.schema(
  Schema.Struct({ namespace: Schema.Array(text).check(Schema.isMaxLength(8)), id: text })
)

/** Receipts whose errors nest at most `depth` levels deep. */
const receipts = (depth: number): Arbitrary.Arbitrary<Core.Receipt> => {
  const because = depth === 0 ? Arbitrary.Constant(undefined) : optional(storageErrors(depth - 1))
  const facts = Schema.Struct({
    adapter: text,
    location: text,
    durability,
    protocol: text,
    attempts: number,
    tier: text
  })
  return Arbitrary.map(
    Arbitrary.all([key, version, Arbitrary.schema(facts), because]),
    ([key, version, { tier, ...facts }, because]) => ({
      ...facts,
      key,
      version,
      failures: because === undefined ? [] : [because, because],
      degraded: Option.map(Option.fromUndefinedOr(because), (because) => ({ because, tier, pendingDrain: true }))
    })
  )
}

const reasons = (
  depth: number
): { readonly [T in Tag]: Arbitrary.Arbitrary<Extract<Core.Reason, { readonly _tag: T }>> } => ({
  CrossDevice: made({ from: text, to: text }, (fields) => new Core.CrossDevice(fields)),
  Virtualized: made({ given: text, actual: text, container: text }, (fields) => new Core.Virtualized(fields)),
  DirectoryUnreadable: made(at, (fields) => new Core.DirectoryUnreadable(fields)),
  PermissionDenied: made(at, (fields) => new Core.PermissionDenied(fields)),
  ReadOnly: made(at, (fields) => new Core.ReadOnly(fields)),
  NoSpace: made(at, (fields) => new Core.NoSpace(fields)),
  NameTooLong: made(at, (fields) => new Core.NameTooLong(fields)),
  TooManyOpenFiles: made(at, (fields) => new Core.TooManyOpenFiles(fields)),
  Busy: made(at, (fields) => new Core.Busy(fields)),
  Io: made(at, (fields) => new Core.Io(fields)),
  Corrupt: made(
    { at: text, problem: text, quarantine: Schema.optional(text) },
    (fields, rest) => new Core.Corrupt({ ...fields, ...rest }),
    Arbitrary.all({ older: optional(version) })
  ),
  NewerFormat: made({ at: text, format: number, known: number }, (fields) => new Core.NewerFormat(fields)),
  InvalidKey: made({ problem: text }, (fields) => new Core.InvalidKey(fields)),
  TooLarge: made({ bytes: number, bytesMax: number }, (fields) => new Core.TooLarge(fields)),
  Conflict: made(
    {},
    (fields, rest) => new Core.Conflict({ ...fields, ...rest }),
    Arbitrary.all({ expected: expect, actual: optionOf(version), record })
  ),
  Unavailable: made({ what: text }, (fields) => new Core.Unavailable(fields)),
  CircuitOpen: made({}, (fields) => new Core.CircuitOpen(fields)),
  TimedOut: made({ limitMillis: number }, (fields) => new Core.TimedOut(fields)),
  OutcomeUnknown: made({ why: text }, (fields) => new Core.OutcomeUnknown(fields)),
  DurabilityNotMet: made(
    { required: durability },
    (fields, rest) => new Core.DurabilityNotMet({ ...fields, ...rest }),
    Arbitrary.all({ receipt: receipts(depth) })
  ),
  Unsupported: made({ capability: text }, (fields) => new Core.Unsupported(fields)),
  Closed: made({}, (fields) => new Core.Closed(fields)),
  Unclassified: made(
    { code: text, errno: number, syscall: text, path: text },
    (fields) => new Core.Unclassified(fields)
  )
})

/** Errors of all reasons; receipts in them hold errors at most `depth` levels deep. */
const storageErrors = (depth: number): Arbitrary.Arbitrary<Core.StorageError> => {
  const byTag = reasons(depth)
  const tags = Schema.Literals(Object.keys(byTag) as Array<Tag>)
  const reason = Arbitrary.flatMap(Arbitrary.schema(tags), (tag): Arbitrary.Arbitrary<Core.Reason> => byTag[tag])
  const operation = Schema.Literals(["open", "head", "load", "commit", "entries", "list", "recover"])
  return Arbitrary.map(
    Arbitrary.all([Arbitrary.schema(Schema.Struct({ adapter: text, operation })), optional(key), reason]),
    ([fields, key, reason]) => new Core.StorageError({ ...fields, key, reason })
  )
}

export const anyStorageError: Arbitrary.Arbitrary<Core.StorageError> = storageErrors(2)
