/** The program itself, as a process of its own that a test starts. */
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { Program } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"

/** A program that runs the program, and what it finds in its environment. */
export interface Under {
  readonly under?: ReadonlyArray<string> | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** The program, bundled from its sources. */
export const programLayer = Program.layer(join(import.meta.dirname, "../../src/main.ts"))

/** Starts the program. */
export const start = Effect.fnUntraced(function*(args: ReadonlyArray<string>, { environment, under = [] }: Under = {}) {
  const { file } = yield* Program
  return yield* startChild([...under, process.execPath, file, ...args], { environment })
})

/** Runs the program as a person would, and gives what it printed. */
export const holdfast = Effect.fnUntraced(function*(args: ReadonlyArray<string>, under?: Under) {
  const child = yield* start(args, under)
  const { code, errors } = yield* child.close
  return { code, stdout: child.lines.join("\n"), stderr: errors }
}, Effect.scoped)
