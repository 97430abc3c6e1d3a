/**
 * The moves of a schedule: writes, failures of tiers, deaths of the process, restarts; and how a run ends.
 *
 * At the end every tier works, and everything lies in the first one: what was acknowledged, and nothing else.
 */
import { type Operation, randomId, type StorageError, Version } from "@holdfast/core"
import { Deferred, Effect, Exit, Fiber, Option, Result, Scope } from "effect"
import {
  begin,
  Broken,
  fail,
  type Game,
  isRemoval,
  isTroubled,
  judge,
  type Known,
  knownOf,
  list,
  load,
  noteRemoval,
  read,
  remember,
  say,
  type Sent,
  start,
  summaryOf,
  written
} from "./game.ts"
import { again, appends, both, type Deed, type Possible, puts, removes, unique } from "./possible.ts"
import type { Step } from "./schedule.ts"

export { Broken }

/** Whether a write may be refused: what it expects, or needs, is not surely there. */
const mayConflict = ({ contents, isVersionSure }: Known, operation: Operation | undefined): boolean => {
  const isAbsent = contents.some(Option.isNone)
  return !isVersionSure || contents.length > 1 || operation?.expect === "absent"
    || (isAbsent && (operation?._tag !== "Put" || typeof operation.expect === "number"))
}

/** What a write puts down, and on which session. */
interface Deal {
  /** What nothing else puts down. */
  readonly value: string
  readonly known: Known
  readonly deed: Deed
  readonly operations: ReadonlyArray<Operation>
}

const sentOf = ({ deed, known, operations, value }: Deal): Sent => ({
  known,
  change: { writeId: randomId(), operations },
  deed: again(deed, value),
  fate: "refused",
  isEnded: false,
  isForgotten: false
})

/** Takes over what the answer to a first sending says; the failure, if it is one. */
const takeOver = (game: Game, sent: Sent, answer: Parameters<typeof judge>[2]): Option.Option<StorageError> => {
  const { change, known } = sent
  const judged = judge(game, sent, answer)
  if (judged._tag === "Refused") return Option.some(judged.failure)
  const { after, version } = judged
  const changesNothing = isRemoval(change) && known.contents.some(Option.isNone)
  if (version <= known.version && !changesNothing) {
    fail(game, `version ${version} of ${known.key.id} is not above ${known.version}`)
  }
  // A removal that removed nothing leaves nothing by which it would be known.
  if (changesNothing) sent.isEnded = true
  known.contents = after
  known.version = Math.max(known.version, version)
  known.isVersionSure = true
  return Option.none()
}

const send = Effect.fnUntraced(function*(game: Game, deal: Deal) {
  const sent = sentOf(deal)
  const { change, known } = sent
  remember(game, sent)
  const failed = takeOver(game, sent, yield* Effect.result(game.instance.adapter.commit(change)))
  if (Option.isNone(failed)) return
  const { message, reason } = failed.value
  const isConflict = reason._tag === "Conflict"
  if (!isConflict && !isTroubled(game.tiers)) fail(game, `a write failed although every tier works: ${message}`)
  if (isConflict && !mayConflict(known, deal.operations[0])) fail(game, `a false conflict: ${message}`)
})

type WriteStep = Extract<Step, { readonly expect: unknown }>

const dealOf = (game: Game, step: WriteStep): Deal => {
  const known = knownOf(game, step.key)
  const { key } = known
  const value = JSON.stringify(++game.count)
  const isThere = known.contents.every(Option.isSome)
  const expect = step.expect === "current" && isThere && known.version > 0 ? Version(known.version) : "any"
  const put: Operation = { _tag: "Put", key, expect, ...written, summary: summaryOf(value), body: value }
  const append: Operation = { _tag: "Append", key, expect, ...written, entries: [value] }
  switch (step._tag) {
    case "Put":
      return { known, value, deed: puts(value), operations: [put] }
    case "Append":
      return { known, value, deed: appends(value), operations: [append] }
    case "Both":
      return { known, value, deed: both(puts(value), appends(value)), operations: [put, append] }
    case "Remove":
      return { known, value, deed: removes, operations: [{ _tag: "Remove", key, expect }] }
    case "Create": {
      const made = knownOf(game, game.fresh++)
      return {
        known: made,
        value,
        deed: puts(value),
        operations: [{ ...put, key: made.key, expect: "absent", isFreshId: true }]
      }
    }
  }
}

