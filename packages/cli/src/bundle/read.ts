/**
 * Reading a bundle: from lines to whole sessions, one at a time, however large the bundle is.
 *
 * A session counts when every one of its lines is there and sound; what is not is told with the number of its line, and
 * the sessions round it are read. A bundle without its last line was cut off.
 */
import { keyText, type StoredEntry, type StoredSession, type WholeSession } from "@holdfast/core"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BundleLine, entryOf, parseLine, sessionOf } from "./line.ts"

/** What is read of a bundle. */
export type BundleItem =
  | { readonly _tag: "Session"; readonly whole: WholeSession; readonly lastLine: number }
  /** Something that is not whole: a session, or a line that nobody can say the session of. */
  | { readonly _tag: "Damaged"; readonly line: number; readonly what: string }
  | { readonly _tag: "End"; readonly sessions: number }

interface Pending {
  readonly session: StoredSession
  readonly entries: Array<StoredEntry>
  readonly line: number
  lastLine: number
}

interface State {
  line: number
  isBundle: boolean
  hasEnded: boolean
  pending: Pending | undefined
}

const isWhole = ({ entries, session: { head } }: Pending): boolean =>
  entries.length === head.entryCount && entries.every(({ index }, place) => index === place)

/** Gives up the session that was being read: whole, or told as what it is. */
const settle = (state: State): ReadonlyArray<BundleItem> => {
  const { pending } = state
  state.pending = undefined
  if (pending === undefined) return []
  const { entries, lastLine, line, session } = pending
  if (isWhole(pending)) return [{ _tag: "Session", whole: { session, entries }, lastLine }]
  return [{ _tag: "Damaged", line, what: `the session ${keyText(session.head.key)} lacks some of its entries` }]
}

const damaged = (line: number, what: string): ReadonlyArray<BundleItem> => [{ _tag: "Damaged", line, what }]

const take = (state: State, record: BundleLine): ReadonlyArray<BundleItem> => {
  switch (record._tag) {
    case "bundle":
      state.isBundle = true
      return []
    case "session": {
      const settled = settle(state)
      state.pending = { session: sessionOf(record), entries: [], line: state.line, lastLine: state.line }
      return settled
    }
    case "entry": {
      const { pending } = state
      if (pending === undefined) return damaged(state.line, "an entry without its session")
      pending.entries.push(entryOf(record))
      pending.lastLine = state.line
      return []
    }
    case "end":
      state.hasEnded = true
      return [...settle(state), { _tag: "End", sessions: record.sessions }]
  }
}

const step = (state: State, text: string): readonly [State, ReadonlyArray<BundleItem>] => {
  state.line += 1
  if (text === "") return [state, []]
  const record = parseLine(text)
  if (Option.isSome(record)) return [state, take(state, record.value)]
  return [state, damaged(state.line, state.isBundle ? "a damaged line" : "no line of a bundle")]
}

const halt = (state: State): ReadonlyArray<BundleItem> => {
  state.line += 1
  return [...settle(state), ...(state.hasEnded ? [] : damaged(state.line, "the bundle is cut off here"))]
}

/** The sessions of a bundle, from its lines. */
export const readBundle = <E, R>(lines: Stream.Stream<string, E, R>): Stream.Stream<BundleItem, E, R> =>
  Stream.mapAccum(
    lines,
    (): State => ({ line: 0, isBundle: false, hasEnded: false, pending: undefined }),
    step,
    { onHalt: halt }
  )
