/** The system calls of a program's operations beside what they may be. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type App, type Program, temporaryFolder } from "./app.ts"
import { type CallCounts, type CallKind, countCalls, oneMore, partsOf, tracing } from "./callCounts.ts"
import type { Operation } from "./notes.ts"

/** An operation with its calls: flushes, writes, bytes, folder reads, opens. */
export type Row = readonly [
  what: string,
  operation: Operation,
  counts: readonly [number, number, number, number, number]
]

const countsOf = ([flushes, writes, bytes, folderReads, opens]: Row[2]): CallCounts => ({
  flushes,
  writes,
  bytes,
  folderReads,
  opens
})

const kinds: ReadonlyArray<CallKind> = ["flushes", "writes", "bytes", "folderReads", "opens"]

type Start = (where: { readonly folder: string; readonly under: ReadonlyArray<string> }) => Effect.Effect<
  App,
  never,
  Program | Scope.Scope
>

interface Traced {
  readonly folder: string
  /** The lines of the trace that belong to each row. */
  readonly parts: ReadonlyArray<ReadonlyArray<string>>
}

const trace = Effect.fnUntraced(function*(start: Start, rows: ReadonlyArray<Row>) {
  const scratch = yield* temporaryFolder
  const folder = join(scratch, "store")
  const path = join(scratch, "trace")
  const app = yield* start({ folder, under: tracing(path) })
  for (const [what, operation] of rows) assert.notStrictEqual((yield* app.ask(operation))._tag, "Failed", what)
  yield* app.close
  const parts = partsOf(readFileSync(path, "utf8")).slice(1, rows.length + 1)
  return { folder, parts } satisfies Traced
})

const assertCounts = ({ folder, parts }: Traced, rows: ReadonlyArray<Row>): void => {
  const expected = rows.map(([what, , counts]) => ({ what, ...countsOf(counts) }))
  assert.deepStrictEqual(rows.map(([what], at) => ({ what, ...countCalls(parts[at]!, folder) })), expected)
  for (const [at, [what]] of rows.entries()) {
    for (const kind of kinds) {
      const more = countCalls([...parts[at]!, oneMore(folder)[kind]], folder)
      assert.notDeepEqual({ what, ...more }, expected[at]!, `${what}: one more of ${kind}`)
    }
  }
}

// A machine that stands still for a moment is taken for a slow disk, for which a store may make other calls.
const triesMax = 3

/**
 * Runs the operations one after the other and compares the calls of each with its row. A store that makes one call
 * more of any kind, in any operation, is shown to differ.
 */
export const assertCalls = Effect.fnUntraced(function*(start: Start, rows: ReadonlyArray<Row>) {
  for (let left = triesMax; left > 0; left--) {
    const traced = yield* Effect.scoped(trace(start, rows))
    const counted = Result.try(() => assertCounts(traced, rows))
    if (Result.isSuccess(counted)) return
    if (left === 1) return yield* Effect.die(counted.failure)
  }
})
