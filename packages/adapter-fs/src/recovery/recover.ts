/**
 * Recovery: look at every leftover under its key's lock, decide, and do it.
 *
 * What a living writer of another process may own is touched only while nobody else has the store open.
 * Running it again after an interruption goes on; after a whole run there is nothing left to do. A store that
 * is opened does the part that is bounded; who asks for a recovery has every session's file read.
 */
import { type Adopter, type Finding, keyText, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Scanned, walk } from "../catalog/walk.ts"
import { announce, type Place, slotPath, type Target, targetOf } from "../commit/Place.ts"
import type { Presence } from "../io/presence.ts"
import { carryOut, removeLeftover } from "./carryOut.ts"
import { decide, type Decision } from "./decide.ts"
import { forkChanged } from "./fork.ts"
import { type Leftover, leftoversOf } from "./leftovers.ts"
import { look, type Looked } from "./look.ts"
import { treatSession } from "./sessions.ts"

/** What recovery works with: the place, who else may be there, and what the app takes for sessions. */
export interface Recovery {
  readonly place: Place
  readonly presence: Option.Option<Presence>
  readonly adopter: Option.Option<Adopter>
}

/** Whether what is decided is also done. */
type Mode = "inspect" | "apply"

/** What a recovery goes through: what every open does, or all that there is, because somebody asked. */
export type Depth = "onOpen" | "asked"

interface Run extends Recovery {
  readonly depth: Depth
}

const finding = (leftover: Leftover, decision: Decision, applied: boolean): Finding => ({
  ...decision,
  place: leftover.path,
  key: leftover.key,
  applied
})

/** What kinds begin with, where nothing is known of the content. */
const prefixes: { readonly [what in Leftover["what"]]: string } = {
  ownTemp: "ownTemp",
  foreignTemp: "foreignTemp",
  main: "sessionFile",
  loneAlt: "slot",
  orphanLog: "log",
  probe: "probe"
}

const failed = (leftover: Leftover, reason: Reason): Finding =>
  finding(leftover, { kind: `${prefixes[leftover.what]}.unreadable`, action: "none", detail: reason.message }, false)

const ownedByWriters: ReadonlySet<Leftover["what"]> = new Set(["ownTemp", "loneAlt", "orphanLog", "probe"])

/** Whether something was done; somebody else may have published the session meanwhile, and then theirs stands. */
const unlessTaken = <R>(doing: Effect.Effect<void, Reason, R>): Effect.Effect<boolean, Reason, R> =>
  Effect.as(doing, true).pipe(
    Effect.catchIf((reason) => reason._tag === "Unclassified" && reason.code === "EEXIST", () => Effect.succeed(false))
  )

/** What was found, with what remains to be done once the key is free. */
interface Treated {
  readonly findings: ReadonlyArray<Finding>
  readonly fork: Option.Option<Looked>
}

const nothing: Treated = { findings: [], fork: Option.none() }

const isFork = ({ seen: { head } }: Looked): boolean => head._tag === "Present" && head.adoption === "changedSource"

/** How one leftover is treated; `limitedTo` keeps to one kind of decision, and leaves the others to a whole recovery. */
interface Treatment {
  readonly key: SessionKey
  readonly mode: Mode
  readonly limitedTo?: string | undefined
}

const treatUnderLock = Effect.fnUntraced(function*(
  run: Run,
  target: Target,
  { leftover, treatment }: { readonly leftover: Leftover; readonly treatment: Treatment }
): Effect.fn.Return<Treated, Reason> {
  const { limitedTo, mode } = treatment
  const looked = yield* look({ ...run, isAsked: run.depth === "asked" }, leftover, target.key)
  const decision = Option.isSome(looked) ? decide(looked.value.seen) : undefined
  if (Option.isNone(looked) || decision === undefined) return nothing
  if (limitedTo !== undefined && decision.kind !== limitedTo) return nothing
  const applies = mode === "apply" && decision.action !== "none"
  if (applies && isFork(looked.value)) {
    return { findings: [finding(leftover, decision, false)], fork: looked }
  }
  if (applies && decision.action === "adopt") yield* announce(target, "")
  const isApplied = applies && (yield* unlessTaken(carryOut(target, looked.value, decision)))
  // Nobody wrote the session, and it is there from here on: whoever watches the store looks again.
  if (isApplied && decision.action === "adopt") run.place.memory.feed.publish([{ _tag: "Missed" }])
  return { findings: [finding(leftover, decision, isApplied)], fork: Option.none() }
})

/** Looks at one leftover, and in mode `apply` does what is decided. */
const treat = Effect.fnUntraced(function*(
  run: Run,
  leftover: Leftover,
  treatment: Treatment
): Effect.fn.Return<ReadonlyArray<Finding>, Reason> {
  const target = targetOf(run.place, treatment.key)
  const turn = treatUnderLock(run, target, { leftover, treatment })
  const { findings, fork } = yield* run.place.lock(target)(Effect.uninterruptible(turn))
  if (Option.isNone(fork)) return findings
  // A fork has a key and a lock of its own, which is not taken while the first one is held.
  const applied = yield* unlessTaken(forkChanged(target, fork.value))
  if (applied) run.place.memory.feed.publish([{ _tag: "Missed" }])
  return findings.map((each) => ({ ...each, applied }))
})

