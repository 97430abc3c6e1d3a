/**
 * Sessions as an app defines and sees them: the definition with its schemas, keys, and what calls return.
 *
 * `Session.define` checks a definition when it is made: a gap in the migrations or a summary field that
 * the state does not have is a mistake of the program and throws.
 */
import type * as DateTime from "effect/DateTime"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type { Receipt } from "../errors/Receipt.ts"
import type { SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { makeKey } from "../model/SessionKey.ts"
import type { Version } from "../model/Version.ts"
import { makeAdopter } from "./adopter.ts"

/** A schema that needs no services to encode or decode. */
export type PlainSchema = Schema.Top & { readonly DecodingServices: never; readonly EncodingServices: never }

/** Encoded state of an older version, as it was stored. */
export type OldState = { readonly [field: string]: Schema.Json }

/** The encoded form of a version into that of the next one. */
export type Migration = (old: OldState) => { readonly [field: string]: unknown }

/** One step from a version to the next one. Entries keep their shape where there is no migration for them. */
export interface MigrationStep {
  readonly state: Migration
  readonly entry?: ((old: OldState) => unknown) | undefined
}

/** Steps by the version that they start from; a function alone is the step of the state. */
export interface Migrations {
  readonly [from: number]: Migration | MigrationStep
}

/** What a listing shows of a state: a schema, and how to derive the value. */
export interface SummaryOf<S extends PlainSchema, Summary extends PlainSchema> {
  readonly schema: Summary
  readonly of: (state: S["Type"]) => Summary["Type"]
}

/** A kind of session: its name, the schemas of its parts, and how older versions become current. */
export interface SessionDefinition<S extends PlainSchema, Entry extends PlainSchema, Summary extends PlainSchema> {
  readonly kind: string
  /** The version of the shape of state and entries, from 1. */
  readonly version: number
  readonly state: S
  readonly entry: Entry
  readonly summary: SummaryOf<S, Summary>
  readonly migrations: { readonly [from: number]: MigrationStep }
}

/** A session: one document of state and the count of its entries. */
export interface Session<State> {
  readonly key: SessionKey
  readonly version: Version
  readonly createdAt: DateTime.Utc
  readonly updatedAt: DateTime.Utc
  readonly state: State
  readonly entryCount: number
}

/** A session as a write left it, with the receipt of that write. */
export interface Saved<State> extends Session<State> {
  readonly receipt: Receipt
}

/** What appending returns: the session's version and number of entries, with the receipt. */
export interface Appended {
  readonly key: SessionKey
  readonly version: Version
  readonly entryCount: number
  readonly receipt: Receipt
}

/** What a listing shows of a session. */
export interface Head<Summary> {
  readonly _tag: "Head"
  readonly key: SessionKey
  readonly version: Version
  readonly createdAt: DateTime.Utc
  readonly updatedAt: DateTime.Utc
  readonly summary: Summary
  readonly entryCount: number
}

/** One entry of a session's list; `index` counts from 0. */
export interface Entry<A> {
  readonly _tag: "Entry"
  readonly index: number
  readonly at: DateTime.Utc
  readonly entry: A
}

/** One page of a listing. */
export interface Listing<Summary> {
  readonly sessions: ReadonlyArray<Head<Summary>>
  /** What may be a session and could not be read, with its error and place. */
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Whether `sessions` is all that this page has to show. What the store could not read is on every page. */
  readonly complete: boolean
  /** The cursor of the next page; none on the last one. */
  readonly next: Option.Option<string>
}

/** Why content was refused or could not be read. */
export type ContentError = SessionInvalid | StorageError

const requireThat = (condition: boolean, kind: string, problem: string): void => {
  if (!condition) throw new TypeError(`Session.define(${JSON.stringify(kind)}): ${problem}`)
}

const isMigration = (value: Migration | MigrationStep): value is Migration => typeof value === "function"

const isFunction = (value: unknown): boolean => typeof value === "function"

const isStep = (value: unknown): boolean =>
  isFunction(value) || (Predicate.hasProperty(value, "state") && isFunction(value.state))

const hasSoundEntry = (value: Migration | MigrationStep | undefined): boolean =>
  isFunction(value) || !Predicate.hasProperty(value, "entry") || value.entry === undefined || isFunction(value.entry)

const checkMigrations = (kind: string, version: number, migrations: Migrations): void => {
  requireThat(Number.isSafeInteger(version) && version >= 1, kind, "the version is a whole number from 1")
  for (let from = 1; from < version; from++) {
    requireThat(isStep(migrations[from]), kind, `no migration from version ${from} to ${from + 1}`)
    requireThat(hasSoundEntry(migrations[from]), kind, `the migration of entries from version ${from} is no function`)
  }
  const leadsOn = (from: number) => Number.isInteger(from) && from >= 1 && from < version
  const superfluous = Object.keys(migrations).find((from) => !leadsOn(Number(from)))
  requireThat(superfluous === undefined, kind, `a migration from version ${superfluous}, which leads nowhere`)
}

const stepsOf = (migrations: Migrations): { readonly [from: number]: MigrationStep } =>
  Record.map(
    migrations as Record<string, Migration | MigrationStep>,
    (step) => isMigration(step) ? { state: step } : step
  )

const fieldsOf = (schema: Schema.Constraint): Schema.Struct.Fields => {
  const fields = Predicate.hasProperty(schema, "fields") ? schema.fields : {}
  return fields as Schema.Struct.Fields
}

const pickSummary = (kind: string, state: Schema.Constraint, names: ReadonlyArray<string>) => {
  const fields = fieldsOf(state)
  const picked = names.map((name) => {
    requireThat(name in fields, kind, `the state has no field ${JSON.stringify(name)}; use summary: { schema, of }`)
    return [name, fields[name]!] as const
  })
  return {
    schema: Schema.Struct(Object.fromEntries(picked)),
    of: (value: unknown) =>
      Object.fromEntries(
        names.filter((name) => Predicate.hasProperty(value, name)).map((name) => [name, (value as never)[name]])
      )
  }
}

interface DefinitionOptions<S extends PlainSchema, Entry extends PlainSchema> {
  readonly version?: number | undefined
  readonly state: S
  readonly entry?: Entry | undefined
  readonly migrations?: Migrations | undefined
}

/** The schema of a summary that shows some of a state's fields. */
export interface PickedSummary<S extends PlainSchema, K extends keyof S["Type"] & string> extends
  Schema.Codec<
    Pick<S["Type"], K>,
    { readonly [P in K]: P extends keyof S["Encoded"] ? S["Encoded"][P] : unknown }
  >
{}

/**
 * Defines a kind of session.
 *
 * **Details**
 *
 * `kind` is stored with every session: a store reads and writes only its own kind. `version` (1 when
 * absent) is the version of the shape of state and entries; every version below it needs a migration, a
 * function for the state or `{ state, entry }` for both. `summary`
 * names the state's fields that a listing shows, or derives them (`{ schema, of }`, needed when the
 * state is a union). `entry` is the schema of the session's entries; without it there are none.
 *
 * **Gotchas**
 *
 * Throws a `TypeError` for a gap in the migrations and for a summary field that the state lacks.
 */
const define: {
  <S extends PlainSchema, Summary extends PlainSchema, Entry extends PlainSchema = Schema.Never>(
    kind: string,
    options: DefinitionOptions<S, Entry> & { readonly summary: SummaryOf<S, Summary> }
  ): SessionDefinition<S, Entry, Summary>
  <S extends PlainSchema, K extends keyof S["Type"] & string = never, Entry extends PlainSchema = Schema.Never>(
    kind: string,
    options: DefinitionOptions<S, Entry> & { readonly summary?: ReadonlyArray<K> | undefined }
  ): SessionDefinition<S, Entry, PickedSummary<S, K>>
} = (
  kind: string,
  options: DefinitionOptions<PlainSchema, PlainSchema> & {
    readonly summary?: ReadonlyArray<string> | SummaryOf<PlainSchema, PlainSchema> | undefined
  }
): never => {
  const { migrations = {}, state, summary = [], version = 1 } = options
  requireThat(
    typeof kind === "string" && kind !== "" && kind.isWellFormed(),
    kind,
    "the kind is a non-empty string without lone surrogates"
  )
  checkMigrations(kind, version, migrations)
  return {
    kind,
    version,
    state,
    entry: options.entry ?? Schema.Never,
    summary: "of" in summary ? summary : pickSummary(kind, state, summary),
    migrations: stepsOf(migrations)
  } as never
}

/**
 * Sessions: `define` a kind, make a `key`, or an `adopter` for what another program stored.
 *
 * `key` never throws: a key outside the limits fails the call that uses it with `InvalidKey`.
 */
export const Session = { define, key: makeKey, adopter: makeAdopter } as const
