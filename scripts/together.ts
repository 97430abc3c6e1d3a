/**
 * Runs scripts of this folder at the same time, for those that leave a core free, and prints what each said when it has
 * ended, whole and apart from the others.
 *
 * Guarantees that all of them run to their end, and that the process fails when one of them has failed.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { repositoryRoot, toolEnvironment } from "./steps.ts"

const run = async (script: string): Promise<void> => {
  const child = spawn(process.execPath, [join("scripts", script)], {
    cwd: repositoryRoot,
    env: toolEnvironment(),
    stdio: ["ignore", "pipe", "pipe"]
  })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  process.stdout.write(output)
  process.stderr.write(errors)
  if (code !== 0) process.exitCode = 1
}

await Promise.all(process.argv.slice(2).map(run))
