/**
 * What goes through the port, as schemas: keys, changes, records, receipts, rows and findings.
 *
 * Total like the errors' own encoding: a field without a schema, and a case that a schema does not know, do not
 * compile. Texts, times and versions travel as they are; what a session holds is not looked into.
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Health, HealthState, TierHealth } from "../../errors/Health.ts"
import type { AdapterReceipt, Degraded, KeyReceipt } from "../../errors/Receipt.ts"
import { NewerVersion, NotDecodable, NotEncodable, OtherKind, SessionInvalid } from "../../errors/SessionErrors.ts"
import type { Finding, Unreadable, UnreadableEntry } from "../../errors/Unreadable.ts"
import { StorageErrorFromWire } from "../../errors/wire.ts"
import type { Capability, Durability } from "../../model/Capability.ts"
import type { Change } from "../../model/Change.ts"
import type { ListOrder, ListPosition, ListQuery } from "../../model/ListQuery.ts"
import type { Append, Expect, PlannedOperation, Put, Remove, Restoration } from "../../model/operations.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import type { AppliedWrite, EntryRange, StoredEntry, StoredHead, StoredSession } from "../../model/StoredRecord.ts"
import type { Version } from "../../model/Version.ts"
import type { PlannedChange } from "../../port/restorations.ts"
import type { Listed, ProbeCheck, ProbeReport } from "../../port/StorageAdapter.ts"
import type { StoreRecord } from "../../port/StoreRole.ts"

/** Requires of a schema that it knows every case of `A`. */
const total = <A>() => <S extends Schema.Codec<A, unknown>>(schema: [A] extends [S["Type"]] ? S : never): S => schema

/** One schema for each field beside the tag: leaving one out does not compile. */
type FieldsOf<A> = { readonly [K in keyof A as K extends "_tag" ? never : K]-?: Schema.Codec<A[K], unknown> }

const structOf = <A>(fields: FieldsOf<A>): Schema.Codec<A, unknown> =>
  Schema.Struct(fields) as unknown as Schema.Codec<A, unknown>

const taggedOf = <A extends { readonly _tag: string }>(tag: A["_tag"], fields: FieldsOf<A>): Schema.Codec<A, unknown> =>
  Schema.TaggedStruct(tag, fields) as unknown as Schema.Codec<A, unknown>

const text = Schema.String
const number = Schema.Number
const optionalText = Schema.optional(text)
const optionalNumber = Schema.optional(number)

const version = number as unknown as Schema.Codec<Version, number>
const optionalVersion = Schema.optional(version)
const expect = total<Expect>()(Schema.Union([Schema.Literals(["any", "absent", "present"]), version]))
const durability = total<Durability>()(Schema.Literals(["volatile", "buffered", "flushed", "replicated"]))

const namespace = Schema.Array(text)
export const key = structOf<SessionKey>({ namespace, id: text })

export const capability = structOf<Capability>({
  durability,
  compareAndSet: Schema.Literals(["none", "process", "host", "global"]),
  atomicity: Schema.Literals(["oneKey", "manyKeys"]),
  append: Schema.Literals(["native", "rewrite"]),
  sharedBy: Schema.Literals(["process", "host", "network"]),
  watch: Schema.Literals(["none", "process", "host", "global"]),
  bodyBytesMax: number,
  keyBytesMax: number
})

export const head = taggedOf<StoredHead>("StoredHead", {
  key,
  kind: text,
  schemaVersion: number,
  version,
  incarnation: text,
  createdAt: number,
  updatedAt: number,
  summary: text,
  entryCount: number
})

const appliedWrite = structOf<AppliedWrite>({ id: text, version, at: number, entryCount: number })

export const session = structOf<StoredSession>({ head, body: text, writes: Schema.Array(appliedWrite) })

const storedEntry = taggedOf<StoredEntry>("StoredEntry", {
  index: number,
  at: number,
  version,
  schemaVersion: number,
  entry: text,
  writeId: optionalText
})

const written = { key, expect, kind: text, schemaVersion: number, floor: optionalVersion }

const operation = total<PlannedOperation>()(Schema.Union([
  taggedOf<Restoration>("Restore", { key, expect, record: session, entries: Schema.Array(storedEntry) }),
  taggedOf<Put>("Put", { ...written, summary: text, body: text, isFreshId: Schema.optional(Schema.Boolean) }),
  taggedOf<Append>("Append", { ...written, entries: Schema.Array(text), at: optionalNumber }),
  taggedOf<Remove>("Remove", { key, expect, floor: optionalVersion })
]))

