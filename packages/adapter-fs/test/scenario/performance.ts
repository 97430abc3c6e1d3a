/**
 * One performance of the scenario over failing calls, judged for each session by itself.
 *
 * Two rounds, a listing, reads, closing and opening again, the last round and a listing run over the failing calls. Then
 * the disk is healthy: the store is opened, every session judged, listed, saved to once more, and judged after another
 * opening, when nothing at all is left to do. What is broken is said of the session that it is broken for.
 */
import { assert } from "@effect/vitest"
import type { Finding, StorageError } from "@holdfast/core"
import { Effect, Exit, type FileSystem, Option, Result } from "effect"
import * as fs from "node:fs"
import { judge, knowing, type Oracle, possibleOf } from "../commit/oracle.ts"
import {
  type Adapter,
  change,
  findings,
  isLockDatabase,
  list,
  type OpenOptions,
  quickFolder,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"
import { seenOf } from "./content.ts"
import { type FaultPlan, type PlannedCalls, plannedCalls } from "./faultPlan.ts"
import {
  brief,
  checkContent,
  checkFailure,
  checkListing,
  describeCause,
  eachActor,
  type Going,
  oracleOf,
  readOf
} from "./going.ts"
import { hurried } from "./hurried.ts"
import { promptFileSystem } from "./promptFileSystem.ts"
import { type Actor, cast, numberAt, roundCount, type Step } from "./scripts.ts"

/** What happened: what is broken, by whom it is broken for, and how the changes were answered. */
export interface Review {
  readonly broken: ReadonlyMap<number | "store", string>
  /** How often changes were answered so: `done`, or the outcome and the reason of a failure. */
  readonly answers: ReadonlyMap<string, number>
  readonly calls: PlannedCalls
}

/** A store as the scenario finds it, to be copied for each performance. */
export interface Stage {
  readonly folder: string
  readonly oracles: ReadonlyMap<number, Oracle>
  readonly options: OpenOptions
  readonly actors: ReadonlyArray<Actor>
}

const perform = (going: Going, adapter: Adapter, { actor, step }: { readonly actor: Actor; readonly step: Step }) =>
  Effect.gen(function*() {
    const answer = yield* Effect.result(adapter.commit(change(...step.operations)))
    const told = Result.isSuccess(answer) ? "done" : `${answer.failure.outcome} ${answer.failure.reason._tag}`
    going.answers.set(told, (going.answers.get(told) ?? 0) + 1)
    if (Result.isFailure(answer)) checkFailure(going, actor.number, answer.failure)
    going.oracles.set(actor.number, judge(oracleOf(going, actor), step.key, { effects: step.effects, answer }))
  })

/** Begins a part of the scenario. */
const inPart = <A, E>(going: Going, part: string, act: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    going.calls.begin(part)
    return act
  })

const playRound = (going: Going, adapter: Adapter, round: number) =>
  inPart(
    going,
    `round ${round}`,
    eachActor(going, (actor) =>
      Option.match(actor.rounds[round]!, {
        onNone: () => Effect.void,
        onSome: (step) => perform(going, adapter, { actor, step })
      }))
  )

const readAll = (going: Going, adapter: Adapter) =>
  inPart(
    going,
    "reads",
    eachActor(going, (actor) =>
      Effect.map(readOf(going, actor.number, seenOf(adapter, actor.key)), (seen) => {
        if (Option.isSome(seen)) checkContent(going, actor, seen.value.content)
      }))
  )

const listAll = (going: Going, adapter: Adapter) =>
  inPart(
    going,
    "list",
    Effect.flatMap(readOf(going, "store", list(adapter)), (rows) =>
      Option.isSome(rows) ? checkListing(going, rows.value) : Effect.void)
  )

/** What is done over the failing calls. A store that does not open has done nothing. */
const playAct = Effect.fnUntraced(function*(
  going: Going,
  { folder, options, part }: { readonly folder: string; readonly options: OpenOptions; readonly part: string },
  act: (adapter: Adapter) => Effect.Effect<void, StorageError>
) {
  going.calls.workOn("store")
  going.calls.begin(part)
  const opened = yield* Effect.result(visit(folder, act, { ...options, fileSystem: going.calls.fileSystem }))
  if (Result.isSuccess(opened)) return
  checkFailure(going, "store", opened.failure)
  assert.isTrue(opened.failure.outcome === "notApplied", "opening changes no session")
  assert.isTrue(going.plan.has("store"), `the store does not open: ${opened.failure.message}`)
})

/** What is left to do, where it may not stay. */
const checkLeft = (going: Going, adapter: Adapter, mayStay: (finding: Finding) => boolean) =>
  Effect.map(findings(adapter, "inspect"), (found) => {
    for (const finding of found) {
      if (finding.action === "none" || mayStay(finding)) continue
      going.broken.set(numberAt(finding.place) ?? "store", `left to do: ${brief(finding)}`)
    }
  })

