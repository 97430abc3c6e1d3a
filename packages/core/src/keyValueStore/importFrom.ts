/**
 * Import: what an app kept in a `KeyValueStore`, as sessions of a definition.
 *
 * The source is read only. A session that exists is never written over, so an import can be run again
 * and goes on where it ended. Every key of the source is answered with a row that says what became of it;
 * a row holds no content.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Stream from "effect/Stream"
import type { Receipt } from "../errors/Receipt.ts"
import { OtherKind, type SessionExists, SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import { codeUnits, keyText, type SessionKey } from "../model/SessionKey.ts"
import { checkKey } from "../port/checks.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import type { PlainSchema, SessionDefinition } from "../store/Session.ts"
import { SessionStore, type StoreOptions } from "../store/SessionStore.ts"

/** What an entry of the source means: a session with its key, its state, and its entries where it has any. */
export interface ImportedSession<State, Entry> {
  readonly key: SessionKey
  readonly state: State
  readonly entries?: ReadonlyArray<Entry> | undefined
}

/** What to import. `require` is the durability that every imported session must reach. */
export interface ImportOptions<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>
  extends StoreOptions
{
  readonly definition: SessionDefinition<S, E, Summary>
  /** Says what an entry means, or none when it is something else. One that throws refuses the entry. */
  readonly decode: (
    key: string,
    value: string
  ) => Option.Option<ImportedSession<S["~type.make.in"], E["~type.make.in"]>>
}

/** The session was created, as durably as the receipt says. */
export interface Imported {
  readonly _tag: "Imported"
  /** The key in the source. */
  readonly from: string
  readonly key: SessionKey
  readonly receipt: Receipt
}

/** A session of the definition has the key; it was left as it is, whatever it holds. */
export interface AlreadyThere {
  readonly _tag: "AlreadyThere"
  readonly from: string
  readonly key: SessionKey
}

/** The entry is no session that can be stored, for a reason that another run will find again. */
export interface Refused {
  readonly _tag: "Refused"
  readonly from: string
  /**
   * - `none`: the function answered none.
   * - `threw`: the function threw, or answered no `Option`.
   * - `sameSession`: an entry before it, in the order of the keys, means the session with this key as well.
   * - `invalid`: `error` says what about the key or the state.
   * - `otherKind`: at the key lies a session of another definition, which `error` names.
   */
  readonly why: "none" | "threw" | "sameSession" | "invalid" | "otherKind"
  readonly key: Option.Option<SessionKey>
  readonly error: Option.Option<SessionInvalid | StorageError>
}

/** The source lists the key and does not give its value; nothing was stored for it. */
export interface SourceUnreadable {
  readonly _tag: "Unreadable"
  readonly from: string
  readonly error: KeyValueStore.KeyValueStoreError
}

/** The store did not take the session; the error's `outcome` says whether it may have been stored. */
export interface Failed {
  readonly _tag: "Failed"
  readonly from: string
  readonly key: SessionKey
  readonly error: StorageError
}

/** What became of one key of the source. */
export type ImportRow = Imported | AlreadyThere | Refused | SourceUnreadable | Failed

/** Refusals of what was to be stored, not of storing: another run meets them again. */
const isAboutContent = (error: StorageError): boolean =>
  error.reason._tag === "InvalidKey" || error.reason._tag === "TooLarge"

const refusal = (why: Refused["why"], about: {
  readonly from: string
  readonly key?: SessionKey
  readonly error?: SessionInvalid | StorageError
}): Refused => ({
  _tag: "Refused",
  from: about.from,
  why,
  key: Option.fromNullishOr(about.key),
  error: Option.fromUndefinedOr(about.error)
})

