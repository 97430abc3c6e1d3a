/**
 * A hundred thousand sessions, with the program itself: they are listed, piped from one store to another, copied and
 * compared by processes whose memory is bounded, and what is killed in the middle is ended by the same command.
 *
 * A process that needs more memory than its heap may take is ended by V8, so a run that succeeds stayed below it.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, layer } from "@effect/vitest"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { makeKey, randomId, StorageAdapter } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { Program, temporaryFolder } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"
import { programLayer, start as startProgram } from "./program.ts"

const sessionsCount = 100_000

// What lives at one time is a third of this, and V8 works hard close to its limit. The bundle of them alone is as large.
const heapMegabytes = 112

const writeOne = Effect.fnUntraced(function*(number: number) {
  const adapter = yield* StorageAdapter
  const key = makeKey(`chat_${String(number).padStart(6, "0")}`, [`acct-${number % 5}`, `org-${number % 4}`])
  const title = `Session number ${number}`
  const what = { key, expect: "any", kind: "Chat", schemaVersion: 1 } as const
  yield* adapter.commit({
    writeId: randomId(),
    operations: [
      { _tag: "Put", ...what, summary: JSON.stringify({ title }), body: JSON.stringify({ draft: "x".repeat(300) }) },
      { _tag: "Append", ...what, entries: [JSON.stringify({ text: `hello ${number} `.repeat(10) })] }
    ]
  })
})

/** A database of so many sessions. */
const seed = (filename: string) =>
  Effect.forEach(Array.from({ length: sessionsCount }, (_, number) => number), writeOne, {
    concurrency: 64,
    discard: true
  }).pipe(Effect.provide(Layer.fresh(SqliteAdapter.layer({ filename }))))

class Sessions extends Context.Service<Sessions, { readonly folder: string; readonly database: string }>()(
  "test/Sessions"
) {
  static readonly layer = Layer.effect(
    Sessions,
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const database = join(folder, "many.db")
      yield* seed(database)
      return { folder, database }
    })
  )
}

const bounded = { environment: { NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` } }

const start = (args: ReadonlyArray<string>) => startProgram(args, bounded)

const holdfast = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const child = yield* start(args)
  const { code, errors, signal } = yield* child.close
  assert.deepStrictEqual([code, signal], [0, null], errors)
  return child.lines.join("\n")
}, Effect.scoped)

const numbersOf = (json: string) => JSON.parse(json) as { readonly [name: string]: unknown }

/** Waits until the files of a store or a bundle have grown to so many bytes. */
const grown = (files: ReadonlyArray<string>, bytes: number) =>
  Effect.suspend(() => {
    const size = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
    return size > bytes ? Effect.void : Effect.fail("early")
  }).pipe(Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 100_000 }))

const checkWhole = Effect.fnUntraced(function*(database: string) {
  const { entries, isSound, sessions } = numbersOf(yield* holdfast(["verify", "--store", database, "--json"]))
  assert.deepStrictEqual([sessions, entries, isSound], [sessionsCount, sessionsCount, true])
})

const prepared = Layer.mergeAll(programLayer, Sessions.layer).pipe(
  Layer.provideMerge([NodeFileSystem.layer, NodePath.layer])
)

layer(prepared, { excludeTestServices: true })("a hundred thousand sessions", (it) => {
  it.effect("are listed by the newest twenty, and go through a pipe from one store to another", () =>
    Effect.gen(function*() {
      const { database, folder } = yield* Sessions
      const listed = numbersOf(yield* holdfast(["ls", "--store", database, "--limit", "20", "--json"]))
      assert.lengthOf(listed["sessions"] as ReadonlyArray<unknown>, 20)
      assert.isTrue(listed["hasMore"])
      const { file } = yield* Program
      const target = join(folder, "piped.db")
      const command = `"$0" "$1" export --store "$2" | "$0" "$1" import - --store "$3" --json`
      const piping = yield* startChild(["/bin/sh", "-c", command, process.execPath, file, database, target], bounded)
      const { code, errors } = yield* piping.close
      assert.strictEqual(code, 0, errors)
      assert.strictEqual(numbersOf(piping.lines.join("\n"))["imported"], sessionsCount)
      yield* checkWhole(target)
    }))

  it.effect("are copied and compared, also after a copy that was killed in the middle, and none is doubled", () =>
    Effect.gen(function*() {
      const { database, folder } = yield* Sessions
      const target = join(folder, "copy.db")
      const copying = ["copy", "--from", database, "--to", target]
      const dying = yield* start(copying)
      yield* grown([target, `${target}-wal`], 20_000_000)
      assert.strictEqual((yield* dying.kill).signal, "SIGKILL")
      const ended = numbersOf(yield* holdfast([...copying, "--verify", "--json"]))
      assert.strictEqual(Number(ended["copied"]) + Number(ended["same"]), sessionsCount)
      assert.isAbove(Number(ended["same"]), 0)
      assert.isAbove(Number(ended["copied"]), 0)
      assert.deepStrictEqual(ended["differing"], [])
      yield* checkWhole(target)
    }))

  it.effect("are in a bundle once, also after an export that was killed in the middle", () =>
    Effect.gen(function*() {
      const { database, folder } = yield* Sessions
      const bundle = join(folder, "bundle.ndjson")
      const exporting = ["export", "--store", database, "--out", bundle]
      const dying = yield* start(exporting)
      yield* grown([bundle], 20_000_000)
      assert.strictEqual((yield* dying.kill).signal, "SIGKILL")
      const ended = numbersOf(yield* holdfast([...exporting, "--json"]))
      assert.strictEqual(ended["sessions"], sessionsCount)
      assert.isAbove(Number(ended["kept"]), 0)
      const ids = readFileSync(bundle, "utf8").split("\n").flatMap((line) =>
        /^\{"_tag":"session".*?"id":"(.*?)"/.exec(line)?.[1] ?? []
      )
      assert.deepStrictEqual([ids.length, new Set(ids).size], [sessionsCount, sessionsCount])
    }))
})
