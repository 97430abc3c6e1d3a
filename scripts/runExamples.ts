/**
 * Runs every numbered example from its source and fails when one of them fails.
 *
 * Guarantees that an example leaves nothing behind in the repository: each runs in a temporary directory of its
 * own, which is removed at the end. All their processes share a cache of compiled code that lasts as long as this run:
 * they are forty, and half of the time of each goes into loading the same sources.
 */
import { execFile } from "node:child_process"
import { globSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { repositoryRoot, seconds } from "./steps.ts"

/** An example is read by people who try it by hand; one that needs more than this is not an example. */
const timeoutMillis = 60_000

const codeCache = mkdtempSync(join(tmpdir(), "holdfast-examples-code-"))
const environment = { ...process.env, NODE_COMPILE_CACHE: codeCache }

const runExample = async (path: string): Promise<void> => {
  const started = performance.now()
  const directory = mkdtempSync(join(tmpdir(), "holdfast-example-"))
  const args = ["--conditions=@holdfast/source", join(repositoryRoot, path)]
  try {
    await promisify(execFile)(process.execPath, args, { cwd: directory, env: environment, timeout: timeoutMillis })
    console.log(`passed: ${basename(path)} (${seconds(started)})`)
  } catch (failure) {
    // The message ends with what the example wrote to its standard error.
    const { message, stdout } = failure as { message: string; stdout?: string }
    console.error(`FAILED: ${basename(path)}\n${stdout ?? ""}${message}`)
    process.exitCode = 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const examples = globSync("examples/[0-9][0-9]-*.ts", { cwd: repositoryRoot }).toSorted()
const worker = async (queue: Array<string>): Promise<void> => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runExample(next)
}
const queue = [...examples]
try {
  await Promise.all([worker(queue), worker(queue)])
} finally {
  rmSync(codeCache, { recursive: true, force: true })
}
console.log(`${examples.length} examples ran`)