/** What is possible when a write was carried out now that was sent before, or was not because it had been before. */
const afterRepeat = ({ deed, fate, isEnded, isForgotten, known: { contents } }: Sent): Possible => {
  const redone = contents.map(deed)
  if (isForgotten) return unique([...contents, ...redone])
  if (fate === "refused") return unique(redone)
  // What was acknowledged changes nothing, and brings nothing back.
  if (fate === "acknowledged" && (!isEnded || contents.every(Option.isNone))) return contents
  return unique([...contents, ...redone])
}

/** Sends a write again. */
const repeat = Effect.fnUntraced(function*(game: Game, back: number) {
  const sent = game.sent.at(-1 - back)
  if (sent === undefined) return
  const { change, fate, isEnded, known } = sent
  say(game, `  again ${JSON.stringify(change.operations)}, ${fate}`)
  const answer = yield* Effect.result(game.instance.adapter.commit({ ...change, attempt: 2 }))
  const after = afterRepeat(sent)
  const mayRemove = isRemoval(change) && (fate !== "acknowledged" || isEnded)
  const removesNothing = isRemoval(change) && known.contents.some(Option.isNone)
  if (Result.isSuccess(answer)) {
    const { version } = answer.success.keys[0]!
    const changesNothing = fate === "acknowledged" && !isEnded
    known.contents = after
    known.isVersionSure = known.isVersionSure && changesNothing && version <= known.version
    known.version = Math.max(known.version, version)
    // It was carried out in the life that the session has.
    if (fate === "refused" && !isRemoval(change)) sent.isEnded = false
    // A removal that removed nothing leaves nothing by which it would be known.
    if (removesNothing) sent.isEnded = true
    sent.fate = "acknowledged"
    if (mayRemove) noteRemoval(game, known, change)
    return
  }
  const { failure } = answer
  say(game, `  ${failure.outcome}: ${failure.message}`)
  const isConflict = failure.reason._tag === "Conflict"
  if (!isConflict && !isTroubled(game.tiers)) {
    fail(game, `a repeat failed although every tier works: ${failure.message}`)
  }
  if (isConflict && fate === "acknowledged" && !isEnded) fail(game, `a false conflict: ${failure.message}`)
  if (failure.outcome !== "unknown") return
  known.contents = unique([...known.contents, ...after])
  known.isVersionSure = false
  if (fate === "refused") sent.fate = "unknown"
  if (mayRemove) noteRemoval(game, known, change)
})

const restart = Effect.fnUntraced(function*(game: Game) {
  yield* Scope.close(game.instance.scope, Exit.void)
  game.instance = yield* start(game.tiers)
  // A removal, and what it has ended, is surely remembered by the process that carried it out alone.
  game.sent = game.sent.filter(({ change, isEnded }) => !isEnded && !isRemoval(change))
})

type CrashStep = Extract<Step, { readonly _tag: "Crash" }>

/** What the process dies in. */
const lastDeed = (game: Game, step: CrashStep): Option.Option<Sent> => {
  const known = knownOf(game, step.key)
  const value = JSON.stringify(++game.count)
  const at = { key: known.key, expect: "any" } as const
  switch (step.in) {
    case undefined: {
      const operations: ReadonlyArray<Operation> = [
        { _tag: "Put", ...at, ...written, summary: summaryOf(value), body: value },
        { _tag: "Append", ...at, ...written, entries: [value] }
      ]
      return Option.some(sentOf({ known, value, deed: both(puts(value), appends(value)), operations }))
    }
    case "removal":
      return Option.some(sentOf({ known, value, deed: removes, operations: [{ _tag: "Remove", ...at }] }))
    case "drain":
      return Option.none()
  }
}

