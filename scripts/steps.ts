/**
 * Runs the named steps of a root script one after the other and reports each with its time.
 *
 * Guarantees that the process ends with a failure when any step failed, and that the tools of the repository's
 * own `node_modules` are found first, Node 24 among them, however the script was started.
 */
import { spawnSync } from "node:child_process"
import { delimiter, join } from "node:path"

export const repositoryRoot: string = join(import.meta.dirname, "..")

/** On Windows the tools in `node_modules/.bin` are scripts of the shell, which no program starts without it. */
export const needsShell: boolean = process.platform === "win32"

export interface Step {
  readonly name: string
  readonly command: readonly [string, ...Array<string>]
  readonly directory?: string
  /** Instead of the tools' environment. */
  readonly environment?: NodeJS.ProcessEnv
}

export interface StepsOptions {
  readonly script: string
  /** `stop` where later steps mean nothing after a failure, `continue` where one run should show every failure. */
  readonly onFailure: "stop" | "continue"
}

/**
 * The environment in which the repository's tools run. Every process keeps its modules compiled and without types for
 * the next one (https://nodejs.org/api/module.html#module-compile-cache): the hundreds that the tests start take a third
 * of the processor's time to begin.
 */
export const toolEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_COMPILE_CACHE: join(repositoryRoot, "node_modules", ".cache", "node"),
  PATH: [join(repositoryRoot, "node_modules", ".bin"), process.env["PATH"]].join(delimiter)
})

/**
 * The tools' environment without what npm tells its children: a project outside of the repository would take it for its
 * own settings and look for its packages here.
 */
export const strangersEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(toolEnvironment()).filter(([name]) => !/^npm_(?!config_(registry|cache)$)/i.test(name))
  )

/** A duration as people read it. */
export const seconds = (sinceMillis: number): string => `${((performance.now() - sinceMillis) / 1000).toFixed(1)} s`

const runStep = (script: string, step: Step): boolean => {
  console.log(`\n> ${script}: ${step.name}`)
  const started = performance.now()
  const [program, ...args] = step.command
  const ended = spawnSync(program, args, {
    cwd: step.directory ?? repositoryRoot,
    env: step.environment ?? toolEnvironment(),
    shell: needsShell,
    stdio: "inherit"
  })
  const passed = ended.status === 0
  // Without this a tool that cannot be started at all would fail in silence.
  if (ended.error !== undefined) console.error(ended.error.message)
  console.log(`${passed ? "passed" : "FAILED"}: ${step.name} (${seconds(started)})`)
  return passed
}

/** Runs the steps in order, prints the tally as the last line, and sets the exit code. */
export const runSteps = (options: StepsOptions, steps: ReadonlyArray<Step>): void => {
  const started = performance.now()
  const failed: Array<string> = []
  let passedCount = 0
  for (const step of steps) {
    if (runStep(options.script, step)) passedCount += 1
    else failed.push(step.name)
    if (failed.length > 0 && options.onFailure === "stop") break
  }
  if (failed.length > 0) process.exitCode = 1
  console.log(
    `\n${options.script} took ${seconds(started)}${failed.length > 0 ? `; failed: ${failed.join(", ")}` : ""}`
  )
  console.log(`${options.script}: ${passedCount} passed, ${failed.length} failed`)
}
