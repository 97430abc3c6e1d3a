/**
 * The moves of a schedule: writes, failures of tiers, deaths of the process, restarts; and how a run ends.
 *
 * At the end every tier works, and everything lies in the first one: what was acknowledged, and nothing else.
 */
import { type Operation, randomId, type StorageChange, Version } from "@holdfast/core"
import { Deferred, Effect, Exit, Fiber, Option, Result, Scope } from "effect"
import {
  begin,
  Broken,
  fail,
  type Game,
  isTroubled,
  judge,
  type Known,
  knownOf,
  list,
  load,
  read,
  say,
  type Sent,
  start,
  written
} from "./game.ts"
import { appends, both, type Deed, puts, removes, unique } from "./possible.ts"
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
  readonly known: Known
  readonly deed: Deed
  readonly operations: ReadonlyArray<Operation>
}

const send = Effect.fnUntraced(function*(game: Game, { deed, known, operations }: Deal) {
  const change: StorageChange = { writeId: randomId(), operations }
  const sent: Sent = { known, change, after: unique(known.contents.map(deed)) }
  game.last = sent
  const before = known.version
  const judged = judge(game, sent, yield* Effect.result(game.instance.adapter.commit(change)))
  if (judged._tag === "Refused") {
    const { failure } = judged
    const isConflict = failure.reason._tag === "Conflict"
    if (!isConflict && !isTroubled(game.tiers)) {
      fail(game, `a write failed although every tier works: ${failure.message}`)
    }
    if (isConflict && !mayConflict(known, operations[0])) fail(game, `a false conflict: ${failure.message}`)
    return
  }
  const { after, version } = judged
  const changesNothing = operations[0]?._tag === "Remove" && known.contents.some(Option.isNone)
  if (version <= before && !changesNothing) fail(game, `version ${version} of ${known.key.id} is not above ${before}`)
  known.contents = after
  known.version = Math.max(known.version, version)
  known.isVersionSure = true
})

type WriteStep = Extract<Step, { readonly expect: unknown }>

const dealOf = (game: Game, step: WriteStep): Deal => {
  const known = knownOf(game, step.key)
  const { key } = known
  const value = JSON.stringify(++game.count)
  const isThere = known.contents.every(Option.isSome)
  const expect = step.expect === "current" && isThere && known.version > 0 ? Version(known.version) : "any"
  const put: Operation = { _tag: "Put", key, expect, ...written, summary: `{"n":${value}}`, body: value }
  const append: Operation = { _tag: "Append", key, expect, ...written, entries: [value] }
  switch (step._tag) {
    case "Put":
      return { known, deed: puts(value), operations: [put] }
    case "Append":
      return { known, deed: appends(value), operations: [append] }
    case "Both":
      return { known, deed: both(puts(value), appends(value)), operations: [put, append] }
    case "Remove":
      return { known, deed: removes, operations: [{ _tag: "Remove", key, expect }] }
    case "Create": {
      const made = knownOf(game, game.fresh++)
      return {
        known: made,
        deed: puts(value),
        operations: [{ ...put, key: made.key, expect: "absent", isFreshId: true }]
      }
    }
  }
}

const repeat = Effect.fnUntraced(function*(game: Game) {
  if (game.last === undefined) return
  const { after, known } = game.last
  const answer = yield* Effect.result(game.instance.adapter.commit({ ...game.last.change, attempt: 2 }))
  if (Result.isSuccess(answer)) {
    known.contents = after
    known.version = Math.max(known.version, answer.success.keys[0]!.version)
    known.isVersionSure = false
    return
  }
  say(game, `  repeated: ${answer.failure.message}`)
  if (answer.failure.outcome === "unknown") known.contents = unique([...known.contents, ...after])
  known.isVersionSure = known.isVersionSure && answer.failure.outcome !== "unknown"
})

const restart = Effect.fnUntraced(function*(game: Game) {
  yield* Scope.close(game.instance.scope, Exit.void)
  game.instance = yield* start(game.tiers)
})

/** The process dies in the midst of a write, after so many calls of its tiers. */
const crash = Effect.fnUntraced(function*(game: Game, after: number, number: number) {
  const known = knownOf(game, number)
  const { fuse } = game.instance
  const value = JSON.stringify(++game.count)
  const deed = both(puts(value), appends(value))
  const { key } = known
  const change: StorageChange = {
    writeId: randomId(),
    operations: [
      { _tag: "Put", key, expect: "any", ...written, summary: "{}", body: value },
      { _tag: "Append", key, expect: "any", ...written, entries: [value] }
    ]
  }
  fuse.left = after
  fuse.isLast = after % 2 === 0 ? "made" : "notMade"
  const sent: Sent = { known, change, after: unique(known.contents.map(deed)) }
  const fiber = yield* Effect.forkChild(Effect.result(game.instance.adapter.commit(change)))
  const ended = yield* Effect.raceFirst(
    Effect.map(Fiber.join(fiber), Option.some),
    Effect.as(Deferred.await(fuse.blown), Option.none())
  )
  if (Option.isSome(ended)) {
    const judged = judge(game, sent, ended.value)
    if (judged._tag === "Acknowledged") {
      known.contents = judged.after
      known.version = judged.version
      known.isVersionSure = true
    }
  } else {
    known.contents = unique([...known.contents, ...sent.after])
    known.isVersionSure = false
  }
  fuse.left = 0
  yield* Fiber.interrupt(fiber)
  yield* restart(game)
  // A write that was under way when the process died is not sent again by the next one.
  game.last = undefined
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
      return yield* repeat(game)
    case "List":
      return yield* list(game)
    case "Drain":
      return yield* drain(game)
    case "Restart":
      return yield* restart(game)
    case "Crash":
      return yield* crash(game, step.after, step.key)
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
