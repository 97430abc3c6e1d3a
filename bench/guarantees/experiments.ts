/**
 * Finds out by experiment what a store guarantees: its flushes from a trace, its atomicity by killing it while it saves.
 *
 * The killed process runs with every write, flush and rename slowed down, so that most kills fall between two of them. A
 * kill is no power cut: what it shows is whether a reader ever meets half of a session, and whether an acknowledged save
 * is there. Needs strace; without it the report says so.
 */
import { spawn, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { programPath } from "../build.ts"
import { answerMark } from "../measuring/caseProtocol.ts"
import type { Readback } from "../measuring/guaranteeProtocol.ts"
import { runProcess } from "../measuring/runProcess.ts"
import { entryOf } from "../subjects/registry.ts"
import { countTrace, type TraceCounts } from "./traceCounts.ts"

export interface Kills {
  readonly count: number
  /** Kills after which the last acknowledged state, or a later one, was there whole. */
  readonly whole: number
  /** What was there instead, in the words of the first kill that showed it. */
  readonly instead?: string
}

export interface Guarantees {
  readonly counts?: TraceCounts
  readonly kills?: Kills
  readonly failure?: string
}

const timeoutMillis = 60_000
const tracedCalls = [
  "open,openat,creat,access,faccessat,faccessat2,statx,stat,rename,renameat,renameat2,link,linkat",
  "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,msync,sync_file_range,syncfs"
].join(",")
const slowedCalls = "write,pwrite64,writev,pwritev,ftruncate,rename,renameat,renameat2,fsync,fdatasync,unlink"
// Long against what a program does between its calls. A database makes hundreds of them for what is three for a file.
const slowedMicros = { files: 15_000, database: 1000, memory: 0 }

export const hasStrace = (): boolean => spawnSync("strace", ["-V"], { stdio: "ignore" }).status === 0

const program = programPath("guaranteeProcess")

const countCalls = async (name: string, directory: string): Promise<Guarantees> => {
  const store = join(directory, "counted")
  mkdirSync(store, { recursive: true })
  const trace = join(directory, "trace")
  const ended = await runProcess({
    command: [
      "strace",
      "-f",
      "-y",
      "-qq",
      "-s",
      "8",
      "-e",
      `trace=${tracedCalls}`,
      "-o",
      trace,
      process.execPath,
      program
    ]
      .concat("count", name, store),
    timeoutMillis
  })
  return ended.failure === undefined
    ? { counts: countTrace(readFileSync(trace, "utf8"), store) }
    : { failure: ended.failure }
}

const slowly = (name: string, directory: string): ReadonlyArray<string> =>
  [
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${slowedCalls}`,
    "-e",
    `inject=${slowedCalls}:delay_enter=${slowedMicros[entryOf(name).keeps]}`
  ]
    .concat(process.execPath, program, "write", name, directory)

/**
 * Lets a store save until it is killed at a share of the time that its saves take; gives the last acknowledged revision.
 */
const killWhileSaving = async (name: string, directory: string, share: number): Promise<number> => {
  const child = spawn("strace", slowly(name, directory), { stdio: ["ignore", "pipe", "ignore"], detached: true })
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const { promise: saving, resolve: acknowledge } = Promise.withResolvers<number>()
  let last = -1
  let first: number | undefined
  child.stdout.on("data", (chunk) => {
    for (const [, revision] of String(chunk).matchAll(new RegExp(`${answerMark}(\\d+)\n`, "g"))) last = Number(revision)
    first ??= performance.now()
    if (last >= 1) acknowledge(performance.now() - first)
  })
  child.on("close", () => resolve())
  const saveMillis = await Promise.race([saving, ended.then(() => 0), setTimeout(timeoutMillis, 0, { ref: false })])
  await setTimeout(saveMillis * share)
  // The group is strace and the process under it, both started here.
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL")
  await ended
  return last
}

const killOften = async (name: string, directory: string, count: number): Promise<Kills> => {
  let whole = 0
  let instead: string | undefined
  for (let at = 0; at < count; at++) {
    const store = join(directory, `killed-${at}`)
    mkdirSync(store)
    const acknowledged = await killWhileSaving(name, store, (at + 0.5) / count)
    if (acknowledged < 0) return { count: at, whole, instead: "nothing was acknowledged before the end" }
    const { answer, failure } = await runProcess<Readback>({
      command: [process.execPath, program, "read", name, store],
      timeoutMillis
    })
    const older = answer !== undefined && answer.revision < acknowledged
    const problem = failure ?? answer?.wrong ?? (older ? "an acknowledged save is lost" : undefined)
    if (problem === undefined) whole += 1
    else instead ??= problem
    rmSync(store, { recursive: true, force: true })
  }
  return { count, whole, ...(instead === undefined ? {} : { instead }) }
}

/** Both experiments on a store in folders of its own. */
export const findGuarantees = async (name: string, directory: string, kills: number): Promise<Guarantees> => {
  mkdirSync(directory, { recursive: true })
  const counted = await countCalls(name, directory)
  if (counted.failure !== undefined) return counted
  return { ...counted, kills: await killOften(name, directory, kills) }
}
