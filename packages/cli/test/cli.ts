/**
 * Runs command lines in this process, and compares what they print with golden files.
 *
 * The clock stands still and the screen is as wide as a test says, so a run prints the same every time; paths of the
 * test's own folder are shown as `<dir>`. A golden file is written anew with `UPDATE_GOLDEN=1`, and read before it is
 * committed.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert } from "@effect/vitest"
import { CurrentSurroundings, type Surroundings } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Queue from "effect/Queue"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { format } from "node:util"
import { CurrentMachine, type Machine } from "../src/doctor/Machine.ts"
import { TerminalLine } from "../src/output/progress.ts"
import { CurrentScreen, type Screen } from "../src/output/Screen.ts"
import { run } from "../src/run.ts"
import { CurrentModules, type Modules } from "../src/validation/kit.ts"

/** What a run printed and came to. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What was written to the terminal's own line. */
  readonly terminal: string
}

export interface RunOptions {
  readonly screen?: Partial<Screen> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** What is round the process; a plain Linux otherwise. */
  readonly around?: Partial<Surroundings> | undefined
  readonly machine?: Partial<Machine> | undefined
  /** What the disk refuses. */
  readonly faults?: ReadonlyArray<FaultyFileSystem.FaultRule> | undefined
  /** Is told every line, as it is printed. */
  readonly heard?: ((line: string) => void) | undefined
}

/** The moment at which tests run commands. */
export const testTime = Date.parse("2026-11-20T12:00:00Z")

/** A clock that stands still at a moment; waiting takes the time that it takes. */
export const standingClock = (millis: number): Clock.Clock =>
  Object.assign(Object.create(Effect.runSync(Clock.clockWith(Effect.succeed))) as Clock.Clock, {
    currentTimeMillisUnsafe: () => millis,
    currentTimeMillis: Effect.succeed(millis),
    currentTimeNanosUnsafe: () => BigInt(millis) * 1_000_000n,
    currentTimeNanos: Effect.succeed(BigInt(millis) * 1_000_000n)
  })

const plainLinux: Surroundings = {
  platform: "linux",
  env: {},
  execPath: "/usr/bin/node",
  windowsStore: false,
  macAppStore: false,
  files: []
}

const plainMachine: Machine = {
  platform: "linux",
  architecture: "x64",
  osRelease: "6.0.0",
  node: "24.0.0",
  roomAt: () => Effect.succeedSome({ freeBytes: 30 * 2 ** 30, totalBytes: 100 * 2 ** 30 }),
  holdersOf: () => Effect.succeedNone
}

const unused = Effect.die(new Error("no command asks for this"))

// The disk is the real one; no test has a terminal, nor starts a process by a command.
const hostLayer = Layer.mergeAll(
  NodePath.layer,
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      size: unused,
      readInput: unused,
      readLine: unused,
      display: () => Effect.void
    })
  ),
  Layer.succeed(ChildProcessSpawner.ChildProcessSpawner, ChildProcessSpawner.make(() => unused))
)

// The test's own loader: it finds the sources of packages, and one copy of Effect.
const testModules: Modules = {
  load: (file) => import(/* @vite-ignore */ file),
  loadFrom: (_, specifier) => import(/* @vite-ignore */ specifier)
}

const text = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** Runs a command line. */
export const runCli = Effect.fnUntraced(function*(args: ReadonlyArray<string>, options: RunOptions = {}) {
  const out: Array<string> = []
  const err: Array<string> = []
  let terminal = ""
  const keep = (lines: Array<string>, line: string) => {
    lines.push(line)
    options.heard?.(line)
  }
  const captured: Console.Console = Object.assign(Object.create(globalThis.console) as Console.Console, {
    log: (...parts: ReadonlyArray<unknown>) => keep(out, format(...parts)),
    error: (...parts: ReadonlyArray<unknown>) => keep(err, format(...parts))
  })
  const plain: Screen = { width: 100, hasColors: false, showsProgress: false, program: "holdfast" }
  const screen: Screen = { ...plain, ...options.screen }
  const settings = Layer.mergeAll(
    hostLayer,
    FaultyFileSystem.layer(options.faults ?? []).pipe(Layer.provide(NodeFileSystem.layer)),
    Layer.succeed(Console.Console, captured),
    Layer.succeed(CurrentScreen, screen),
    Layer.succeed(CurrentSurroundings, { ...plainLinux, ...options.around }),
    Layer.succeed(CurrentModules, testModules),
    Layer.succeed(CurrentMachine, { ...plainMachine, ...options.machine }),
    Layer.succeed(TerminalLine, (text: string) => {
      terminal += text
    }),
    Layer.succeed(Clock.Clock, standingClock(testTime)),
    ConfigProvider.layer(ConfigProvider.fromEnv({ env: options.env ?? {} }))
  )
  const code = yield* Effect.provide(run(args), settings)
  return { code, stdout: text(out), stderr: text(err), terminal } satisfies Ran
})

/** What is done when a run has printed a line. */
export type Answer<E, R> = readonly [line: RegExp, act: Effect.Effect<unknown, E, R>]

/** Runs a command line, and answers what it prints, one line after the other. */
export const runAnswered = Effect.fnUntraced(function*<E, R>(
  args: ReadonlyArray<string>,
  answers: ReadonlyArray<Answer<E, R>>,
  options: RunOptions = {}
) {
  const lines = yield* Queue.unbounded<string>()
  const awaited = (pattern: RegExp) => Effect.repeat(Queue.take(lines), { until: (line) => pattern.test(line) })
  const answering = Effect.forEach(answers, ([line, act]) => Effect.andThen(awaited(line), act), { discard: true })
  const running = runCli(args, { ...options, heard: (line) => Queue.offerUnsafe(lines, line) })
  return yield* Effect.raceFirst(running, Effect.andThen(answering, Effect.never))
})

/** A folder that goes with the test. */
export const testFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fileSystem) => fileSystem.makeTempDirectoryScoped({ prefix: "holdfast-cli-" })
)

/** Gives a test its folder, and the host's files. */
export const inFolder = <A, E, R>(test: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(testFolder, test).pipe(Effect.scoped, Effect.provide([NodeFileSystem.layer, NodePath.layer]))

/** What a run printed, as golden files hold it. */
export const shownOf = (directory: string, { code, stderr, stdout }: Ran): string =>
  [stdout, stderr === "" ? "" : `--- stderr\n${stderr}`, `--- exit ${code}\n`].join("").replaceAll(directory, "<dir>")

/** Compares text with a golden file. */
export const golden = (name: string, text: string): void => {
  const file = join(import.meta.dirname, "golden", `${name}.txt`)
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  assert.strictEqual(text, readFileSync(file, "utf8"))
}

/** Runs a command line in text and in JSON and compares both with golden files. */
export const goldenRuns = Effect.fnUntraced(function*(
  name: string,
  args: ReadonlyArray<string>,
  { directory, ...options }: RunOptions & { readonly directory: string }
) {
  const text = yield* runCli(args, options)
  golden(`${name}.text`, shownOf(directory, text))
  const json = yield* runCli([...args, "--json"], options)
  golden(`${name}.json`, shownOf(directory, json))
  return { text, json }
})
