/**
 * Recovery: look at every leftover under its key's lock, decide, and do it.
 *
 * What a living writer of another process may own is touched only while nobody else has the store open.
 * Running it again after an interruption goes on; after a whole run there is nothing left to do.
 */
import { type Adopted, type Adopter, type Finding, keyText, type Reason, type SessionKey } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Scanned, walk } from "../catalog/walk.ts"
import {
  ensureFolder,
  type Place,
  readReason,
  segmentPath,
  slotPath,
  syncNames,
  type Target,
  targetOf
} from "../commit/Place.ts"
import { publish } from "../commit/publish.ts"
import { type HeadState, readHead } from "../commit/readHead.ts"
import { setAside } from "../commit/setAside.ts"
import { removeFile } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import type { Presence } from "../io/presence.ts"
import { checksum } from "../layout/checksum.ts"
import { type Parsed, parseDocument } from "../layout/envelope.ts"
import { adoptable, adoptForeign } from "./adopt.ts"
import { decide, type Decision, type HeadSeen, type Seen } from "./decide.ts"
import { type Leftover, leftoversOf } from "./leftovers.ts"

/** What recovery works with: the place, who else may be there, and what the app takes for sessions. */
export interface Recovery {
  readonly place: Place
  readonly presence: Option.Option<Presence>
  readonly adopter: Option.Option<Adopter>
}

/** A leftover as it was looked at, with what the adopter makes of it. */
interface Looked {
  readonly leftover: Leftover
  readonly bytes: Uint8Array
  readonly content: Parsed
  readonly head: HeadState
  readonly adopted: Option.Option<Adopted>
  /** Whether entries of a session lie beside it. */
  readonly hasLog: boolean
}

const seenHead = (head: HeadState, bytes: Uint8Array): HeadSeen => {
  if (head._tag === "Absent") return { _tag: "Absent" }
  if (head._tag === "Unreadable") return { _tag: Option.isSome(head.foreign) ? "Foreign" : "Unreadable" }
  const { adoptedFrom, isRemoved, version } = head.document
  return { _tag: "Present", version, isRemoved, isSource: Option.contains(adoptedFrom, checksum(bytes)) }
}

/** What the bytes are to this key: a document of another one is damage here. */
const contentFor = (target: Target, bytes: Uint8Array): Parsed => {
  const parsed = parseDocument(bytes)
  return parsed._tag === "Document" && keyText(parsed.document.key) !== target.keyText
    ? { _tag: "Damaged", problem: "names another session" }
    : parsed
}

const remove = Effect.fnUntraced(function*(place: Place, path: string) {
  yield* Effect.catchIf(removeFile(place.io, path), isMissing, () => Effect.void)
  yield* syncNames(place, place.path.dirname(path))
}, (effect, place) => Effect.mapError(effect, readReason(place)))

/** Publishes a temporary file's own bytes: it was whole, and the session has nothing else. */
const promote = Effect.fnUntraced(function*(target: Target, { bytes, head, leftover }: Looked) {
  if (head._tag === "Unreadable") return
  yield* ensureFolder(target.place, target.key.namespace)
  yield* publish(target, head._tag === "Absent" ? { ...head, mustBeNew: true } : head, bytes)
  yield* remove(target.place, leftover.path)
})

/** Whether the second name of a session that is to be adopted holds a first write that did not finish. */
const isAltTaken = (head: HeadState): boolean =>
  head._tag === "Absent"
    ? head.isTaken.alt
    : head._tag === "Unreadable" && Option.exists(head.foreign, (file) => file.isAltTaken)

const adopt = Effect.fnUntraced(function*(target: Target, { adopted, bytes, head, leftover }: Looked) {
  if (Option.isNone(adopted)) return
  const { path } = leftover
  const facts = yield* Effect.option(target.place.io.stat(path))
  const modifiedAt = Option.flatMap(facts, (file) => file.modifiedAt)
  const isTaken = { main: path === slotPath(target, "main"), alt: isAltTaken(head) }
  yield* adoptForeign(target, { path, bytes, modifiedAt, isTaken }, adopted.value)
})

