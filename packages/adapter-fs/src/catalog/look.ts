/**
 * Looking at a session's files: are they what a row says, and what does a row have to say.
 *
 * A row is made only of files that stood still while they were read, and whose bytes are on the disk: after
 * a power cut a catalog must not know more than the disk does.
 */
import type { Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { recall, slotPath, type Target } from "../commit/Place.ts"
import { readHead } from "../commit/readHead.ts"
import { liveSegment, readTail, storedHeadOf } from "../commit/readLog.ts"
import { syncFile } from "../io/durable.ts"
import type { LookExactly, LookNow } from "../io/exactStat.ts"
import type { IoFailure } from "../io/Io.ts"
import type { Document } from "../layout/envelope.ts"
import { emptyLog } from "../layout/logFold.ts"
import type { Catalog } from "./Catalog.ts"
import type { Marked } from "./marks.ts"
import { readPlainIn } from "./plain.ts"
import { type FileId, fileName, type HeadFacts, isYoung, type SessionRow, stampOf, type Stamps } from "./row.ts"

const pathOf = ({ folder, place, stem }: Target, file: string): string => place.path.join(folder, fileName(stem, file))

const stamp = (look: LookExactly, target: Target, file: string): Effect.Effect<string | null, IoFailure> =>
  Effect.map(look(pathOf(target, file)), (facts) => Option.isSome(facts) ? stampOf(facts.value) : null)

const stamps = (look: LookExactly, target: Target, files: ReadonlyArray<FileId>): Effect.Effect<Stamps, IoFailure> =>
  Effect.map(
    Effect.forEach(files, (file) => stamp(look, target, file)),
    (found) => Object.fromEntries(files.map((file, index) => [file, found[index]!]))
  )

const isSame = (self: Stamps, that: Stamps): boolean =>
  (Object.keys(self) as ReadonlyArray<FileId>).every((file) => self[file] === that[file])

/**
 * Whether a session's files are what its row says. `names` are the files of its folder, where it is sure that
 * none is missing among them: a file that is not there then needs no look.
 */
export const isUnchanged = (look: LookExactly, target: Target, { names, row }: {
  readonly row: SessionRow
  readonly names: Option.Option<ReadonlySet<string>>
}): Effect.Effect<boolean> => {
  // What follows a failed sync is not shown by this process, and others may have counted it.
  if (isYoung(row) || recall(target).isLogBroken) return Effect.succeed(false)
  const isKnownAbsent = (file: string) => Option.exists(names, (known) => !known.has(fileName(target.stem, file)))
  return Effect.gen(function*() {
    for (const [file, expected] of Object.entries(row.files)) {
      const found = isKnownAbsent(file) ? null : yield* stamp(look, target, file)
      if (found !== expected) return false
    }
    return true
  }).pipe(Effect.orElseSucceed(() => false))
}

/** What a row is made of: the session's head, and the files that it comes from. */
interface Read {
  readonly head: Option.Option<HeadFacts>
  readonly version: number
  readonly files: Stamps
}

const slots: ReadonlyArray<FileId> = ["main", "alt"]

const segmentsOf = (document: Document): ReadonlyArray<FileId> => {
  const segments = new Set([...document.log.segments.map(({ segment }) => segment), liveSegment(document).segment])
  return [...segments].map((segment): FileId => `${segment}`)
}

const readLive = Effect.fnUntraced(function*(look: LookExactly, target: Target, document: Document) {
  const files = yield* stamps(look, target, segmentsOf(document))
  const log = yield* readTail(target, document)
  if (log.state.hasWaiting || log.isShort) return Option.none()
  const { _tag: _, key: _key, ...head } = storedHeadOf(document, log.state)
  return Option.some({ head: Option.some(head), version: head.version, files })
})

/** How files are looked at: through the thread pool where one has to, or at once. */
interface Looking {
  readonly stamps: (files: ReadonlyArray<FileId>) => Effect.Effect<Stamps, IoFailure>
  /** Reads a session that is a head alone; none where that is not done at once. */
  readonly readPlain: Option.Option<() => Document | undefined>
}

const plainFiles: ReadonlyArray<FileId> = [...slots, "0"]

/** Reads a session that is a head alone; none of any other, nor where that cannot be done at once. */
const readAlone = Effect.fnUntraced(function*({ readPlain, stamps: look }: Looking) {
  if (Option.isNone(readPlain)) return Option.none<Read>()
  const files = yield* look(plainFiles)
  const document = files.main === null || files.alt !== null || files["0"] !== null ? undefined : readPlain.value()
  if (document === undefined) return Option.none<Read>()
  const { _tag: _, key: _key, ...head } = storedHeadOf(document, emptyLog(0, 0))
  return Option.some<Read>({ head: Option.some(head), version: head.version, files })
})

/** Reads a session as it lies there; none when it cannot be told by a row: it is damaged, or being written. */
const readStill = Effect.fnUntraced(function*(
  look: LookExactly,
  target: Target
): Effect.fn.Return<Option.Option<Read | "absent">, IoFailure | Reason> {
  const before = yield* stamps(look, target, slots)
  const isThere = Object.values(before).some((found) => found !== null)
  const head = yield* readHead(target)
  if (head._tag === "Absent" && !isThere) return Option.some("absent")
  // What is read and cannot be looked at lies on a file system that this machine does not know.
  if (head._tag !== "Current" || !isThere) return Option.none()
  if (head.other !== "Missing" && head.other !== "Document") return Option.none()
  const { document } = head
  const read: Option.Option<Read> = document.isRemoved
    ? Option.some({ head: Option.none(), version: document.version, files: {} })
    : yield* readLive(look, target, document)
  return Option.map(read, (found): Read => ({ ...found, files: { ...before, ...found.files } }))
})

const stampsNow = (look: LookNow, target: Target, files: ReadonlyArray<FileId>): Stamps =>
  Object.fromEntries(files.map((file) => {
    const facts = look.exactly(pathOf(target, file))
    return [file, facts === undefined ? null : stampOf(facts)]
  }))

/** How a session is looked at as things are: at once where its folder answers so. */
const lookingAt = Effect.fnUntraced(function*(catalog: Catalog, target: Target): Effect.fn.Return<Looking> {
  const { look, lookNow, place } = catalog
  const pooled: Looking = { stamps: (files) => stamps(look, target, files), readPlain: Option.none() }
  if (Option.isNone(lookNow) || !(yield* place.io.isAtOnce(target.folder))) return pooled
  return {
    stamps: (files) =>
      Effect.catch(
        Effect.try({ try: () => stampsNow(lookNow.value, target, files), catch: () => undefined }),
        () => pooled.stamps(files)
      ),
    // The looks before and after tell that nothing else is there.
    readPlain: Option.map(
      readPlainIn(catalog),
      (read) => () => read(target, (path) => path !== slotPath(target, "main"))
    )
  }
})

/** Makes the bytes of files durable that others have written. */
const syncFiles = (target: Target, files: Stamps): Effect.Effect<void, IoFailure> =>
  Effect.forEach(
    Object.entries(files).filter(([, found]) => found !== null),
    ([file]) => syncFile(target.place.io, pathOf(target, file)),
    { discard: true }
  )

/** What was found at a session's place. */
export type Looked =
  | { readonly _tag: "Row"; readonly row: SessionRow; readonly isOwn: boolean }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unsettled" }

/** Looks at a session for a row that is written at `writtenAt`. */
export const lookAt = Effect.fnUntraced(function*(
  catalog: Catalog,
  { synced, target }: Marked,
  writtenAt: number
): Effect.fn.Return<Looked> {
  const unsettled: Looked = { _tag: "Unsettled" }
  if (recall(target).isLogBroken || target.place.memory.held.has(target.keyText)) return unsettled
  const looked = Effect.gen(function*() {
    const looking = yield* lookingAt(catalog, target)
    const alone: Option.Option<Read | "absent"> = yield* readAlone(looking)
    const read = Option.isSome(alone) ? alone : yield* readStill(catalog.look, target)
    if (Option.isNone(read)) return unsettled
    if (read.value === "absent") return { _tag: "Absent" as const }
    const { files, head, version } = read.value
    const entryCount = Option.match(head, { onNone: () => 0, onSome: (facts) => facts.entryCount })
    // What was acknowledged is not there: the row that says so is all that is left of it.
    const known = yield* target.place.acknowledged(target)
    if (version < known.version) return unsettled
    const isOwn = Option.exists(synced, (saved) => saved.version === version)
    // A row that says this version was written of synced facts.
    if (!isOwn && version !== known.version) yield* syncFiles(target, files)
    const after = yield* looking.stamps(Object.keys(files) as ReadonlyArray<FileId>)
    if (!isSame(files, after)) return unsettled
    return {
      _tag: "Row" as const,
      isOwn,
      row: {
        _tag: "Session" as const,
        stem: target.stem,
        ...(isOwn ? { version, entryCount } : known),
        writtenAt,
        files,
        head
      }
    }
  })
  return yield* Effect.orElseSucceed(looked, () => unsettled)
})
