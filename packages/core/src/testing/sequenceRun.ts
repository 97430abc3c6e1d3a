/**
 * One run of one sequence: commands become calls, and every answer is judged by the models that explain
 * all answers before it.
 *
 * The first model to explain everything is as good as any other until they differ, so commands that speak
 * of versions are resolved by it.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { type Command, isStep, sequenceKeys } from "./commands.ts"
import type { Storage } from "./Harness.ts"
import { emptyModel, type Judgement, type Model } from "./model.ts"
import { judgeEntries, judgeListing, judgeLoad } from "./modelReads.ts"
import { callOf, type Seen, type Sent } from "./sequenceCalls.ts"
import { type Client, makeTrial, type Trial } from "./Trial.ts"

/** No model explains what was seen: why not, and what was done until then. */
export class SequenceBroken extends Data.TaggedError("SequenceBroken")<{
  readonly why: string
  readonly trace: ReadonlyArray<string>
}> {
  override get message() {
    return this.why
  }
}

interface Instance {
  readonly client: Client
  readonly scope: Scope.Closeable
}

interface Run {
  readonly trial: Trial
  readonly capability: Capability
  readonly instances: [Instance, Instance]
  readonly history: Array<Sent>
  readonly trace: Array<string>
  /** The models that explain every answer so far; never empty. */
  candidates: ReadonlyArray<Model>
}

// Every serial order of a block is tried, so blocks stay small.
const blockMax = 4

/** Commands that run at the same time, in blocks. */
const blocksOf = (commands: ReadonlyArray<Command>): ReadonlyArray<ReadonlyArray<Command>> => {
  const blocks: Array<Array<Command>> = []
  for (const command of commands) {
    const last = blocks.at(-1)
    const canJoin = command.joins && isStep(command.step) && last !== undefined && last.length < blockMax
    if (canJoin && last.every(({ step }) => isStep(step))) last.push(command)
    else blocks.push([command])
  }
  return blocks
}

/** The models after the answers, taken in every order that explains them. */
const explain = (model: Model, answers: ReadonlyArray<Seen>): ReadonlyArray<Model> =>
  answers.length === 0
    ? [model]
    : answers.flatMap((seen, index) => {
      const judgement = seen.judge(model)
      return Result.isSuccess(judgement) ? explain(judgement.success, answers.toSpliced(index, 1)) : []
    })

const modelText = ({ incarnations, places }: Model): string =>
  JSON.stringify([[...places].toSorted(([self], [that]) => self < that ? -1 : 1), [...incarnations.keys()].toSorted()])

const distinct = (models: ReadonlyArray<Model>): ReadonlyArray<Model> =>
  models.length <= 1 ? models : [...new Map(models.map((model) => [modelText(model), model])).values()]

const broken = (run: Run, why: string) => Effect.fail(new SequenceBroken({ why, trace: run.trace }))

/** Fails what is no `SequenceBroken` as one, with the trace. */
const traced = <A, E, R>(run: Run, effect: Effect.Effect<A, E, R>): Effect.Effect<A, SequenceBroken, R> =>
  Effect.mapError(effect, (error) => new SequenceBroken({ why: `a read fails: ${String(error)}`, trace: run.trace }))

/** Judges one answer by every candidate. */
const judgeBy = Effect.fnUntraced(function*(run: Run, what: string, judge: (model: Model) => Judgement) {
  const judgements = run.candidates.map(judge)
  const fitting = judgements.flatMap((judgement) => Result.isSuccess(judgement) ? [judgement.success] : [])
  const first = judgements[0]
  if (fitting.length === 0 && first !== undefined && Result.isFailure(first)) {
    return yield* broken(run, `${what}: ${first.failure}`)
  }
  run.candidates = distinct(fitting)
})

const checkKeys = Effect.fnUntraced(function*(run: Run, on: 0 | 1, keys: ReadonlyArray<SessionKey>) {
  const { client } = run.instances[on]
  for (const key of new Set(keys)) {
    const { entries, session } = yield* traced(run, client.snapshot(key))
    yield* judgeBy(run, `read by instance ${on} afterwards`, (model) => judgeLoad(model, key, session))
    yield* judgeBy(
      run,
      `read by instance ${on} afterwards`,
      (model) => judgeEntries(model, key, { range: {}, rows: entries })
    )
  }
})

const reopen = Effect.fnUntraced(function*(run: Run, on: 0 | 1) {
  yield* Scope.close(run.instances[on].scope, Exit.void)
  run.instances[on] = yield* openInstance(run.trial)
  run.trace.push(`reopen instance ${on}`)
})

const openInstance = Effect.fnUntraced(function*(trial: Trial): Effect.fn.Return<Instance, StorageError, Scope.Scope> {
  const scope = yield* Scope.fork(yield* Effect.scope)
  return { client: yield* Scope.provide(trial.open, scope), scope }
})

const runBlock = Effect.fnUntraced(function*(run: Run, block: ReadonlyArray<Command>) {
  const first = block[0]!
  if (first.step._tag === "Reopen") return yield* traced(run, reopen(run, first.on))
  const [model] = run.candidates
  const calls = block.flatMap(({ on, step }) => {
    const call = callOf(step, { ...run, model: model! })
    return call === undefined ? [] : [{ ...call, on }]
  })
  const answers = yield* traced(
    run,
    Effect.forEach(calls, (call) => call.perform(run.instances[call.on].client), { concurrency: "unbounded" })
  )
  const together = calls.length > 1 ? "together, " : ""
  run.trace.push(
    ...calls.map((call, index) => `${together}instance ${call.on}: ${call.text} -> ${answers[index]!.text}`)
  )
  if (answers.length === 1) {
    yield* judgeBy(run, "the last answer", answers[0]!.judge)
  } else {
    const explained = distinct(run.candidates.flatMap((candidate) => explain(candidate, answers)))
    if (explained.length === 0) return yield* broken(run, `no serial order explains the last ${answers.length} answers`)
    run.candidates = explained
  }
  yield* checkKeys(run, first.on === 0 ? 1 : 0, calls.flatMap((call) => call.keys))
})

/** Claims that an instance shows all that the model holds. */
const checkAllOf = Effect.fnUntraced(function*(run: Run, on: 0 | 1) {
  yield* checkKeys(run, on, sequenceKeys)
  const query = { namespace: [], order: "updatedAt" } as const
  const heads = yield* traced(run, run.instances[on].client.list(query))
  yield* judgeBy(run, `listed by instance ${on} in the end`, (model) => judgeListing(model, query, heads))
})

/** Runs a sequence over a storage. Where nothing is promised to racing writers, none race. */
export const runSequence = Effect.fnUntraced(function*(
  storage: Storage,
  commands: ReadonlyArray<Command>
): Effect.fn.Return<void, SequenceBroken | StorageError, Scope.Scope> {
  const trial = makeTrial(storage)
  const instances: [Instance, Instance] = [yield* openInstance(trial), yield* openInstance(trial)]
  const { capability } = instances[0].client.adapter
  const run: Run = { trial, capability, instances, history: [], trace: [], candidates: [emptyModel] }
  const blocks = capability.compareAndSet === "none" ? commands.map((command) => [command]) : blocksOf(commands)
  for (const block of blocks) yield* runBlock(run, block)
  for (const on of [0, 1] as const) yield* checkAllOf(run, on)
  yield* traced(run, reopen(run, 0))
  yield* checkAllOf(run, 0)
})
