/**
 * A switch as a command runs it: the stores are opened as the app opens them, one is made to serve, and what came of it.
 *
 * The core's own switch does the work, so the app may go on meanwhile. When it fails the store that served serves on.
 * A store that is not there is made only where it is the one to switch to: a misspelt name makes nothing.
 */
import { type KeptAside, StorageSwitch, type SwitchError, type SwitchProgress } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { makeProgress } from "../output/progress.ts"
import { typed } from "../output/text.ts"
import { openStore, storeLayer } from "../stores/open.ts"
import { storeOf } from "../stores/storeName.ts"
import type { Backend } from "./backends.ts"
import { findLeaving, type Leaving, leaving, leavingNothing, type Left } from "./leaving.ts"

/** What is to be switched. */
export interface Switching {
  readonly backends: ReadonlyArray<Backend>
  readonly to: string
  readonly transfer: "copy" | "none"
  /** What becomes of sessions that cannot be read. */
  readonly unreadable: "refuse" | "leave"
}

/** What a switch came to. */
export interface Switched {
  readonly from: string
  readonly to: string
  readonly copiedCount: number
  readonly removedCount: number
  readonly keptAside: ReadonlyArray<KeptAside>
  readonly transfer: Switching["transfer"]
  /** What could not be read, and stayed in the store that served. */
  readonly left: ReadonlyArray<Left>
}

const adviceOf: { readonly [tag in SwitchError["reason"]["_tag"]]?: string } = {
  WeakerBackend: "An app must not be promised less while it runs. Choose another store.",
  Superseded: "Somebody else switched meanwhile. Run the command without --to to see which store serves.",
  NotVerified: "Do not trust the disk of the store that was to serve.",
  FenceTimedOut: "The app writes faster than the other store can take. Try again when it is calm."
}

const otherAdvice = "Run `holdfast doctor` for both stores to see what is wrong, then run the same command again."

const adviceFor = ({ reason }: SwitchError, backends: ReadonlyArray<Backend>): string => {
  if (reason._tag === "ContentUnreadable") {
    const store = backends.find(({ name }) => name === reason.name)?.store ?? ""
    return `Run \`holdfast recover --store ${typed(store)}\` to see what can be brought back. To switch without what ` +
      "nothing can be made of, add --leave-unreadable: it stays where it is, and every such session is named."
  }
  if (reason._tag === "StorageError" && reason.reason._tag === "Corrupt") {
    return "Run `holdfast verify` for both stores to see which sessions cannot be read, then `holdfast recover`. Those " +
      "of the store that serves can be left behind with --leave-unreadable."
  }
  return adviceOf[reason._tag] ?? otherAdvice
}

const failureOf = (error: SwitchError, copiedCount: number, backends: ReadonlyArray<Backend>) =>
  new CliFailure({
    code: error.reason._tag,
    what: error.message,
    changed: copiedCount === 0
      ? undefined
      : `${copiedCount} sessions were copied to ${error.to}; ${error.serving} serves on, and lacks nothing`,
    advice: adviceFor(error, backends),
    exit: copiedCount === 0 ? exitCodes.failed : exitCodes.changed
  })

const layers = Effect.fnUntraced(function*({ backends, to }: Switching, behind: Leaving) {
  const opened = yield* Effect.forEach(backends, (backend) =>
    Effect.flatMap(
      storeOf(backend.store),
      (url) => storeLayer(url, { _tag: backend.name === to ? "Fill" : "Change" })
    ).pipe(Effect.map((layer) => [backend.name, leaving(layer, behind)] as const)))
  return Object.fromEntries(opened)
})

/** Opens and closes every store but the one to switch to, so that one that is wrong is told as what it is. */
const checkOthers = ({ backends, to }: Switching) =>
  Effect.forEach(
    backends.filter(({ name }) => name !== to),
    ({ store }) => Effect.scoped(Effect.flatMap(storeOf(store), (url) => openStore(url, { _tag: "Change" }))),
    { discard: true }
  )

/** Shows how many sessions were copied, from the first time that it is known how many there are. */
const makeTeller = () => {
  let told = 0
  let progress: ((more: number) => Effect.Effect<void>) | undefined
  const copied = { count: 0 }
  const tellProgress = Effect.fnUntraced(function*(event: SwitchProgress) {
    if (event._tag !== "Copying") return
    progress ??= yield* makeProgress("copying sessions", event.totalCount)
    yield* progress(event.doneCount - told)
    told = event.doneCount
    copied.count = event.doneCount
  })
  return { copied, tellProgress }
}

/** Makes a store serve. */
export const switchTo = Effect.fnUntraced(function*(switching: Switching) {
  const { backends, to, transfer, unreadable } = switching
  yield* checkOthers(switching)
  const mayLeave = unreadable === "leave" && transfer === "copy"
  const behind = mayLeave ? yield* findLeaving(backends, to) : leavingNothing
  const layer = StorageSwitch.layer({ backends: yield* layers(switching, behind), initial: backends[0]!.name })
  const context = yield* Layer.build(Layer.fresh(layer))
  const control = Context.get(context, StorageSwitch)
  const from = yield* control.current
  const { copied, tellProgress } = makeTeller()
  let done: Switched = { from, to, copiedCount: 0, removedCount: 0, keptAside: [], transfer, left: behind.left }
  yield* Stream.runForEach(control.switchTo(to, { transfer }), (event) => {
    if (event._tag === "Done") done = { ...done, ...event, to }
    return tellProgress(event)
  }).pipe(Effect.mapError((error) => failureOf(error, copied.count, backends)))
  return done
})
