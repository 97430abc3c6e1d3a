/**
 * Stores that another process has open, for the conformance laws.
 *
 * The process runs a bundle of its program and all that this imports, made once by each worker: it starts five
 * times as fast as the sources, and is not changed by an edit during the run.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { startElsewhere } from "@holdfast/core/testing"
import { Effect } from "effect"
import { ChildProcess } from "effect/process"
import { renameSync } from "node:fs"
import { join } from "node:path"

const bundle = async (program: string, name: string): Promise<string> => {
  const file = join(import.meta.dirname, `../node_modules/.cache/holdfast/${name}.mjs`)
  const own = `${file}.${process.pid}`
  // Only those who start another process load the bundler.
  const { build } = await import("esbuild")
  await build({
    entryPoints: [program],
    outfile: own,
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@holdfast/source"]
  })
  // Another worker may run the same file at this moment.
  renameSync(own, file)
  return file
}

/** Starts a program that serves a store over its standard input and output, with the store's options as JSON. */
export const elsewhere = (program: string, name: string) => {
  let made: Promise<string> | undefined
  const bundled = Effect.promise(() => made ??= bundle(program, name))
  /** Opens the store in a process of its own, until the scope closes. */
  return Effect.fnUntraced(function*(options: object) {
    const command = ChildProcess.make(process.execPath, [yield* bundled, JSON.stringify(options)], { extendEnv: true })
    return yield* Effect.provide(startElsewhere(command), NodeServices.layer)
  })
}