/**
 * Whether entries may lack their end: a write of them was cut short, and nothing could be undone. An open repairs no
 * log; the next change of the session puts such an end in order, and no other.
 */
const isCutShort = ({ calls, plan }: Going) => ({ kind, place }: Finding): boolean => {
  const number = numberAt(place)
  const failing = number === undefined ? undefined : plan.get(number)
  return kind === "log.damaged" && failing?.fault.when === "short" && failing.fault.span === "forever"
    && calls.failed.get(number!)?.endsWith(".entries.jsonl") === true
}

/** On the healthy disk: what is possible is there and listed, and nothing is left to do but the ends of logs. */
const checkReopened = Effect.fnUntraced(function*(going: Going, adapter: Adapter) {
  yield* eachActor(going, (actor) =>
    Effect.gen(function*() {
      const { content, version } = yield* seenOf(adapter, actor.key)
      checkContent(going, actor, content)
      const acknowledged = possibleOf(oracleOf(going, actor), actor.key).version
      const isBack = Option.isSome(content) && version < acknowledged
      assert.isTrue(!isBack, `it has fallen from version ${acknowledged} to ${version}`)
      going.oracles.set(actor.number, knowing(oracleOf(going, actor), actor.key, content))
    }))
  const healthy: Going = { ...going, plan: new Map(), calls: { ...going.calls, failed: new Map() } }
  yield* checkListing(healthy, yield* list(adapter))
  yield* checkLeft(going, adapter, isCutShort(going))
})

const encore = (going: Going, adapter: Adapter) =>
  eachActor(going, (actor) =>
    Effect.gen(function*() {
      const { encore: { effects, operations }, key } = actor
      const before = possibleOf(oracleOf(going, actor), key).version
      const receipt = yield* adapter.commit(change(...operations))
      assert.isTrue(versionOf(receipt) > before, `it goes on with version ${versionOf(receipt)} after ${before}`)
      const answer = Result.succeed(receipt)
      going.oracles.set(actor.number, judge(oracleOf(going, actor), key, { effects, answer }))
    }))

const checkLitter = (going: Going, folder: string): void => {
  for (const name of Object.keys(sessionFiles(folder))) {
    if (/^(?!lost-found).*(\.tmp$|probe)/.test(name)) {
      going.broken.set(numberAt(`/${name}`) ?? "store", `litter is left: ${name}`)
    }
  }
}

/** A store in which half of the sessions are there. */
export const makeStage = Effect.fnUntraced(function*(options: OpenOptions, actors: ReadonlyArray<Actor> = cast) {
  const folder = yield* quickFolder
  const oracles = new Map<number, Oracle>()
  yield* visit(
    folder,
    (adapter) =>
      Effect.forEach(actors, ({ key, number, seed }) =>
        Effect.gen(function*() {
          if (Option.isNone(seed)) return
          const receipt = yield* adapter.commit(change(...seed.value.operations))
          const answer = Result.succeed(receipt)
          oracles.set(number, judge(new Map(), key, { effects: seed.value.effects, answer }))
        })),
    { ...options, fileSystem: promptFileSystem }
  )
  const stage: Stage = { folder, oracles, options, actors }
  return stage
})

/** Performs the scenario on a copy of the stage. */
export const playScenario = Effect.fnUntraced(
  function*(stage: Stage, plan: FaultPlan, below: FileSystem.FileSystem = promptFileSystem) {
    const folder = yield* quickFolder
    fs.cpSync(stage.folder, folder, { recursive: true, filter: (file) => !isLockDatabase(file) })
    const calls = plannedCalls(below, plan)
    const { actors, options } = stage
    const going: Going = {
      actors,
      plan,
      calls,
      oracles: new Map(stage.oracles),
      broken: new Map(),
      answers: new Map()
    }
    const at = { folder, options }
    const exit = yield* Effect.exit(Effect.gen(function*() {
      yield* playAct(going, { ...at, part: "open" }, (adapter) =>
        Effect.gen(function*() {
          for (let round = 0; round < roundCount - 1; round++) yield* playRound(going, adapter, round)
          yield* listAll(going, adapter)
          yield* readAll(going, adapter)
        }))
      yield* playAct(going, { ...at, part: "open again" }, (adapter) => playRound(going, adapter, roundCount - 1))
      const healthy = { ...options, fileSystem: promptFileSystem }
      yield* visit(folder, (adapter) => Effect.andThen(checkReopened(going, adapter), encore(going, adapter)), healthy)
      yield* visit(
        folder,
        (adapter) =>
          eachActor(
            going,
            (actor) => Effect.map(seenOf(adapter, actor.key), ({ content }) => checkContent(going, actor, content))
          ).pipe(Effect.andThen(checkLeft(going, adapter, () => false))),
        healthy
      )
      checkLitter(going, folder)
    }))
    if (Exit.isFailure(exit)) going.broken.set("store", describeCause(exit.cause))
    const review: Review = { broken: going.broken, answers: going.answers, calls }
    return review
  },
  Effect.scoped,
  hurried
)
