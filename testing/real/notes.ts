/**
 * The sessions of these tests, and the operations that a process can be told to carry out on them.
 *
 * An operation and its answer are plain JSON, so that the same ones run in this process and in a child. Only the
 * public API is used: what is acknowledged here was acknowledged to an app.
 */
import { encodeStorageError, Session, type SessionKey, SessionStore, StorageError } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

export const Note = Session.define("Note", {
  state: Schema.Struct({ title: Schema.String, text: Schema.String }),
  entry: Schema.String,
  summary: ["title"]
})

export class Notes extends SessionStore.Service<Notes>()("test/Notes", Note) {}

export type NoteState = typeof Note.state.Type

/** A change of one session. A key is written as a path, `acct/org/id`. */
export type Change =
  | { readonly name: "save"; readonly key: string; readonly state: NoteState }
  | {
    readonly name: "append"
    readonly key: string
    readonly entries: ReadonlyArray<string>
    readonly operationId?: string
  }
  | {
    readonly name: "commit"
    readonly key: string
    readonly state: NoteState
    readonly entries: ReadonlyArray<string>
  }
  | { readonly name: "update"; readonly key: string; readonly title: string }
  | { readonly name: "count"; readonly key: string }
  | { readonly name: "remove"; readonly key: string }

/** A change that puts a session as the tests mostly need it. */
export const save = (key: string, text: string): Change => ({ name: "save", key, state: { title: key, text } })

/** A change that adds entries. */
export const append = (key: string, ...entries: ReadonlyArray<string>): Change => ({ name: "append", key, entries })

export type Operation =
  | Change
  | { readonly name: "load"; readonly key: string }
  | { readonly name: "list"; readonly namespace?: string }

/** A session as it was read, with all its entries. */
export interface Seen {
  readonly version: number
  readonly state: NoteState
  readonly entries: ReadonlyArray<string>
}

/** An error in its wire form. */
export interface WireError {
  readonly _tag: string
  readonly message: string
  readonly operation?: string
  readonly reason?: { readonly _tag: string; readonly outcome: string; readonly code?: string; readonly path?: string }
}

export interface Written {
  readonly _tag: "Written"
  readonly version: number
  readonly protocol: string
  readonly durability: string
  readonly attempts: number
}

export interface Listed {
  readonly _tag: "Listed"
  readonly keys: ReadonlyArray<string>
  readonly unreadable: ReadonlyArray<{ readonly place: string; readonly error: WireError }>
  readonly complete: boolean
}

export type Answer =
  | Written
  | Listed
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Loaded"; readonly session: Seen | null }
  | { readonly _tag: "Failed"; readonly error: WireError }

const keyOf = (path: string): SessionKey => {
  const names = path.split("/")
  return Session.key(names.at(-1)!, names.slice(0, -1))
}

const pathOf = (key: SessionKey): string => [...key.namespace, key.id].join("/")

/** An error as JSON, with its message. */
export const toWire = (error: { readonly _tag: string; readonly message: string }): WireError => {
  const { _tag, message } = error
  return error instanceof StorageError ? { ...encodeStorageError(error) as object, _tag, message } : { _tag, message }
}

/** A note whose text is a number, one higher. */
export const counted = (state: NoteState): NoteState => ({ ...state, text: String(Number(state.text) + 1) })

const writtenBy = (
  written: { readonly version: number; readonly receipt: Omit<Written, "_tag" | "version"> }
): Written => {
  const { attempts, durability, protocol } = written.receipt
  return { _tag: "Written", version: written.version, protocol, durability, attempts }
}

const loadAll = Effect.fnUntraced(function*(path: string) {
  const notes = yield* Notes
  const found = yield* notes.find(keyOf(path))
  if (Option.isNone(found)) return null
  const entries = yield* Stream.runCollect(notes.entries(keyOf(path)))
  const { state, version } = found.value
  const texts = entries.map((entry) => entry._tag === "Entry" ? entry.entry : `unreadable: ${entry.error.message}`)
  return { version, state, entries: texts } satisfies Seen
})

const attempt = Effect.fnUntraced(function*(operation: Operation) {
  const notes = yield* Notes
  switch (operation.name) {
    case "save":
      return writtenBy(yield* notes.save(keyOf(operation.key), operation.state))
    case "append": {
      const { entries, key, operationId } = operation
      return writtenBy(yield* notes.append(keyOf(key), entries, operationId === undefined ? {} : { operationId }))
    }
    case "commit":
      return writtenBy(yield* notes.commit(keyOf(operation.key), operation))
    case "update":
      return writtenBy(yield* notes.update(keyOf(operation.key), (state) => ({ ...state, title: operation.title })))
    case "count":
      return writtenBy(yield* notes.update(keyOf(operation.key), counted))
    case "remove": {
      const receipt = yield* notes.remove(keyOf(operation.key))
      return writtenBy({ version: receipt.version, receipt })
    }
    case "load":
      return { _tag: "Loaded", session: yield* loadAll(operation.key) } as const
    case "list": {
      const namespace = operation.namespace?.split("/")
      const { complete, sessions, unreadable } = yield* notes.list({ namespace, order: "id", limit: 10_000 })
      return {
        _tag: "Listed",
        keys: sessions.map(({ key }) => pathOf(key)),
        unreadable: unreadable.map(({ error, place }) => ({ place, error: toWire(error) })),
        complete
      } as const
    }
  }
})

/** Carries out one operation; a failure is an answer too. */
export const perform = (operation: Operation): Effect.Effect<Answer, never, Notes> =>
  Effect.catch(attempt(operation), (error) => Effect.succeed<Answer>({ _tag: "Failed", error: toWire(error) }))
