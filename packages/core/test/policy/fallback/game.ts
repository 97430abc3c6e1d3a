/**
 * A schedule while it is played on a chain of three tiers: what is known of each session, and the claims about answers.
 *
 * What was acknowledged is there; what was refused is not; what nobody can tell is one or the other, and stays what
 * it was seen to be. A read may fail while a tier is in trouble, and never says something else.
 */
import {
  makeKey,
  type SessionKey,
  type StorageAdapter,
  type StorageChange,
  type StorageError,
  type StoredHead
} from "@holdfast/core"
import { Effect, Option, Result, Scope, Stream } from "effect"
import type { FallbackControl } from "../../../src/policy/fallback/Fallback.ts"
import { type Fuse, newFuse, openChain, type TestTier, testTier } from "./chains.ts"
import { among, type Content, type Deed, describe, type Possible, unique } from "./possible.ts"
import { repeatedMax } from "./schedule.ts"

export class Broken extends Error {}

/** What is known of one key. */
export interface Known {
  readonly key: SessionKey
  contents: Possible
  /** The newest version that was told. */
  version: number
  /** Whether a write without an answer may have another version. */
  isVersionSure: boolean
}

interface Instance {
  readonly adapter: StorageAdapter["Service"]
  readonly control: FallbackControl
  readonly scope: Scope.Closeable
  readonly fuse: Fuse
}

/** A write that was sent, as it is needed to send it again. */
export interface Sent {
  readonly known: Known
  readonly change: StorageChange
  /** What it does where it was not carried out yet. */
  readonly deed: Deed
  fate: "acknowledged" | "refused" | "unknown"
  /** Whether the session may have been removed since: what is made again under its id does not know the write. */
  isEnded: boolean
  /** Whether the session may have been removed once more: what a former life knew is forgotten then. */
  isForgotten: boolean
}

export const isTroubled = (tiers: ReadonlyArray<TestTier>): boolean =>
  tiers.some(({ trouble }) => trouble.reads !== "work" || trouble.writes !== "work" || trouble.builds !== "work")

export const start = Effect.fnUntraced(function*(tiers: readonly [TestTier, ...ReadonlyArray<TestTier>]) {
  const scope = yield* Scope.make()
  const fuse = newFuse()
  const opened = yield* Scope.provide(openChain(tiers, fuse), scope)
  return { ...opened, scope, fuse } satisfies Instance
})

export const written = { kind: "note", schemaVersion: 1 }

/** The summary that goes with a state. */
export const summaryOf = (state: string): string => `{"n":${state}}`

/** One run of a schedule. */
export interface Game {
  readonly tiers: readonly [TestTier, ...ReadonlyArray<TestTier>]
  readonly all: Map<number, Known>
  readonly trace: Array<string>
  instance: Instance
  /** The last writes, to be sent again. */
  sent: ReadonlyArray<Sent>
  /** Numbers of sessions, and of contents, that were not used yet. */
  fresh: number
  count: number
}

/** Begins a run on three empty tiers. */
export const begin = Effect.gen(function*() {
  const tiers = [testTier("first"), testTier("second"), testTier("third")] as const
  const game: Game = {
    tiers,
    all: new Map(),
    trace: [],
    instance: yield* start(tiers),
    sent: [],
    fresh: 100,
    count: 0
  }
  return game
})

/** Ends the run with what was done so far and why that is wrong. */
export const fail = (game: Game, why: string): never => {
  throw new Broken(`${game.trace.join("\n")}\n${why}`)
}

export const say = (game: Game, text: string): void => {
  game.trace.push(text)
}

/** What is known of a session by its number. */
export const knownOf = (game: Game, number: number): Known => {
  const known = game.all.get(number)
    ?? { key: makeKey(`session-${number}`, ["account"]), contents: [Option.none()], version: 0, isVersionSure: true }
  game.all.set(number, known)
  return known
}

/** Whether a change removes its session. */
export const isRemoval = ({ operations }: StorageChange): boolean => operations[0]?._tag === "Remove"

/** Remembers a write to send it again. */
export const remember = (game: Game, sent: Sent): void => {
  game.sent = [...game.sent, sent].slice(-repeatedMax)
}

/** A session was removed, or may have been: by `change`, or by a process that died in the midst of it. */
export const noteRemoval = (game: Game, known: Known, change?: StorageChange): void => {
  for (const sent of game.sent) {
    if (sent.known !== known || sent.change === change) continue
    sent.isForgotten = sent.isEnded
    sent.isEnded = true
  }
}

/** A call may fail only while a tier is in trouble. */
export const mayFail = (game: Game, error: StorageError, what: string): void => {
  say(game, `  ${what} failed: ${error.message}`)
  if (!isTroubled(game.tiers)) fail(game, `${what} failed although every tier works: ${error.message}`)
}

