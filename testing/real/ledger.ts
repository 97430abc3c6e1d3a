/**
 * What must be on the disk, from what was asked and what was answered.
 *
 * An acknowledged change is there, a refused one is not, and one without an answer is there whole or not at all. The
 * ledger holds every state that a session may be in by that, so that what is read is right or wrong, never roughly.
 */
import { assert } from "@effect/vitest"
import type { Lane } from "./app.ts"
import { type Answer, type Change, counted, type Seen } from "./notes.ts"

/** A state that a session may be in. */
interface Possible {
  readonly state: Seen["state"] | null
  readonly entries: ReadonlyArray<string>
  /** Its version, or the one that it is above of. */
  readonly version: { readonly is: number } | { readonly above: number }
}

const absent: Possible = { state: null, entries: [], version: { above: 0 } }

const floorOf = ({ version }: Possible): number => "is" in version ? version.is : version.above

/** The state after a change; entries with an operation id, which are unique, are not added a second time. */
const changed = (before: Possible, change: Change): Possible => {
  const version = { above: floorOf(before) }
  const { entries, state } = before
  switch (change.name) {
    case "save":
      return { state: change.state, entries, version }
    case "commit":
      return { state: change.state, entries: [...entries, ...change.entries], version }
    case "append":
      return change.operationId !== undefined && entries.includes(change.entries[0]!)
        ? before
        : { state, entries: [...entries, ...change.entries], version }
    case "update":
      return { state: state === null ? null : { ...state, title: change.title }, entries, version }
    case "count":
      return { state: state === null ? null : counted(state), entries, version }
    case "remove":
      return { state: null, entries: [], version }
  }
}

const isSeen = (possible: Possible, seen: Seen | null): boolean => {
  if (possible.state === null || seen === null) return possible.state === seen
  const { version } = possible
  return ("is" in version ? seen.version === version.is : seen.version > version.above)
    && JSON.stringify([possible.state, possible.entries]) === JSON.stringify([seen.state, seen.entries])
}

const brief = (value: unknown): string =>
  JSON.stringify(value, (_, part) => typeof part === "string" ? part.slice(0, 40) : part)

export interface Ledger {
  /** Notes a change and its answer; none when the process died before it gave one. */
  readonly note: (change: Change, answer: Answer | undefined) => void
  /** Notes lanes up to the first operation without an answer: what comes after it was not begun. */
  readonly noteLanes: (lanes: ReadonlyArray<ReadonlyArray<Lane>>) => void
  /** Judges what was read of a session. */
  readonly check: (key: string, seen: Seen | null) => void
  /** The keys that were changed. */
  readonly keys: () => ReadonlyArray<string>
  /** The keys of the sessions that are there, as far as every possibility agrees. */
  readonly present: () => ReadonlyArray<string>
}

export const makeLedger = (): Ledger => {
  const sessions = new Map<string, ReadonlyArray<Possible>>()
  const possibleAt = (key: string) => sessions.get(key) ?? [absent]

  const note: Ledger["note"] = (change, answer) => {
    const before = possibleAt(change.key)
    const after = before.map((possible) => changed(possible, change))
    if (answer?._tag === "Written") {
      const { version } = answer
      before.forEach((possible, index) => {
        const isRepeated = after[index] === possible && "is" in possible.version
        const isRight = isRepeated ? version === floorOf(possible) : version > floorOf(possible)
        assert.isTrue(
          isRight,
          `${change.name} of ${change.key} gave version ${version} after ${brief(possible.version)}`
        )
      })
      sessions.set(change.key, after.map((possible) => ({ ...possible, version: { is: version } })))
    } else if (answer?._tag === "Failed" && (answer.error.reason?.outcome ?? "notApplied") === "notApplied") {
      sessions.set(change.key, before)
    } else {
      sessions.set(change.key, [...before, ...after])
    }
  }
  return {
    note,
    noteLanes: (lanes) => {
      for (const lane of lanes) {
        for (const { answer, operation } of lane) {
          if (operation.name === "load" || operation.name === "list") continue
          note(operation, answer())
          if (answer() === undefined) break
        }
      }
    },
    check: (key, seen) => {
      const possible = possibleAt(key)
      const right = possible.find((one) => isSeen(one, seen))
      if (right === undefined) assert.fail(`${key} is ${brief(seen)}, and must be one of ${brief(possible)}`)
      sessions.set(key, [{ ...right, version: seen === null ? right.version : { is: seen.version } }])
    },
    keys: () => [...sessions.keys()].toSorted(),
    present: () =>
      [...sessions].filter(([, possible]) => possible.every(({ state }) => state !== null)).map(([key]) => key)
        .toSorted()
  }
}
