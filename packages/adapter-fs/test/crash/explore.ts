/**
 * Exploring the real adapter: it runs on a disk in memory, and every state that a power cut could leave of
 * its last change is judged, those of a second cut as well.
 */
import type { StorageChange } from "@holdfast/core"
import { Effect, Equal, Option } from "effect"
import { CrashFileSystem } from "../../src/testing/index.ts"
import { change, contentOf } from "../kit.ts"
import { commitNext, type Expected, judge, type StoreOptions, use } from "./judge.ts"
import { type Change, changeOf, type Content, key } from "./session.ts"

type Disk = CrashFileSystem.CrashFileSystem
type State = CrashFileSystem.CrashState

/** What was found so far: distinct states by what led to them, and everything that is wrong. */
export interface Report {
  readonly counts: Map<string, number>
  readonly violations: Array<string>
  readonly seen: Set<string>
  readonly judged: Set<string>
}

export const emptyReport = (): Report => ({ counts: new Map(), violations: [], seen: new Set(), judged: new Set() })

// Files of probes say nothing about sessions, and what a catalog holds is looked up in them: their states
// would multiply all others. Those of catalogs are explored for themselves.
const isProbe = (path: string): boolean => path.includes("/.holdfast-probe-")
const isBeside = (path: string): boolean => isProbe(path) || path.includes("/.holdfast/catalog")

/** A state without what chance decides: random names and checksums of what holds them. */
const shapeOf = (state: State): string => {
  const ids = new Map<string, number>()
  return state.files.map(([path, bytes]) =>
    `${path}\n${bytes === undefined ? "" : Buffer.from(bytes).toString("latin1")}`
  )
    .join("\n")
    .replaceAll(/[0-9a-f]{8,}/g, (id) => {
      if (id.length !== 20) return "#"
      if (!ids.has(id)) ids.set(id, ids.size)
      return `#${ids.get(id)}`
    })
}

const describeState = (state: State): string =>
  [
    `after ${state.first} to ${state.last} steps:`,
    ...state.files.map(([path, bytes]) =>
      `  ${path} ${bytes === undefined ? "" : JSON.stringify(Buffer.from(bytes).toString("latin1"))}`
    )
  ].join("\n")

interface Found {
  readonly label: string
  readonly expected: Expected
  readonly options: StoreOptions
  /** The change that was under way, to be sent again. */
  readonly repeated?: { readonly made: StorageChange; readonly after: Content } | undefined
  /** Whether a state is judged both with the change sent again and without, or each other one in one of the ways. */
  readonly ways: "both" | "alternating"
}

const waysOf = ({ repeated, ways }: Found, nth: number) => {
  const all = repeated === undefined ? [undefined] : [undefined, repeated]
  return ways === "both" ? all : [all[nth % all.length]]
}

/** Counts a state and judges it, unless one that differs only in what chance decides was judged before. */
const judgeState = Effect.fnUntraced(function*(report: Report, state: State, found: Found) {
  const { expected, label, options } = found
  const shape = shapeOf(state)
  if (!report.seen.has(shape)) report.counts.set(label, (report.counts.get(label) ?? 0) + 1)
  report.seen.add(shape)
  const question = JSON.stringify([shape, expected, found.repeated?.after])
  if (report.judged.has(question)) return
  report.judged.add(question)
  for (const repeated of waysOf(found, report.judged.size)) {
    const wrong = yield* judge(state.mount(), { expected, options, repeated })
    const how = repeated === undefined ? label : `${label}, the change sent again`
    if (Option.isSome(wrong)) report.violations.push(`${how}: ${wrong.value}\n${describeState(state)}`)
  }
})

/** A change as it was made: after which step it began, and after which it was acknowledged. */
interface Made {
  readonly change: Change
  readonly made: StorageChange
  readonly begun: number
  readonly acknowledged: number
  readonly version: number
}

const absent: Content = Option.none()

/** What a store must say in a state, by what was attempted and acknowledged when the power was cut. */
const expectedIn = (
  state: Pick<State, "first" | "last">,
  made: ReadonlyArray<Made>,
  start: Content = absent
): Expected => {
  const lower = made.filter(({ acknowledged }) => acknowledged <= state.last).length
  const upper = Math.max(lower, made.filter(({ begun }) => begun < state.first).length)
  const contents = [start, ...made.map((one) => one.change.after)].slice(lower, upper + 1)
  return { contents, version: made[lower - 1]?.version ?? 0 }
}

/** Makes changes, one after the other, in one opening of the store. */
const makeAll = Effect.fnUntraced(function*(
  disk: Disk,
  changes: ReadonlyArray<Change>,
  options: StoreOptions & { readonly beforeLast?: (() => void) | undefined }
) {
  return yield* use(disk, options, (adapter) =>
    Effect.forEach(changes, (next, index) =>
      Effect.gen(function*() {
        if (index === changes.length - 1) options.beforeLast?.()
        const begun = disk.steps()
        const made = change(...next.operations)
        const { version } = yield* commitNext(adapter, next, made)
        return { change: next, made, begun, acknowledged: disk.steps(), version } satisfies Made
      })))
})

export interface Exploration {
  readonly options: StoreOptions
  /** How far a second crash is explored: not, while the store is opened, or also during the save after it. */
  readonly second: "none" | "opening" | "saving"
  readonly names?: CrashFileSystem.NameOrder | undefined
  /** Whether the states of the catalog's own files are told apart; not by default. */
  readonly catalog?: "sure" | "explored" | undefined
  /** `both` by default. */
  readonly ways?: Found["ways"] | undefined
  /** What happens before the last change: a fault that begins there. */
  readonly beforeLast?: (() => void) | undefined
  /** What the store is opened with after the crash, where that differs. */
  readonly reopened?: StoreOptions | undefined
  readonly label?: string | undefined
  readonly files?: CrashFileSystem.Files | undefined
  readonly start?: Content | undefined
}