/** The process dies after so many calls of its tiers, in the midst of something or right after it. */
const crash = Effect.fnUntraced(function*(game: Game, step: CrashStep) {
  const { adapter, control, fuse } = game.instance
  const last = lastDeed(game, step)
  fuse.left = step.after
  fuse.isLast = step.after % 2 === 0 ? "made" : "notMade"
  const deed = Option.match(last, {
    onNone: () => Effect.as(control.drain, Option.none()),
    onSome: ({ change }) => Effect.map(Effect.result(adapter.commit(change)), Option.some)
  })
  // What is left of a process that died is a fiber that waits for an answer for ever.
  const fiber = yield* Effect.forkDetach(deed)
  const ended = yield* Effect.raceFirst(
    Effect.map(Fiber.join(fiber), (answer) => ({ answer })),
    Effect.as(Deferred.await(fuse.blown), undefined)
  )
  if (Option.isSome(last)) {
    const { change, known } = last.value
    const answer = ended === undefined ? Option.none() : ended.answer
    if (Option.isSome(answer)) {
      takeOver(game, last.value, answer.value)
    } else {
      known.contents = unique([...known.contents, ...known.contents.map(last.value.deed)])
      known.isVersionSure = false
      if (isRemoval(change)) noteRemoval(game, known)
    }
  }
  fuse.left = 0
  // A write that was under way when the process died is not sent again by the next one.
  yield* restart(game)
})

const heal = (game: Game): void => {
  for (const { trouble } of game.tiers) Object.assign(trouble, { reads: "work", writes: "work", builds: "work" })
}

const drain = Effect.fnUntraced(function*(game: Game) {
  const report = yield* game.instance.control.drain
  if (!isTroubled(game.tiers) && report.displacedCount > 0) {
    fail(game, `${report.displacedCount} sessions still lie below although every tier works`)
  }
})

const perform = Effect.fnUntraced(function*(game: Game, step: Step) {
  say(game, JSON.stringify(step))
  switch (step._tag) {
    case "Load":
      return yield* load(game, knownOf(game, step.key))
    case "Entries":
      return yield* read(game, knownOf(game, step.key))
    case "Repeat":
      return yield* repeat(game, step.back)
    case "List":
      return yield* list(game)
    case "Drain":
      return yield* drain(game)
    case "Restart":
      return yield* restart(game)
    case "Crash":
      return yield* crash(game, step)
    case "Trouble":
      Object.assign(game.tiers[step.tier]!.trouble, { reads: step.reads, writes: step.writes, builds: step.builds })
      return isTroubled(game.tiers) ? undefined : yield* drain(game)
    case "Heal":
      heal(game)
      // A tier that was down is built again by the next round.
      return yield* drain(game)
    default:
      return yield* send(game, dealOf(game, step))
  }
})

/** Plays a schedule; dies with `Broken` when an answer is not possible. */
export const play = Effect.fnUntraced(function*(steps: ReadonlyArray<Step>) {
  const game = yield* begin
  for (const step of steps) yield* perform(game, step)
  say(game, "the end")
  heal(game)
  yield* drain(game)
  yield* restart(game)
  yield* drain(game)
  for (const known of game.all.values()) yield* read(game, known)
  yield* list(game)
  for (const { memory, name } of game.tiers.slice(1)) {
    const left = [...memory.cells.values()].filter(({ facts }) => Option.isSome(facts.live))
    if (left.length > 0) fail(game, `${name} still holds ${left.length} sessions`)
  }
  yield* Scope.close(game.instance.scope, Exit.void)
})
