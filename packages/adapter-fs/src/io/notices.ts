/**
 * The notice board: before a process changes a key it says so to the processes that watch the store.
 *
 * A notice is written before the change, so that one whose writer died is looked at, too. Nobody writes
 * while nobody watches: watchers share a lock, and a writer that could be alone with it has none to tell.
 * The board holds nothing that is needed; it is emptied when the first watcher comes or when it is large.
 */
import { Busy, keyText, randomId, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { truncateAndAppend } from "./durable.ts"
import { isMissing } from "./errno.ts"
import type { Io } from "./Io.ts"
import { type LockDatabase, LockDatabases } from "./lockDatabase.ts"

/** What is told of a change: its key and the kind of the session. */
export interface Notice {
  readonly key: SessionKey
  readonly kind: string
}

/** What was told since the last look; `hasMissed` when some of it cannot be known any more. */
export interface News {
  readonly notices: ReadonlyArray<Notice>
  readonly hasMissed: boolean
}

/** The board as one process uses it. */
export interface Notices {
  /** Tells other processes that a key is about to be changed. The caller holds the key. */
  readonly announce: (notice: Notice) => Effect.Effect<void>
  /** Registers for the length of the scope. Each run of the answer gives what was told since the one before. */
  readonly follow: Effect.Effect<Effect.Effect<News>, Reason, Scope.Scope>
}

const Line = Schema.Union([
  Schema.Struct({ begins: Schema.String }),
  Schema.Struct({ by: Schema.String, namespace: Schema.Array(Schema.String), id: Schema.String, kind: Schema.String })
])
const decodeLine = Schema.decodeUnknownResult(Schema.fromJsonString(Line))

// Ten thousand notices. Whoever watches looks ten times a second and reads what was added.
const boardMax = 1024 * 1024

const encode = (line: typeof Line.Type): Uint8Array => new TextEncoder().encode(`${JSON.stringify(line)}\n`)

const linesOf = (bytes: Uint8Array): ReadonlyArray<typeof Line.Type> =>
  new TextDecoder().decode(bytes).split("\n").flatMap((text) => {
    const line = decodeLine(text)
    return Result.isSuccess(line) ? [line.success] : []
  })

/** How far somebody has read, of which filling of the board, and what the file was like then. */
interface Position {
  readonly begins: string
  readonly offset: number
  readonly stamp: string
}

/** The board's text from its beginning; a board that is not there is empty. */
const readBoard = (io: Io, board: string) =>
  Effect.catchIf(io.readFile(board), isMissing, () => Effect.succeed(new Uint8Array()))

/** What changes whenever the board does. */
const stampOf = (io: Io, board: string) =>
  Effect.match(io.stat(board), {
    onFailure: ({ code }) => code,
    onSuccess: ({ modifiedAt, size }) => `${size} ${Option.getOrElse(modifiedAt, () => 0)}`
  })

const beginningOf = (lines: ReadonlyArray<typeof Line.Type>): string => {
  const first = lines[0]
  return first !== undefined && "begins" in first ? first.begins : ""
}

const lastLineEnd = (bytes: Uint8Array): number => bytes.lastIndexOf(0x0a) + 1

const makeLook = (io: Io, board: string, self: string) => {
  let position: Position = { begins: "", offset: 0, stamp: "" }
  const look = Effect.gen(function*() {
    const stamp = yield* stampOf(io, board)
    if (stamp === position.stamp) return { notices: [], hasMissed: false }
    const bytes = yield* readBoard(io, board)
    const end = lastLineEnd(bytes)
    const begins = beginningOf(linesOf(bytes.subarray(0, bytes.indexOf(0x0a) + 1)))
    const isSame = begins === position.begins && end >= position.offset
    const lines = linesOf(bytes.subarray(isSame ? position.offset : 0, end))
    position = { begins, offset: end, stamp }
    const notices = lines.flatMap((line) =>
      "begins" in line || line.by === self
        ? []
        : [{ key: { namespace: line.namespace, id: line.id }, kind: line.kind }]
    )
    return { notices, hasMissed: !isSame }
  })
  // A board that cannot be read may hold anything.
  return Effect.catch(look, () => Effect.succeed<News>({ notices: [], hasMissed: true }))
}

// Another process that checks for watchers is alone with the lock for microseconds.
const comeAgain = Schedule.spaced("2 millis").pipe(Schedule.upTo({ times: 500 }))

/** One notice of each key, the last one. */
const newest = (
  notices: ReadonlyArray<Notice>
): ReadonlyArray<Notice> => [...new Map(notices.map((notice) => [keyText(notice.key), notice])).values()]

/** Whether somebody shares the lock of those who watch. */
const isWatched = ({ release, takeAlone }: LockDatabase): Effect.Effect<boolean> =>
  Effect.match(takeAlone, { onFailure: () => true, onSuccess: () => false }).pipe(Effect.tap(release))

/**
 * Opens the board for the length of the scope. `self` is what this process is called on it; `passAll` ends when
 * every write of others that has begun has ended.
 */
export const openNotices = Effect.fnUntraced(function*(
  io: Io,
  { files, self }: { readonly files: { readonly board: string; readonly watchers: string }; readonly self: string },
  passAll: Effect.Effect<void, Reason>
): Effect.fn.Return<Notices, never, Scope.Scope> {
  // What could not be told is told by a new beginning: whoever follows then knows that he has missed something.
  let owesBeginning = false
  const { open } = yield* LockDatabases
  const checking = yield* Effect.option(open(files.watchers))
  const begin = (line: Uint8Array) =>
    truncateAndAppend(io, files.board, Buffer.concat([encode({ begins: randomId() }), line]))

  const write = Effect.fnUntraced(function*(notice: Notice) {
    const { id, namespace } = notice.key
    const line = encode({ by: self, namespace, id, kind: notice.kind })
    const size = yield* Effect.match(io.stat(files.board), { onFailure: () => 0, onSuccess: (facts) => facts.size })
    yield* owesBeginning || size === 0 || size > boardMax
      ? begin(line)
      : io.withFile(files.board, "a", (file) => file.writeAll(line))
    owesBeginning = false
  })

  const failed = Effect.fnUntraced(function*(notice: Notice) {
    owesBeginning = true
    yield* Effect.logDebug("holdfast: could not tell of", keyText(notice.key))
  })
  return {
    announce: (notice) =>
      Option.match(checking, {
        onNone: () => Effect.void,
        onSome: (watchers) =>
          Effect.flatMap(isWatched(watchers), (watched) =>
            watched ? Effect.catch(write(notice), () => failed(notice)) : Effect.void)
      }),
    follow: Effect.gen(function*() {
      const busy = () => new Busy({ path: files.watchers, code: "SQLITE_BUSY", outcome: "notApplied" })
      const mine = yield* Effect.mapError(open(files.watchers), busy)
      // The first who comes begins the board; that there is none is no reason not to watch.
      if (yield* Effect.isSuccess(mine.takeAlone)) yield* Effect.exit(begin(new Uint8Array()))
      yield* mine.release
      yield* Effect.mapError(Effect.retry(mine.share, { schedule: comeAgain }), busy)
      // Who looked for watchers before may still be writing.
      yield* passAll
      const look = makeLook(io, files.board, self)
      yield* look
      return Effect.map(look, ({ hasMissed, notices }) => ({ hasMissed, notices: newest(notices) }))
    })
  }
})