/** Makes the import of one key. The keys of sessions that were met in this run are kept in `met`. */
const makeImportOne = Effect.fnUntraced(
  function*<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
    source: KeyValueStore.KeyValueStore,
    { decode, definition, require }: ImportOptions<S, E, Summary>
  ) {
    type Meant = ImportedSession<S["~type.make.in"], E["~type.make.in"]>
    const adapter = yield* StorageAdapter
    const store = yield* SessionStore.make(definition, { require })
    const met = new Set<string>()

    // A session of another kind is no sign of an earlier import, so it is told apart from one of this definition.
    const whoIsThere = Effect.fnUntraced(function*(from: string, { key }: SessionExists) {
      const head = yield* adapter.head(key)
      if (Option.isNone(head) || head.value.kind === definition.kind) {
        return { _tag: "AlreadyThere", from, key } satisfies ImportRow
      }
      const reason = new OtherKind({ stored: head.value.kind, expected: definition.kind })
      return refusal("otherKind", { from, key, error: new SessionInvalid({ key, reason }) })
    })

    const create = Effect.fnUntraced(function*(from: string, { entries, key, state }: Meant) {
      yield* checkKey(adapter.name, "commit", key)
      if (met.has(keyText(key))) return refusal("sameSession", { from, key })
      met.add(keyText(key))
      const { receipt } = yield* store.create(state, { id: key.id, namespace: key.namespace, entries })
      return { _tag: "Imported", from, key, receipt } satisfies ImportRow
    })

    const importValue = Effect.fnUntraced(function*(from: string, value: string) {
      const meant = yield* Effect.option(Effect.try({
        // An answer that is no `Option` of a session is met here: the function may have no types.
        try: () => Option.map(decode(from, value), ({ entries, key, state }): Meant => ({ entries, key, state })),
        catch: () => "threw" as const
      }))
      if (Option.isNone(meant)) return refusal("threw", { from })
      if (Option.isNone(meant.value)) return refusal("none", { from })
      const session = meant.value.value
      const { key } = session
      return yield* create(from, session).pipe(
        Effect.catchTag("SessionExists", (exists) => whoIsThere(from, exists)),
        Effect.catchTags({
          SessionInvalid: (error) => Effect.succeed<ImportRow>(refusal("invalid", { from, key, error })),
          StorageError: (error) =>
            Effect.succeed<ImportRow>(
              isAboutContent(error) ? refusal("invalid", { from, key, error }) : { _tag: "Failed", from, key, error }
            )
        })
      )
    })

    return (from: string): Effect.Effect<ImportRow> =>
      source.get(from).pipe(
        Effect.filterOrFail(
          (value) => value !== undefined,
          () =>
            new KeyValueStore.KeyValueStoreError({ method: "get", key: from, message: "get: listed, and not there" })
        ),
        Effect.flatMap((value) => importValue(from, value)),
        Effect.catch((error) => Effect.succeed<ImportRow>({ _tag: "Unreadable", from, error }))
      )
  }
)

/**
 * Copies what a `KeyValueStore` holds into sessions of a definition, key by key in code-unit order.
 *
 * **Details**
 *
 * Nothing is removed from the source or changed in it. Sessions are created under a precondition, so one
 * that is there, or that somebody creates meanwhile, stays as it is. A failure of one key is its row, and
 * the import goes on; an import that ended early, or had rows that failed, is finished by another run.
 * The stream fails only when the source cannot list its keys: nothing was imported then.
 *
 * The session's times are those of its import. An app that wants to keep older ones has them in its state.
 *
 * **Gotchas**
 *
 * A session that was removed after its import is absent: another run imports it again.
 *
 * `decode` gets what `get` answers. Of binary values that is Base64, but over `layerFileSystem` it is the
 * file's bytes read as UTF-8. That layer writes values in place, so a value may be cut off: let `decode`
 * check it, for example by a schema. It lists every file in its folder: one that it did not write itself
 * may be `Unreadable`, and one whose name is no percent-encoding fails the listing.
 *
 * **Example**
 *
 * `importFrom(drafts, { definition: Draft, decode: (key, json) => Option.map(parse(json), (state) => ({ key: Session.key(key), state })) })`
 */
export const importFrom = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  source: KeyValueStore.KeyValueStore,
  options: ImportOptions<S, E, Summary>
): Stream.Stream<ImportRow, KeyValueStore.KeyValueStoreError, StorageAdapter> =>
  Stream.unwrap(Effect.gen(function*() {
    const importOne = yield* makeImportOne(source, options)
    const keys = yield* source.keys
    return Stream.mapEffect(Stream.fromIterable(keys.toSorted(codeUnits)), importOne)
  }))