export const change = structOf<PlannedChange>({
  writeId: text,
  operations: Schema.Array(operation),
  attempt: optionalNumber
})

const keyReceipt = structOf<KeyReceipt>({
  key,
  version,
  createdAt: number,
  updatedAt: number,
  entryCount: number
})

const degraded = structOf<Degraded>({ because: StorageErrorFromWire, tier: text, pendingDrain: Schema.Boolean })

export const receipt = structOf<AdapterReceipt>({
  adapter: text,
  location: text,
  durability,
  protocol: text,
  attempts: number,
  failures: Schema.Array(StorageErrorFromWire),
  degraded: Schema.OptionFromNullOr(degraded),
  keys: Schema.Array(keyReceipt)
})

/** An error whose fields travel, and that comes back as an instance of its class. */
const errorOf = <A extends { readonly _tag: string }, F extends object>(
  tag: A["_tag"],
  Class: new(fields: F) => A & F,
  fields: FieldsOf<F>
): Schema.Codec<A, unknown> =>
  taggedOf<{ readonly _tag: string }>(tag, fields).pipe(
    Schema.decodeTo(
      Schema.instanceOf(Class),
      SchemaTransformation.transform({
        decode: (given) => new Class(given as unknown as F),
        encode: (error) => ({
          _tag: tag,
          ...Object.fromEntries(Object.keys(fields).map((name) => [name, Reflect.get(error, name)]))
        })
      })
    )
  )

const issue = { issue: text }

const invalidReason = total<SessionInvalid["reason"]>()(Schema.Union([
  errorOf<NotEncodable, { readonly issue: string }>("NotEncodable", NotEncodable, issue),
  errorOf<NotDecodable, { readonly issue: string }>("NotDecodable", NotDecodable, issue),
  errorOf<NewerVersion, Pick<NewerVersion, "stored" | "known">>("NewerVersion", NewerVersion, {
    stored: number,
    known: number
  }),
  errorOf<OtherKind, Pick<OtherKind, "stored" | "expected">>("OtherKind", OtherKind, { stored: text, expected: text })
]))

const sessionInvalid = errorOf<SessionInvalid, Pick<SessionInvalid, "key" | "reason">>(
  "SessionInvalid",
  SessionInvalid,
  { key, reason: invalidReason }
)

const error = Schema.Union([StorageErrorFromWire, sessionInvalid])

const unreadable = taggedOf<Unreadable>("Unreadable", { key: Schema.OptionFromNullOr(key), place: text, error })
export const listed = total<Listed>()(Schema.Union([head, unreadable]))

export const entry = total<StoredEntry | UnreadableEntry>()(Schema.Union([
  storedEntry,
  taggedOf<UnreadableEntry>("UnreadableEntry", { index: number, error })
]))
export const range = structOf<EntryRange>({ from: optionalNumber, to: optionalNumber, last: optionalNumber })

const position = structOf<ListPosition>({ value: Schema.Union([number, text]), key })

export const query = structOf<ListQuery>({
  namespace,
  order: total<ListOrder>()(Schema.Literals(["updatedAt", "createdAt", "id"])),
  kind: optionalText,
  after: Schema.optional(position),
  limit: optionalNumber
})

const named = { key, kind: text, version }

export const told = total<Change>()(Schema.Union([
  Schema.TaggedStruct("Changed", named),
  Schema.TaggedStruct("Removed", named),
  Schema.TaggedStruct("Missed", {})
]))

const healthState = total<HealthState>()(Schema.Literals(["healthy", "degraded", "failing"]))

const healthFacts = {
  state: healthState,
  since: number,
  lastError: Schema.OptionFromNullOr(StorageErrorFromWire),
  displacedCount: number
}

export const health = structOf<Health>({
  ...healthFacts,
  tiers: Schema.Array(structOf<TierHealth>({ ...healthFacts, name: text }))
})

const probeCheck = structOf<ProbeCheck>({
  name: text,
  place: text,
  outcome: Schema.Literals(["works", "fails", "notTried"]),
  detail: text
})

export const probeReport = structOf<ProbeReport>({
  adapter: text,
  location: text,
  checks: Schema.Array(probeCheck)
})

export const finding = structOf<Finding>({
  kind: text,
  place: text,
  key: Schema.OptionFromNullOr(key),
  action: Schema.Literals(["adopt", "delete", "quarantine", "repair", "none"]),
  applied: Schema.Boolean,
  detail: text
})

/** The store-level record. */
export const storeRecord = structOf<StoreRecord>({
  switchId: text,
  epoch: number,
  state: Schema.Literals(["current", "copying", "retired"]),
  successor: optionalText
})