/** Loads a session: its state is one that is possible, and its version has not fallen. */
export const load = Effect.fnUntraced(function*(game: Game, known: Known) {
  const head = yield* Effect.result(game.instance.adapter.load(known.key))
  if (Result.isFailure(head)) return mayFail(game, head.failure, "load")
  const states = unique(known.contents.map(Option.map(({ state }): Content => ({ state, entries: [] }))))
  const found = Option.map(head.success, ({ body }): Content => ({ state: body, entries: [] }))
  if (!among(states, found)) {
    fail(game, `the state of ${known.key.id} is ${describe([found])}, possible is ${describe(known.contents)}`)
  }
  known.contents = known.contents.filter((content) =>
    among([Option.map(content, ({ state }) => ({ state, entries: [] }))], found)
  )
  if (Option.isNone(head.success)) return
  const { version } = head.success.value.head
  if (version < known.version) fail(game, `${known.key.id} has fallen from version ${known.version} to ${version}`)
  if (known.isVersionSure && known.version > 0 && version !== known.version && known.contents.length === 1) {
    say(game, `  version ${version} after ${known.version}`)
  }
  known.version = version
  known.isVersionSure = true
})

/** Reads a session with its entries. */
export const read = Effect.fnUntraced(function*(game: Game, known: Known) {
  yield* load(game, known)
  const rows = yield* Effect.result(Stream.runCollect(game.instance.adapter.entries(known.key, {})))
  if (Result.isFailure(rows)) return mayFail(game, rows.failure, "entries")
  const found = rows.success.map((row) => row._tag === "StoredEntry" ? row.entry : "unreadable")
  const fits = known.contents.filter((content) =>
    JSON.stringify(Option.match(content, { onNone: () => [], onSome: ({ entries }) => entries })) ===
      JSON.stringify(found)
  )
  if (fits.length === 0) {
    fail(game, `the entries of ${known.key.id} are ${JSON.stringify(found)}, possible is ${describe(known.contents)}`)
  }
  known.contents = fits
})

/** A row shows one of the states that are possible, with its count of entries, under no older version than was told. */
const checkRow = (game: Game, { contents, key, version }: Known, row: StoredHead): void => {
  const present = contents.flatMap(Option.toArray)
  if (present.length === 0) return fail(game, `${key.id} is listed, and was removed`)
  if (row.version < version) fail(game, `${key.id} is listed with version ${row.version}, told was ${version}`)
  const isPossible = present.some(({ entries, state }) =>
    row.summary === summaryOf(state) && row.entryCount === entries.length
  )
  const shown = `${row.summary} and ${row.entryCount} entries`
  if (!isPossible) fail(game, `${key.id} is listed with ${shown}, possible is ${describe(contents)}`)
}

/** Lists all sessions: what is there is listed, and nothing else. */
export const list = Effect.fnUntraced(function*(game: Game) {
  const rows = yield* Effect.result(Stream.runCollect(game.instance.adapter.list({ namespace: [], order: "id" })))
  if (Result.isFailure(rows)) return mayFail(game, rows.failure, "list")
  const isComplete = rows.success.every(({ _tag }) => _tag === "StoredHead")
  if (!isComplete && !isTroubled(game.tiers)) fail(game, "a listing is not complete although every tier works")
  const listed = rows.success.flatMap((row) => row._tag === "StoredHead" ? [row] : [])
  for (const row of listed) {
    const known = [...game.all.values()].find((one) => one.key.id === row.key.id)
    if (known === undefined) return fail(game, `${row.key.id} is listed, and nobody wrote it`)
    // What a tier that cannot be listed holds may be newer than what is shown, which is then called incomplete.
    if (isComplete) checkRow(game, known, row)
  }
  if (!isComplete) return
  for (const { contents, key } of game.all.values()) {
    const isListed = listed.some((row) => row.key.id === key.id)
    if (!isListed && contents.every(Option.isSome)) fail(game, `${key.id} is not listed`)
  }
})

/** Takes over what the answer to a first sending says; a failure whose outcome is unknown leaves both possible. */
export const judge = (
  game: Game,
  sent: Sent,
  answer: Result.Result<{ readonly keys: ReadonlyArray<{ readonly version: number }> }, StorageError>
) => {
  const { change, deed, known } = sent
  const after = unique(known.contents.map(deed))
  if (Result.isSuccess(answer)) {
    const { version } = answer.success.keys[0]!
    say(game, `  version ${version}`)
    sent.fate = "acknowledged"
    if (isRemoval(change)) noteRemoval(game, known, change)
    return { _tag: "Acknowledged" as const, after, version }
  }
  const { failure } = answer
  say(game, `  ${failure.outcome}: ${failure.message}`)
  if (failure.outcome === "unknown") {
    sent.fate = "unknown"
    known.isVersionSure = false
    known.contents = unique([...known.contents, ...after])
    if (isRemoval(change)) noteRemoval(game, known, change)
  }
  return { _tag: "Refused" as const, failure }
}
