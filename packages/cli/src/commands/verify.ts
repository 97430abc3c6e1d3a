/**
 * `holdfast verify`: reads everything that a store holds and says what is wrong with it.
 *
 * Every session and every entry is read, so every checksum is checked; what the listing says of a session is compared
 * with its files, and leftovers of crashes are told. It only looks.
 */
import {
  codeUnits,
  type Finding,
  keyText,
  type Listed,
  type StorageAdapter,
  type StorageError,
  type StoredHead,
  type Unreadable
} from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { findingJson, unreadableJson } from "../output/encode.ts"
import { Output, type Shown } from "../output/Output.ts"
import { firstRows, seenFrom, unreadableLines, withoutPlace } from "../output/places.ts"
import { makeProgress } from "../output/progress.ts"
import { counted, type Paper, size } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { listAll } from "../stores/heads.ts"
import { openStore } from "../stores/open.ts"

/** Something wrong with a session that is there. */
interface Problem {
  readonly key: string
  readonly why: string
}

interface Verified {
  readonly location: string
  readonly sessions: number
  readonly entries: number
  readonly bytes: number
  readonly problems: ReadonlyArray<Problem>
  readonly unreadable: ReadonlyArray<Unreadable>
  readonly findings: ReadonlyArray<Finding>
}

interface Read {
  readonly entries: number
  readonly bytes: number
  readonly problems: ReadonlyArray<Problem>
}

const nothingRead = { entries: 0, bytes: 0 }

const isSameHead = (listed: StoredHead, found: StoredHead): boolean =>
  listed.kind === found.kind && listed.incarnation === found.incarnation && listed.summary === found.summary
  && listed.entryCount === found.entryCount && listed.updatedAt === found.updatedAt

/** Reads a session to its last entry. One that was saved or removed since it was listed is no problem. */
const readSession = Effect.fnUntraced(function*(
  adapter: StorageAdapter["Service"],
  listed: StoredHead
): Effect.fn.Return<Read, StorageError> {
  const { key } = listed
  const session = yield* adapter.load(key)
  if (Option.isNone(session)) return { ...nothingRead, problems: [] }
  const { body, head } = session.value
  const read = { entries: 0, bytes: Buffer.byteLength(body) }
  const problems: Array<Problem> = []
  if (head.version === listed.version && !isSameHead(listed, head)) {
    problems.push({ key: keyText(key), why: "the listing says something else of it than its files do" })
  }
  yield* Stream.runForEach(adapter.entries(key, { to: head.entryCount }), (row) =>
    Effect.sync(() => {
      if (row._tag === "StoredEntry") {
        read.entries += 1
        read.bytes += Buffer.byteLength(row.entry)
      } else problems.push({ key: keyText(key), why: `entry ${row.index}: ${row.error.reason.message}` })
    }))
  return { ...read, problems }
})

// Reading waits for the disk; more at once does not make a disk faster.
const readersMax = 4

/** Reads what is listed, while it is listed; sums and problems are kept. */
const verifyStore = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"]) {
  const { count, rows } = yield* listAll(adapter, { namespace: [] })
  const progress = yield* makeProgress("verifying sessions", count)
  const sums = { sessions: 0, entries: 0, bytes: 0 }
  const [problems, unreadable]: [Array<Problem>, Array<Unreadable>] = [[], []]
  const verifyOne = (head: StoredHead) =>
    readSession(adapter, head).pipe(
      Effect.catch((error) =>
        Effect.succeed<Read>({ ...nothingRead, problems: [{ key: keyText(head.key), why: error.reason.message }] })
      ),
      Effect.flatMap((read) => {
        sums.sessions += 1
        sums.entries += read.entries
        sums.bytes += read.bytes
        problems.push(...read.problems)
        return progress(1)
      })
    )
  const take = (row: Listed) =>
    row._tag === "Unreadable" ? Effect.sync(() => void unreadable.push(row)) : verifyOne(row)
  yield* Stream.runDrain(Stream.mapEffect(rows, take, { concurrency: readersMax }))
  const findings = yield* Stream.runCollect(adapter.recover("inspect"))
  const told = new Set(unreadable.map(({ place }) => place))
  return {
    location: adapter.location,
    ...sums,
    problems: problems.toSorted((self, that) => codeUnits(self.key, that.key)),
    unreadable,
    findings: findings.filter(({ place }) => !told.has(place))
  } satisfies Verified
})

const isSound = ({ findings, problems, unreadable }: Verified): boolean =>
  problems.length + unreadable.length + findings.filter(({ action }) => action !== "none").length === 0

const problemLines = (paper: Paper, { location, problems }: Verified): ReadonlyArray<string> =>
  problems.length === 0 ? [] : [
    "",
    paper.paint("bad", `${counted(problems.length, "problem")} in sessions:`),
    ...firstRows(
      paper,
      [{ title: "SESSION" }, { title: "WHAT" }],
      problems.map(({ key, why }) => [key, why.replaceAll(`${location}/`, "")])
    )
  ]

const findingLines = (paper: Paper, { findings, location }: Verified): ReadonlyArray<string> =>
  findings.length === 0 ? [] : [
    "",
    `${counted(findings.length, "leftover")} of crashes or other programs:`,
    ...firstRows(
      paper,
      [{ title: "WHERE" }, { title: "WHAT" }],
      findings.map(({ detail, place }) => [seenFrom(location, place), withoutPlace(detail, place)])
        .toSorted(([self = ""], [that = ""]) => codeUnits(self, that))
    )
  ]

const textOf = (verified: Verified) => (paper: Paper): ReadonlyArray<string> => {
  const { bytes, entries, location, sessions, unreadable } = verified
  const read = `${counted(sessions, "session")}, ${counted(entries, "entry", "entries")}, ${size(bytes)} of content`
  const unread = unreadableLines(paper, location, unreadable)
  return [
    `Read ${read}.`,
    ...problemLines(paper, verified),
    ...(unread.length === 0 ? [] : ["", ...unread]),
    ...findingLines(paper, verified),
    "",
    isSound(verified)
      ? paper.paint("good", "Everything was read, and its checksums are right.")
      : "Run `holdfast recover` to see what can be brought back."
  ]
}

const shown = (verified: Verified): Shown => ({
  json: () => ({
    location: verified.location,
    sessions: verified.sessions,
    entries: verified.entries,
    bytes: verified.bytes,
    isSound: isSound(verified),
    problems: verified.problems.map(({ key, why }) => ({ key, why })),
    unreadable: verified.unreadable.map(unreadableJson),
    findings: verified.findings.map(findingJson)
  }),
  text: textOf(verified)
})

const verifyGiven = Effect.gen(function*() {
  const { endWith, show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Look" })
  const verified = yield* Effect.scoped(verifyStore(adapter))
  yield* show(shown(verified))
  if (!isSound(verified)) yield* endWith(exitCodes.attention)
})

export const verify = Command.make("verify", {}, () => withOutput(Effect.scoped(verifyGiven))).pipe(
  Command.withDescription("Read everything in a store and check it."),
  Command.withExamples([{ command: "holdfast verify --store ./sessions", description: "Check a folder of sessions" }]),
  Command.annotate(ExitCodes, { 0: "everything was read and is sound", 1: "something is wrong with what was read" })
)
