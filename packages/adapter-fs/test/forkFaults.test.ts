/** Forks of sessions in files that are cut short, or whose sources others write to meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, Session, SessionStore, StorageAdapter } from "@holdfast/core"
import { Effect, Fiber, Latch, Option, Schema, Stream } from "effect"
import * as path from "node:path"
import type { FaultRule } from "../src/testing/FaultyFileSystem.ts"
import { interceptFileSystem } from "../src/testing/intercept.ts"
import { type Adapter, append, commit, contentOf, faulty, open, place, put, quickFolder, visit } from "./kit.ts"

const Note = Session.define("note", { state: Schema.Json, entry: Schema.Json })

const notesOver = (adapter: Adapter) => Effect.provideService(SessionStore.make(Note), StorageAdapter, adapter)

const source = makeKey("source", ["acct"])
const copy = makeKey("copy", ["acct"])

const content = Option.some<{ state: unknown; entries: ReadonlyArray<unknown> }>({ state: 1, entries: ["a", "b"] })

// What fails of a fork: the log of its entries, the head, its name. The source's files are let be.
const cuts: ReadonlyArray<readonly [what: string, rule: Omit<FaultRule, "path">]> = [
  ["writes meet a full disk", { operation: "write", code: "ENOSPC" }],
  ["writes are torn", { operation: "write", code: "EIO", bytesBefore: 20 }],
  ["syncs fail", { operation: "sync", code: "EIO" }],
  ["the second sync fails", { operation: "sync", code: "EIO", calls: (call) => call === 2 }],
  ["renames fail", { operation: "rename", code: "EIO" }],
  ["renames fail after they were done", { operation: "rename", code: "EIO", afterwards: true }]
]

describe.each(cuts)("a fork where %s", (_, rule) => {
  it.live.each(["rename", "slots"] as const)(
    "is there whole or not at all, and can be made again, with %s",
    (protocol) =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) => commit(adapter, put(source, 1), append(source, ["a", "b"])))
        const fileSystem = faulty([{ ...rule, path: /\/copy\./ }])
        const made = yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const made = yield* Effect.result((yield* notesOver(adapter)).fork(source, { id: copy.id }))
            assert.deepStrictEqual(yield* contentOf(adapter, source), content)
            return made
          }), { commit: protocol, fileSystem })
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const found = yield* contentOf(adapter, copy)
            const isThere = Option.isSome(found)
            if (isThere) assert.deepStrictEqual(found, content)
            if (made._tag === "Success") assert.isTrue(isThere)
            if (
              made._tag === "Failure" && made.failure._tag === "StorageError" && made.failure.outcome === "notApplied"
            ) {
              assert.isFalse(isThere)
            }
            const again = yield* Effect.result((yield* notesOver(adapter)).fork(source, { id: copy.id }))
            assert.strictEqual(again._tag, isThere ? "Failure" : "Success")
            assert.deepStrictEqual(yield* contentOf(adapter, copy), content)
          }), { commit: protocol })
        assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, copy)), content)
      })
  )
})

describe("a fork", () => {
  it.live("of a session whose log goes on in another file has all entries", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<FaultRule> = []
      const adapter = yield* open(folder, { fileSystem: faulty(rules) })
      yield* commit(adapter, put(source, 0), append(source, ["a"]))
      yield* commit(adapter, append(source, ["b"]))
      rules.push({ operation: "sync", path: /source\.entries/, code: "EIO" })
      yield* Effect.flip(commit(adapter, append(source, ["lost"])))
      rules.length = 0
      yield* commit(adapter, append(source, ["c"]))
      yield* commit(adapter, put(source, 1), append(source, ["d"]))
      const entries = ["a", "b", "c", "d"]
      assert.deepStrictEqual(yield* contentOf(adapter, source), Option.some({ state: 1, entries }))
      yield* (yield* notesOver(adapter)).fork(source, { id: copy.id })
      for (const reader of [adapter, yield* open(folder)]) {
        assert.deepStrictEqual(yield* contentOf(reader, copy), Option.some({ state: 1, entries }))
      }
    }))

  it.live("of a session that was another program's is made of what was adopted", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, path.join("acct", "source.json"), JSON.stringify({ title: "theirs" }))
      const adopt = Session.adopter(Note, (json) => Option.some({ state: json as Schema.Json, updatedAt: 1_000 }))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const forked = yield* (yield* notesOver(adapter)).fork(source, { id: copy.id })
          assert.deepStrictEqual([forked.state, forked.entryCount], [{ title: "theirs" }, 0])
        }), { adopt })
      const found = yield* visit(folder, (adapter) => contentOf(adapter, copy))
      assert.deepStrictEqual(found, Option.some({ state: { title: "theirs" }, entries: [] }))
    }))

  it.live.each(["rename", "slots"] as const)(
    "of a session that others write to is always of one version, with %s",
    (protocol) =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const [first, second] = [yield* open(folder, { commit: protocol }), yield* open(folder, { commit: protocol })]
        const [writer, forker] = [yield* notesOver(first), yield* notesOver(second)]
        yield* writer.create(0, { ...source })
        // The state is the number of entries: a mixture of two versions is recognised.
        const writing = Effect.forEach(Array(40).keys(), (index) =>
          writer.commit(source, { state: index + 1, entries: [`${index}`] }), { discard: true })
        const forking = Effect.forEach(Array(40).keys(), (index) =>
          forker.fork(source, { id: `copy-${index}` }))
        const [, copies] = yield* Effect.all([writing, forking], { concurrency: "unbounded" })
        for (const { entryCount, key, state } of copies) {
          const entries = Array.from({ length: entryCount }, (_, index) =>
            `${index}`)
          assert.deepStrictEqual(yield* contentOf(first, key), Option.some({ state, entries }))
          assert.strictEqual(state, entryCount)
        }
      })
  )

  it.live("of a session that is removed and made again all the time is of one life or fails", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [first, second] = [yield* open(folder), yield* open(folder)]
      const [writer, forker] = [yield* notesOver(first), yield* notesOver(second)]
      const live = (n: number) =>
        Effect.andThen(
          writer.create(n, { ...source, entries: Array.from({ length: n % 5 }, () => n) }),
          writer.remove(source)
        )
      const writing = Effect.forEach(Array(40).keys(), live, { discard: true })
      const forking = Effect.forEach(
        Array(60).keys(),
        (index) => Effect.result(forker.fork(source, { id: `copy-${index}` }))
      )
      const [, results] = yield* Effect.all([writing, forking], { concurrency: "unbounded" })
      for (const result of results) {
        if (result._tag === "Failure") {
          const { _tag } = result.failure
          assert.isTrue(
            _tag === "SessionNotFound" || _tag === "StorageError" && result.failure.reason._tag === "Busy",
            _tag
          )
          continue
        }
        const { key, state } = result.success
        const entries = Array.from({ length: Number(state) % 5 }, () => state)
        assert.deepStrictEqual(yield* contentOf(first, key), Option.some({ state, entries }))
      }
    }))

  it.live("of a session whose newest entry comes to nothing while it is read is of one version", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [hangs, released, mayRead] = yield* Effect.all([Latch.make(), Latch.make(), Latch.make()])
      let isFailing = false
      const failing = faulty([{ operation: "sync", path: /source\.entries/, code: "EIO", calls: () => isFailing }])
      const fileSystem = interceptFileSystem(
        failing,
        (call, effect) =>
          isFailing && call.operation === "sync" && call.path.includes("source.entries")
            ? Effect.andThen(hangs.open, Effect.andThen(released.await, effect))
            : effect
      )
      const adapter = yield* open(folder, { fileSystem })
      yield* commit(adapter, put(source, 2), append(source, ["a", "b"]))
      yield* commit(adapter, append(source, []))
      isFailing = true
      const appending = yield* Effect.forkChild(Effect.flip(commit(adapter, append(source, ["nothing"]))), {
        startImmediately: true
      })
      yield* hangs.await
      const loaded = yield* Latch.make()
      const notes = yield* notesOver({
        ...adapter,
        load: (key) => Effect.tap(adapter.load(key), () => loaded.open),
        entries: (key, range) => Stream.unwrap(Effect.as(mayRead.await, adapter.entries(key, range)))
      })
      const forking = yield* Effect.forkChild(notes.fork(source, { id: copy.id }), { startImmediately: true })
      yield* loaded.await
      yield* released.open
      assert.strictEqual((yield* Fiber.join(appending)).outcome, "unknown")
      isFailing = false
      yield* commit(adapter, put(source, 3), append(source, ["c"]))
      yield* mayRead.open
      yield* Fiber.join(forking)
      const whole = [{ state: 2, entries: ["a", "b"] }, { state: 3, entries: ["a", "b", "c"] }]
      assert.deepInclude(whole, Option.getOrThrow(yield* contentOf(adapter, copy)))
    }))
})
