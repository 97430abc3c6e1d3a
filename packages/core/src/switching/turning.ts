/**
 * One switch, from opening the target to the cut-over, and the way back from every step of it.
 *
 * The order of the records is that of `decide.ts`: the target is copying, then the source is retired, then the target is
 * current. Whatever fails or is interrupted before that, the source serves on, and the target says that it is incomplete.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Capability } from "../model/Capability.ts"
import { randomId } from "../port/randomId.ts"
import type { StoreRecord } from "../port/StoreRole.ts"
import type { Backend } from "./backends.ts"
import { catchUp, copyAll, type Dirt, followSource, takeStock, type Tell, verifyAll } from "./comparing.ts"
import type { Transfer } from "./copying.ts"
import { decideTarget, takeBack } from "./deciding.ts"
import type { Graves } from "./graves.ts"
import { type Helm, leaveSeat, takeSeat } from "./helm.ts"
import { bare, chooseEpoch, descentOf, epochOf, type Marks, setRecord, type Sides } from "./marks.ts"
import { FenceTimedOut, Superseded, type SwitchReason, WeakerBackend } from "./progress.ts"
import { headsOf } from "./sessions.ts"
import type { Watchers } from "./watchers.ts"
import { lacksOf } from "./weakest.ts"

/** Whether sessions are copied, or the target serves what it holds. */
export type TransferKind = "copy" | "none"

/** What every switch of one adapter works with. */
export interface Turning {
  readonly helm: Helm
  readonly watchers: Watchers
  readonly graves: Graves
  /** The scope of the adapter. */
  readonly scope: Scope.Scope
  /** How long writes may have to wait. */
  readonly fenceMax: Duration.Duration
  /** What callers were promised: whoever serves keeps it. */
  readonly promised: Capability
}

interface Request {
  readonly target: Backend
  readonly transfer: TransferKind
  readonly tell: Tell
}

/** What was copied, and what was written meanwhile. */
interface Copy {
  readonly transfer: Transfer
  readonly dirt: Dirt
}

/** Marks the target, and copies while writes go on. */
const prepareCopy = Effect.fnUntraced(function*(
  { graves }: Turning,
  { tell }: Request,
  { sides: { marks, source, target }, found, next }: {
    readonly sides: Sides
    readonly found: Option.Option<StoreRecord>
    readonly next: StoreRecord
  }
) {
  const transfer: Transfer = {
    switchId: next.switchId,
    source: source.adapter,
    target: target.adapter,
    verified: new Map(),
    inherited: new Map(),
    released: new Map(),
    keptAside: [],
    tellKept: (kept) => tell({ _tag: "SettingAside", kept }),
    graves,
    copiedCount: 0,
    removedCount: 0
  }
  const dirt = yield* followSource(transfer)
  const descent = descentOf(found)
  // Only a target of which everything is kept says by its id that it may be overwritten.
  const first = descent === "lineage" ? next : { ...next, switchId: `${bare}${next.switchId}` }
  const mark = (record: Option.Option<StoreRecord>) => marks.target = record
  yield* setRecord(target, found, { next: first, mark })
  const old = yield* headsOf(target.name, target.adapter)
  yield* takeStock(transfer, old, descent)
  if (first !== next) yield* setRecord(target, marks.target, { next, mark })
  yield* copyAll(transfer, old, { name: source.name, tell })
  yield* catchUp(transfer, dirt, tell)
  return { transfer, dirt } satisfies Copy
})

/** Holds writes up, retires the source, and brings the target to what it holds. */
const fence = Effect.fnUntraced(function*(
  { fenceMax, helm }: Turning,
  { tell }: Request,
  { copy, sides }: {
    readonly sides: Sides
    readonly copy: Option.Option<Copy>
  }
) {
  const { marks, source, target } = sides
  const { epoch, switchId } = Option.getOrThrow(marks.target)
  const work = Effect.gen(function*() {
    yield* helm.holdWrites
    yield* tell({ _tag: "Fenced" })
    helm.retiring = switchId
    const retired: StoreRecord = { switchId, epoch, state: "retired", successor: target.name }
    yield* setRecord(source, marks.source, { next: retired, mark: (record) => marks.source = record })
    if (Option.isSome(copy)) {
      yield* verifyAll(copy.value.transfer, copy.value.dirt, { from: source.name, to: target.name, tell })
    }
  })
  yield* Effect.timeoutOrElse(work, {
    duration: fenceMax,
    orElse: () => new FenceTimedOut({ limitMillis: Duration.toMillis(fenceMax) })
  })
})