/** A second cut while the store is opened on a state: nothing changes in what it must say. */
const exploreOpening = Effect.fnUntraced(function*(report: Report, state: State, found: Found) {
  const disk = state.mount()
  yield* use(disk, found.options, () => Effect.void)
  for (const second of disk.crashStates({ sure: isBeside })) {
    if (second.identity === state.identity) continue
    yield* judgeState(report, second, { ...found, label: "second crash, while opening", ways: "alternating" })
  }
})

/** A second cut during the first save after a crash. */
const exploreSaving = Effect.fnUntraced(
  function*(report: Report, disk: Disk, found: Omit<Found, "repeated"> & { readonly kind: "both" | "append" }) {
    const { expected, kind, label, options } = found
    const from = disk.steps()
    const run = yield* use(disk, options, (adapter) =>
      Effect.gen(function*() {
        const content = yield* contentOf(adapter, key)
        if (kind === "append" && Option.isNone(content)) return Option.none()
        const next = changeOf(kind, content, 8)
        const begun = disk.steps()
        const made = change(...next.operations)
        const saved = yield* commitNext(adapter, next, made)
        return Option.some({ next, made, begun, acknowledged: disk.steps(), saved })
      }))
    if (Option.isNone(run)) return
    const { acknowledged, begun, made, next, saved } = run.value
    for (const second of disk.crashStates({ sure: isBeside, from })) {
      const isAcknowledged = acknowledged <= second.last
      const before = isAcknowledged ? [] : expected.contents
      const after = isAcknowledged || begun < second.first ? [next.after] : []
      yield* judgeState(report, second, {
        label,
        options,
        ways: "alternating",
        expected: { contents: [...before, ...after], version: isAcknowledged ? saved.version : expected.version },
        ...(after.length > 0 && before.every((content) => Equal.equals(content, before[0]))
          ? { repeated: { made, after: next.after } }
          : {})
      })
    }
  }
)

/** The process is killed after each of some steps, and the power is cut while the next one saves. */
const exploreKills = Effect.fnUntraced(function*(report: Report, disk: Disk, kills: {
  readonly from: number
  readonly to: number
  readonly expectedAt: (step: number) => Expected
  readonly options: StoreOptions
}) {
  const { expectedAt, from, options, to } = kills
  for (const kind of ["both", "append"] as const) {
    for (let step = from; step < to; step++) {
      const label = "kill, then crash while saving"
      const found = { label, expected: expectedAt(step), options, ways: "alternating", kind } as const
      yield* exploreSaving(report, disk.killed(step), found)
    }
  }
})

/** Explores the crash states of the first opening of a store with files that were there before. */
export const exploreFirstOpening = Effect.fnUntraced(function*(
  report: Report,
  { files = {}, label = "open", options, second, start = absent, ways = "both" }: Exploration
) {
  const disk = CrashFileSystem.make(files)
  yield* use(disk, options, () => Effect.void)
  const found: Found = { label, expected: { contents: [start], version: 0 }, options, ways }
  const states = disk.crashStates({ sure: isBeside })
  for (const state of states) yield* judgeState(report, state, found)
  if (second === "none") return
  for (const state of states) yield* exploreOpening(report, state, found)
  if (second === "opening") return
  yield* exploreKills(report, disk, { from: 0, to: disk.steps(), expectedAt: () => found.expected, options })
})

/** Explores the crash states of the last of some changes. */
export const explore = Effect.fnUntraced(function*(
  report: Report,
  changes: ReadonlyArray<Change>,
  exploration: Exploration
) {
  const { beforeLast, files = {}, names, options, reopened = options, second, start = absent } = exploration
  const { catalog = "sure", ways = "both" } = exploration
  const sure = catalog === "sure" ? isBeside : isProbe
  const disk = CrashFileSystem.make(files)
  const made = yield* makeAll(disk, changes, { ...options, beforeLast })
  const last = made.at(-1)!
  const label = exploration.label ?? last.change.name
  // What comes before the last change is explored as a sequence of its own, and opening for itself.
  const from = last.begun
  const states = disk.crashStates({ from, sure, names })
  const repeated = { made: last.made, after: last.change.after }
  const foundIn = (state: State): Found => ({
    label,
    expected: expectedIn(state, made, start),
    options: reopened,
    repeated,
    ways
  })
  for (const state of states) yield* judgeState(report, state, foundIn(state))
  if (second === "none") return
  for (const state of states) yield* exploreOpening(report, state, foundIn(state))
  if (second === "opening") return
  for (const kind of ["both", "append"] as const) {
    for (const state of states) {
      yield* exploreSaving(report, state.mount(), { ...foundIn(state), label: "second crash, while saving", kind })
    }
  }
  const expectedAt = (step: number) => expectedIn({ first: step, last: step }, made, start)
  yield* exploreKills(report, disk, { from, to: last.acknowledged, expectedAt, options: reopened })
})

/** A table of distinct states. */
export const tableOf = (reports: Readonly<Record<string, Report>>): string => {
  const protocols = Object.keys(reports)
  const labels = [...new Set(Object.values(reports).flatMap(({ counts }) => [...counts.keys()]))]
  const sum = (report: Report) => [...report.counts.values()].reduce((total, count) => total + count, 0)
  const rows = labels.map((label) => [label, ...protocols.map((name) => String(reports[name]!.counts.get(label) ?? 0))])
  const totals = ["all", ...protocols.map((name) => String(sum(reports[name]!)))]
  return [["operation", ...protocols], ...rows, totals].map((row) => `| ${row.join(" | ")} |`).join("\n")
}
