/**
 * Measuring a disk as sessions use it: each kind of call again and again for its share of the time, one after the other.
 *
 * All of it happens in a store of its own beside the one that was named, which goes with the scope. What the disk does
 * by itself, a small file that is written and flushed, is measured with the same size in the same folder.
 */
import { makeKey, randomId, type StorageAdapter, type StorageError } from "@holdfast/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { makeProgress } from "../output/progress.ts"

/** How long calls of one kind took, in milliseconds, from the shortest on. */
export interface Measured {
  readonly what: "flush" | "save" | "append" | "load" | "list"
  readonly millis: ReadonlyArray<number>
}

// What a session of an app is like: a few kilobytes of state, and short entries.
const stateBytes = 4096
const entryBytes = 256

/** How many sessions the saves go round over, and so how many a listing has. */
export const sessionsMax = 200

const state = JSON.stringify({ title: "bench", text: "x".repeat(stateBytes) })
const entry = JSON.stringify({ text: "x".repeat(entryBytes) })

const keyAt = (turn: number) => makeKey(`bench-${turn % sessionsMax}`, ["bench"])

const what = { kind: "Bench", schemaVersion: 1, expect: "any" } as const

type Adapter = StorageAdapter["Service"]

const save = (adapter: Adapter, turn: number) =>
  adapter.commit({
    writeId: randomId(),
    operations: [{ _tag: "Put", key: keyAt(turn), ...what, summary: "{}", body: state }]
  })

// The first session is there by then: saves come before.
const append = (adapter: Adapter) =>
  adapter.commit({
    writeId: randomId(),
    operations: [{ _tag: "Append", key: keyAt(0), ...what, entries: [entry] }]
  })

/** Writes a small file anew and waits until the disk has it, in every turn. */
const flushIn = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const file = (yield* Path.Path).join(folder, "flush")
  const bytes = new TextEncoder().encode(state)
  return () =>
    Effect.scoped(Effect.gen(function*() {
      const open = yield* fileSystem.open(file, { flag: "w" })
      yield* open.writeAll(bytes)
      yield* open.sync
    }))
})

/** Calls again and again until its time is over; at least once, so that a slow disk is told as well. */
const repeat = Effect.fnUntraced(function*(
  { millis: limit, name }: { readonly name: Measured["what"]; readonly millis: number },
  call: Call,
  tick: (more: number) => Effect.Effect<void>
) {
  const millis: Array<number> = []
  const start = yield* Clock.monotonicTimeNanos
  let last = start
  for (let turn = 0; turn === 0 || Number(last - start) / 1e6 < limit; turn++) {
    yield* call(turn)
    const now = yield* Clock.monotonicTimeNanos
    millis.push(Number(now - last) / 1e6)
    last = now
    yield* tick(1)
  }
  return { what: name, millis: millis.toSorted((self, that) => self - that) } satisfies Measured
})

type Call = (turn: number) => Effect.Effect<unknown, StorageError | PlatformError>

const shares: { readonly [name in Measured["what"]]: number } = {
  flush: 0.15,
  save: 0.35,
  append: 0.25,
  load: 0.1,
  list: 0.15
}

/** Measures a store that is empty, and the folder that it lies in. */
export const measure = Effect.fnUntraced(function*(adapter: Adapter, folder: string, seconds: number) {
  const flush = yield* flushIn(folder)
  const calls: { readonly [name in Measured["what"]]: Call } = {
    flush,
    save: (turn: number) => save(adapter, turn),
    append: () => append(adapter),
    load: (turn: number) => adapter.load(keyAt(turn)),
    list: () => Stream.runDrain(adapter.list({ namespace: [], order: "updatedAt" }))
  }
  const measured: Array<Measured> = []
  for (const name of ["flush", "save", "append", "load", "list"] as const) {
    const millis = seconds * 1000 * shares[name]
    measured.push(
      yield* Effect.scoped(
        Effect.flatMap(makeProgress(`measuring: ${name}`, 0), (tick) => repeat({ name, millis }, calls[name], tick))
      )
    )
  }
  return measured
})
