/**
 * The program of an adapter as the tests see it: started, asked to do something, answering by what it prints.
 *
 * It is bundled from the sources once per test file, as apps are advised to do: a child then starts in a tenth of a
 * second, under strace as well, needs nothing of the repository, and is not changed by an edit during the run.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "tsup"
import { type ChildOptions, type Ended, startChild } from "./child.ts"
import type { Answer, Listed, Operation, Seen, WireError, Written } from "./notes.ts"

/** A folder that is removed with the scope. Anybody may enter it. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-real-"))
    chmodSync(folder, 0o777)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Nobody: a user without rights over any file. */
export const nobody = 65534

const bundle = (program: string, folder: string) =>
  build({
    entry: { program },
    outDir: folder,
    format: "esm",
    outExtension: () => ({ js: ".mjs" }),
    config: false,
    silent: true,
    noExternal: [/./],
    // Without its prefix `node:sqlite` names nothing.
    removeNodeProtocol: false,
    esbuildOptions: (options) => {
      options.conditions = ["@holdfast/source"]
    }
  })

/** Node as anybody can start it: a copy where the repository lies in a folder that is its owner's alone. */
const nodeForAnybody = (folder: string): string => {
  const tried = spawnSync(process.execPath, ["-e", "0"], { uid: nobody, gid: nobody, cwd: "/" })
  if (tried.status === 0) return process.execPath
  const copy = join(folder, "node")
  copyFileSync(process.execPath, copy)
  chmodSync(copy, 0o755)
  return copy
}

/** The bundled program. */
export class Program extends Context.Service<Program, {
  readonly file: string
  /** A Node that every user can start. */
  readonly nodeForAnybody: Effect.Effect<string>
}>()("test/Program") {
  /** Bundles a program from its source. */
  static readonly layer = (source: string) =>
    Layer.effect(
      Program,
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        yield* Effect.promise(() => bundle(source, folder))
        const node = yield* Effect.cached(Effect.sync(() => nodeForAnybody(folder)))
        return { file: join(folder, "program.mjs"), nodeForAnybody: node }
      })
    )
}

/** How a program is started; what else it is given are the options of its storage. */
export interface StartOptions extends ChildOptions {
  /** A command that runs the program: a tracer, a mount namespace. */
  readonly under?: ReadonlyArray<string> | undefined
}

/** Operations that were handed over together; the answers come in as the program gives them. */
export interface Lane {
  readonly operation: Operation
  readonly answer: () => Answer | undefined
}

export interface App {
  readonly pid: number
  /** The first answer: the store is open, or why it is not. */
  readonly opened: Effect.Effect<Answer>
  /** Hands an operation over and waits for its answer. */
  readonly ask: (operation: Operation) => Effect.Effect<Answer>
  /** Hands over lanes that run at the same time, each one operation after the other. */
  readonly run: (lanes: ReadonlyArray<ReadonlyArray<Operation>>) => Effect.Effect<ReadonlyArray<ReadonlyArray<Lane>>>
  /** Waits for so many answers; the opening is one. */
  readonly answers: (count: number) => Effect.Effect<void>
  readonly close: Effect.Effect<Ended>
  readonly kill: Effect.Effect<Ended>
  readonly ended: Effect.Effect<Ended>
}

/** Starts the program with the options of its storage. It ends with the scope. */
export const start = Effect.fnUntraced(function*(
  given: StartOptions
): Effect.fn.Return<App, never, Program | Scope.Scope> {
  const { environment, under = [], user, ...options } = given
  const { file, nodeForAnybody } = yield* Program
  const node = user === undefined ? process.execPath : yield* nodeForAnybody
  const child = yield* startChild([...under, node, file, JSON.stringify(options)], { environment, user })
  const answers = new Map<number, Answer>()
  let linesRead = 0
  let asked = 0

  const read = (lines: ReadonlyArray<string>) => {
    for (; linesRead < lines.length; linesRead++) answers.set(...JSON.parse(lines[linesRead]!) as [number, Answer])
    return answers
  }
  const run: App["run"] = (lanes) => {
    const numbered = lanes.map((lane) => lane.map((operation) => [++asked, operation] as const))
    return Effect.as(
      child.write(JSON.stringify(numbered)),
      numbered.map((lane) =>
        lane.map(([number, operation]) => ({ operation, answer: () => read(child.lines).get(number) }))
      )
    )
  }
  return {
    run,
    pid: child.pid,
    opened: child.see((lines) => read(lines).get(0)),
    ask: (operation) => Effect.flatMap(run([[operation]]), (lanes) => child.see(() => lanes[0]?.[0]?.answer())),
    answers: (count) => Effect.asVoid(child.see((lines) => lines.length >= count ? lines : undefined)),
    close: child.close,
    kill: child.kill,
    ended: child.ended
  }
})

const expected = (what: string, answer: Answer): never => {
  throw new Error(`expected ${what}, got ${JSON.stringify(answer)}`)
}

/** The answer of a write that succeeded. */
export const written = (answer: Answer): Written => answer._tag === "Written" ? answer : expected("a receipt", answer)

/** The answer of a listing that succeeded. */
export const listed = (answer: Answer): Listed => answer._tag === "Listed" ? answer : expected("a listing", answer)

/** The session that a load found. */
export const loaded = (answer: Answer): Seen =>
  answer._tag === "Loaded" && answer.session !== null ? answer.session : expected("a session", answer)

/** The error of an operation that failed in the storage, as its reason. */
export const failed = (answer: Answer): NonNullable<WireError["reason"]> =>
  answer._tag === "Failed" && answer.error.reason !== undefined
    ? answer.error.reason
    : expected("a storage error", answer)

/** The reason and the outcome of an operation that failed in the storage. */
export const refusal = (answer: Answer): readonly [reason: string, outcome: string] => {
  const { _tag, outcome } = failed(answer)
  return [_tag, outcome]
}