/** Lets everybody go on who waited for the switch. */
const letGo = (helm: Helm) =>
  Effect.suspend(() => {
    helm.retiring = undefined
    return Effect.andThen(helm.release, helm.steer.release(1))
  })

/** Everything up to the decision. */
const getReady = Effect.fnUntraced(function*(turning: Turning, request: Request, sides: Sides) {
  const { marks, source, target } = sides
  const switchId = `${request.transfer === "none" ? bare : ""}${randomId()}`
  const found = yield* target.adapter.role.read
  const epoch = yield* chooseEpoch(sides, found, switchId)
  const next: StoreRecord = { switchId, epoch, state: "copying" }
  if (request.transfer === "none") {
    yield* setRecord(target, found, { next, mark: (record) => marks.target = record })
  }
  const copy = request.transfer === "none"
    ? Option.none<Copy>()
    : Option.some(yield* prepareCopy(turning, request, { sides, found, next }))
  yield* Effect.acquireRelease(turning.helm.steer.take(1), () => letGo(turning.helm))
  // Another process may have switched meanwhile, and this one have followed it.
  if (turning.helm.seat() !== source) return yield* new Superseded({ name: source.name })
  yield* fence(turning, request, { sides, copy })
  return copy
})

const countsOf = (copy: Option.Option<Copy>) =>
  Option.match(copy, {
    onNone: () => ({ copiedCount: 0, removedCount: 0, keptAside: [] }),
    onSome: ({ transfer: { copiedCount, keptAside, removedCount } }) => ({ copiedCount, removedCount, keptAside })
  })

/** Decides, and cuts over: watchers go over, and the source is closed when its last user has left. */
const cutOver = Effect.fnUntraced(function*(
  { graves, helm, watchers }: Turning,
  sides: Sides,
  copy: Option.Option<Copy>
) {
  const { source, target } = sides
  // Whoever watches has to hear of the first write that the target takes.
  const watching = yield* watchers.prepareAll(target)
  yield* Effect.andThen(helm.holdReads, decideTarget(sides)).pipe(Effect.onError(() => watchers.forget(watching)))
  const isToldAtOnce = Option.isSome(copy) && source.adapter.capability.watch === "process"
  yield* watchers.moveTo(watching, isToldAtOnce ? "none" : "possible")
  if (Option.exists(copy, ({ transfer }) => transfer.keptAside.length > 0)) target.asideIs = "there"
  target.users++
  yield* helm.turn(target)
  graves.clear()
})

/** Gets ready, and cuts over or takes back. Only what comes before the decision can be interrupted. */
const decideBetween = (turning: Turning, request: Request, sides: Sides) =>
  Effect.interruptible(getReady(turning, request, sides)).pipe(
    Effect.tap((copy) => cutOver(turning, sides, copy)),
    // What cannot be taken back at the moment is put in order by the next write.
    Effect.onError(() =>
      Effect.catch(
        takeBack(sides, turning.fenceMax),
        ({ message }) => Effect.logDebug("holdfast: a switch is not taken back yet", message)
      )
    )
  )

/** Carries out one switch. When it fails, or is interrupted, the source serves on. */
export const turn = (turning: Turning, request: Request): Effect.Effect<void, SwitchReason> =>
  Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
    const { helm, scope } = turning
    const { target: { name }, tell } = request
    const source = helm.seat()
    source.users++
    yield* tell({ _tag: "Opening", name })
    const target = yield* Effect.onError(restore(takeSeat(request.target, scope)), () => leaveSeat(source))
    const lacks = lacksOf(target.adapter.capability, turning.promised)
    if (lacks.length > 0) {
      yield* Effect.andThen(leaveSeat(target), leaveSeat(source))
      return yield* new WeakerBackend({ name, lacks })
    }
    const marks: Marks = { target: Option.none(), source: Option.none(), decision: "open" }
    const copy = yield* Effect.scoped(decideBetween(turning, request, { source, target, marks })).pipe(
      Effect.ensuring(Effect.andThen(leaveSeat(target), leaveSeat(source)))
    )
    yield* tell({ _tag: "CutOver", name, epoch: epochOf(marks.target) })
    yield* tell({ _tag: "Retired", name: source.name, use: source.users > 0 ? "inUse" : "closed" })
    yield* tell({ _tag: "Done", name, ...countsOf(copy) })
  }))