const apply = (target: Target, looked: Looked, decision: Decision): Effect.Effect<void, Reason> => {
  const { bytes, leftover: { path, what } } = looked
  switch (decision.action) {
    case "adopt":
      return what === "ownTemp" ? promote(target, looked) : adopt(target, looked)
    case "quarantine":
      return Effect.andThen(setAside(target.place, path, bytes), remove(target.place, path))
    case "delete":
      return remove(target.place, path)
    default:
      return Effect.void
  }
}

const finding = (leftover: Leftover, decision: Decision, applied: boolean): Finding => ({
  ...decision,
  place: leftover.path,
  key: leftover.key,
  applied
})

const ownedByWriters: ReadonlySet<Leftover["what"]> = new Set(["ownTemp", "loneAlt", "orphanLog", "probe"])

/** Reads a leftover with its key's head; none when it is gone. */
const look = Effect.fnUntraced(function*({ adopter, place }: Recovery, leftover: Leftover, key: SessionKey) {
  const target = targetOf(place, key)
  const bytes = yield* Effect.asSome(place.io.readFile(leftover.path)).pipe(
    Effect.catchIf(isMissing, () => Effect.succeedNone),
    Effect.mapError(readReason(place))
  )
  if (Option.isNone(bytes)) return Option.none<Looked>()
  const content = contentFor(target, bytes.value)
  const json = content._tag === "Foreign" ? Option.some(content.json) : Option.none()
  const adopted = yield* adoptable(adopter, json, target)
  const head = yield* readHead(target)
  const hasLog = yield* Effect.isSuccess(place.io.stat(segmentPath(target, 0)))
  const looked: Looked = { leftover, bytes: bytes.value, content, head, adopted, hasLog }
  return Option.some(looked)
})

const seenOf = ({ adopted, bytes, content, hasLog, head, leftover }: Looked): Seen => ({
  hasLog,
  what: leftover.what,
  content: content._tag,
  isEmpty: bytes.length === 0,
  version: content._tag === "Document" ? content.document.version : 0,
  head: seenHead(head, bytes),
  isAdoptable: Option.isSome(adopted)
})

/** Whether what is decided is also done. */
type Mode = "inspect" | "apply"

/** Whether something was done; somebody else may have published the session meanwhile, and then theirs stands. */
const unlessTaken = (doing: Effect.Effect<void, Reason>): Effect.Effect<boolean, Reason> =>
  Effect.as(doing, true).pipe(
    Effect.catchIf((reason) => reason._tag === "Unclassified" && reason.code === "EEXIST", () => Effect.succeed(false))
  )

/** Looks at one leftover, and in mode `apply` does what is decided. */
const treat = (recovery: Recovery, leftover: Leftover, options: { readonly key: SessionKey; readonly mode: Mode }) => {
  const target = targetOf(recovery.place, options.key)
  const turn = Effect.gen(function*() {
    const looked = yield* look(recovery, leftover, options.key)
    const decision = Option.isSome(looked) ? decide(seenOf(looked.value)) : undefined
    if (Option.isNone(looked) || decision === undefined) return []
    const applies = options.mode === "apply" && decision.action !== "none"
    const isApplied = applies && (yield* unlessTaken(apply(target, looked.value, decision)))
    // Nobody wrote the session, and it is there from here on: whoever watches the store looks again.
    if (isApplied && decision.action === "adopt") recovery.place.memory.feed.publish([{ _tag: "Missed" }])
    return [finding(leftover, decision, isApplied)]
  })
  return recovery.place.memory.lock(target.keyText)(Effect.uninterruptible(turn))
}