/** A file whose name is no key's: a probe of ours that did not finish, or another program's. */
const treatKeyless = Effect.fnUntraced(function*(place: Place, leftover: Leftover, mode: Mode) {
  if (leftover.what !== "probe") {
    return [finding(leftover, { kind: "foreignName", action: "none", detail: "no key has this name" }, false)]
  }
  if (mode === "apply") yield* removeLeftover(place, leftover.path)
  const decision: Decision = { kind: "probe.unfinished", action: "delete", detail: "a probe that did not finish" }
  return [finding(leftover, decision, mode === "apply")]
})

const treatOne = (run: Run, leftover: Leftover, mode: Mode): Effect.Effect<ReadonlyArray<Finding>> =>
  Option.match(leftover.key, {
    onNone: () => treatKeyless(run.place, leftover, mode),
    // What somebody is writing is no leftover, and a write that hangs does not hold up the opening of a store.
    onSome: (key) => run.place.memory.held.has(keyText(key)) ? Effect.succeed([]) : treat(run, leftover, { key, mode })
  }).pipe(
    // One leftover that cannot be dealt with does not keep the others from it: it is reported and stays.
    Effect.catch((reason) => Effect.succeed([failed(leftover, reason)]))
  )

const unreadFolders = (scanned: ReadonlyArray<Scanned>): ReadonlyArray<Finding> =>
  scanned.flatMap((scan) =>
    scan._tag === "Folder" ? [] : [{
      kind: "folder.unreadable",
      action: "none",
      applied: false,
      place: scan.path,
      key: Option.none(),
      detail: scan.reason.message
    }]
  )

/** Looks at all sessions of which nothing else is wrong, where somebody asked for it. */
const treatSessions = Effect.fnUntraced(function*(
  run: Run,
  { findings: found, leftovers }: {
    readonly findings: ReadonlyArray<Finding>
    readonly leftovers: ReadonlyArray<Leftover>
  },
  mode: Mode
) {
  if (run.depth !== "asked") return []
  const { held } = run.place.memory
  const wrong = new Set(found.map(({ place }) => place))
  const mains = leftovers.flatMap((leftover) =>
    leftover.what === "main" && !wrong.has(leftover.path) && Option.isSome(leftover.key)
      && !held.has(keyText(leftover.key.value))
      ? [{ ...leftover, of: leftover.key.value }]
      : []
  )
  const findings = yield* Effect.forEach(mains, ({ of, ...main }) =>
    treatSession(run.place, of, mode).pipe(
      Effect.catch((reason) => Effect.succeed([failed({ ...main, what: "orphanLog" }, reason)]))
    ))
  return findings.flat()
})

const isSaved = ({ action, applied }: Finding): boolean => applied && action === "adopt"

/** Walks the store and treats what it finds. */
const goThrough = Effect.fnUntraced(function*(run: Run, modeOf: (leftover: Leftover) => Mode) {
  const { adopter, depth, place } = run
  const scanned = yield* walk(place, [])
  const scope = depth === "asked" || Option.isSome(adopter) ? "withMains" : "withoutMains"
  const found = scanned.flatMap((scan) => scan._tag === "Folder" ? leftoversOf(place, scan, scope) : [])
  // A log is an orphan only when no temp file brings its head back.
  const leftovers = [
    ...found.filter(({ what }) => what !== "orphanLog"),
    ...found.filter(({ what }) => what === "orphanLog")
  ]
  const first = yield* Effect.forEach(leftovers, (leftover) => treatOne(run, leftover, modeOf(leftover)))
  // What was left because its session could not be read is looked at again once it can be.
  const saved = new Set(first.flat().filter(isSaved).flatMap(({ key }) => Option.toArray(Option.map(key, keyText))))
  const waited = ({ action, key, kind }: Finding) =>
    action === "none" && kind.startsWith("ownTemp.") && Option.exists(key, (each) => saved.has(keyText(each)))
  const findings = yield* Effect.forEach(leftovers, (leftover, index) =>
    first[index]!.some(waited)
      ? treatOne(run, leftover, modeOf(leftover))
      : Effect.succeed(first[index]!))
  const mode = modeOf({ what: "main", path: place.root, key: Option.none() })
  const logs = yield* treatSessions(run, { findings: findings.flat(), leftovers }, mode)
  return [...unreadFolders(scanned), ...findings.flat(), ...logs]
})

/**
 * Looks through the store, and in mode `apply` brings it in order.
 *
 * Fails when the store's folder cannot be read. Folders below it that cannot be read are findings.
 */
export const recover = Effect.fnUntraced(function*(
  recovery: Recovery,
  mode: Mode,
  depth: Depth = "onOpen"
): Effect.fn.Return<ReadonlyArray<Finding>, Reason> {
  const run: Run = { ...recovery, depth }
  if (mode === "inspect") return yield* goThrough(run, () => "inspect")
  const alone = Option.isSome(recovery.presence)
    ? yield* recovery.presence.value.alone(goThrough(run, () => "apply"))
    : Option.none()
  if (Option.isSome(alone)) return alone.value
  return yield* goThrough(run, (leftover) => ownedByWriters.has(leftover.what) ? "inspect" : "apply")
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
    const run: Run = { ...recovery, depth: "onOpen" }
    const findings = yield* treat(run, { what: "foreignTemp", path, key: Option.some(key) }, {
      key,
      mode: "apply",
      limitedTo: "foreignTemp.orphan"
    })
    return findings.length > 0
  }
)
