/** Runs one case and gives its sample. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { median } from "simple-statistics"
import { bundledPath, programPath } from "../build.ts"
import { sessionOf } from "../documents.ts"
import type { Case, Fixture } from "../plan.ts"
import type { CaseResult } from "../results.ts"
import { bareName, registry } from "../subjects/registry.ts"
import type { CaseAnswer, CaseSpec } from "./caseProtocol.ts"
import { zeroCounters } from "./counters.ts"
import type { Opened } from "./openCase.ts"
import { runProcess } from "./runProcess.ts"

type Answer = CaseResult["samples"][number]

// A case has a budget of a few seconds; what goes on for so long hangs, or lists in hours.
const timeoutMillis = 60_000
const fillTimeoutMillis = 180_000

const runCase = (spec: CaseSpec, timeout: number) =>
  runProcess<CaseAnswer>({
    command: [process.execPath, programPath("caseProcess"), JSON.stringify(spec)],
    timeoutMillis: timeout
  })

/** Fills a store for later processes; gives the reason where that fails. */
export const fillFixture = async ({ sizes, subject }: Fixture, directory: string): Promise<string | undefined> =>
  (await runCase({ subject, task: "fill", directory, sizes }, fillTimeoutMillis)).failure

/** Reads every file of a folder, so that each store is read from an equally warm page cache. */
const warmPages = (directory: string): void => {
  for (const name of globSync("**/*", { cwd: directory })) {
    const path = join(directory, name)
    if (existsSync(path) && statSync(path).isFile()) readFileSync(path)
  }
}

const openCommand = (subject: string): ReadonlyArray<string> => {
  if (subject === bareName) return [process.execPath, programPath("bareProcess")]
  const isBundled = registry.some(({ bundled, name }) => name === subject && bundled !== undefined)
  return isBundled
    ? [process.execPath, bundledPath(subject)]
    : [process.execPath, programPath("openProcess"), subject]
}

/** The median of a few starts, each a process of its own. */
const measureOpen = async ({ sizes, subject }: Case, round: number, directory: string): Promise<Answer> => {
  const session = sessionOf({ index: Math.floor(sizes.sessions / 2), bytes: sizes.bytes, revision: 0 })
  const walls: Array<number> = []
  let peakBytes = 0
  let wrong: string | undefined
  for (let at = 0; at < sizes.count; at++) {
    const command = [...openCommand(subject), directory, session.id]
    const { answer, failure, wallMillis } = await runProcess<Opened>({ command, timeoutMillis })
    if (answer === undefined) return { round, failure: failure ?? "no answer" }
    const isRight = answer.title === session.title && answer.turns === session.turns.length
    if (!isRight && subject !== bareName) wrong = `loaded ${JSON.stringify(answer.title)}`
    walls.push(wallMillis)
    peakBytes = Math.max(peakBytes, answer.peakBytes)
  }
  return {
    round,
    figures: { wall: median(walls) },
    count: sizes.count,
    partial: false,
    counters: zeroCounters,
    peakBytes,
    ...(wrong === undefined ? {} : { wrong })
  }
}

/** Runs a case in a folder: an empty one, or one that was filled for it. */
export const measureCase = async (one: Case, round: number, directory: string): Promise<Answer> => {
  if (one.workload === "load" || one.workload === "list" || one.workload === "open" || one.workload === "sessions") {
    warmPages(directory)
  }
  if (one.workload === "open") return measureOpen(one, round, directory)
  const { sizes, subject, workload } = one
  const { answer, failure } = await runCase({ subject, task: workload, directory, sizes }, timeoutMillis)
  return answer === undefined ? { round, failure: failure ?? "no answer" } : { round, ...answer }
}