/** A file whose name is no key's: a probe of ours that did not finish, or another program's. */
const treatKeyless = Effect.fnUntraced(function*(place: Place, leftover: Leftover, mode: Mode) {
  if (leftover.what !== "probe") {
    return [finding(leftover, { kind: "foreignName", action: "none", detail: "no key has this name" }, false)]
  }
  if (mode === "apply") yield* remove(place, leftover.path)
  return [
    finding(leftover, { kind: "probe", action: "delete", detail: "a probe that did not finish" }, mode === "apply")
  ]
})

const treatOne = (recovery: Recovery, leftover: Leftover, mode: Mode): Effect.Effect<ReadonlyArray<Finding>> =>
  Option.match(leftover.key, {
    onNone: () => treatKeyless(recovery.place, leftover, mode),
    // What somebody is writing is no leftover, and a write that hangs does not hold up the opening of a store.
    onSome: (key) =>
      recovery.place.memory.held.has(keyText(key)) ? Effect.succeed([]) : treat(recovery, leftover, { key, mode })
  }).pipe(
    // One leftover that cannot be dealt with does not keep the others from it: it is reported and stays.
    Effect.catch((reason) =>
      Effect.succeed([finding(leftover, { kind: "failed", action: "none", detail: reason.message }, false)])
    )
  )

const unreadFolders = (scanned: ReadonlyArray<Scanned>): ReadonlyArray<Finding> =>
  scanned.flatMap((scan) =>
    scan._tag === "Folder" ? [] : [{
      kind: "unreadableFolder",
      action: "none",
      applied: false,
      place: scan.path,
      key: Option.none(),
      detail: scan.reason.message
    }]
  )

/** Walks the store and treats what it finds. */
const run = Effect.fnUntraced(function*(recovery: Recovery, modeOf: (leftover: Leftover) => Mode) {
  const { adopter, place } = recovery
  const scanned = yield* walk(place, [])
  const scope = Option.isSome(adopter) ? "withMains" : "withoutMains"
  const found = scanned.flatMap((scan) => scan._tag === "Folder" ? leftoversOf(place, scan, scope) : [])
  // A log is an orphan only when no temp file brings its head back.
  const leftovers = [
    ...found.filter(({ what }) => what !== "orphanLog"),
    ...found.filter(({ what }) => what === "orphanLog")
  ]
  const findings = yield* Effect.forEach(leftovers, (leftover) => treatOne(recovery, leftover, modeOf(leftover)))
  return [...unreadFolders(scanned), ...findings.flat()]
})

/**
 * Looks through the store, and in mode `apply` brings it in order.
 *
 * Fails when the store's folder cannot be read. Folders below it that cannot be read are findings.
 */
export const recover = Effect.fnUntraced(function*(
  recovery: Recovery,
  mode: Mode
): Effect.fn.Return<ReadonlyArray<Finding>, Reason> {
  if (mode === "inspect") return yield* run(recovery, () => "inspect")
  const alone = Option.isSome(recovery.presence)
    ? yield* recovery.presence.value.alone(run(recovery, () => "apply"))
    : Option.none()
  if (Option.isSome(alone)) return alone.value
  return yield* run(recovery, (leftover) => ownedByWriters.has(leftover.what) ? "inspect" : "apply")
})

/**
 * Adopts a key's own orphan, found by its name: it can be loaded also while its folder cannot be listed.
 * The answer says whether there is a session to read now, adopted here or by somebody else.
 */
export const adoptMissing = Effect.fnUntraced(
  function*(recovery: Recovery, target: Target): Effect.fn.Return<boolean, Reason> {
    if (Option.isNone(recovery.adopter)) return false
    const { key } = target
    const path = `${slotPath(target, "main")}.tmp`
    const findings = yield* treat(recovery, { what: "foreignTemp", path, key: Option.some(key) }, {
      key,
      mode: "apply"
    })
    return findings.some(({ action }) => action === "adopt")
  }
)
