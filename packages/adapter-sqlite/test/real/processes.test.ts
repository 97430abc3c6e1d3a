import { assert, layer } from "@effect/vitest"
import type { Change as Told } from "@holdfast/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { readdirSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { type App, loaded, refusal, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"
import { changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { append, type Change, save } from "../../../../testing/real/notes.ts"
import { type Adapter, open } from "../stores.ts"
import { answerOf, idsOf, save as saveIn } from "../verbs.ts"
import { inStore, program, startApp } from "./app.ts"

const filenameIn = Effect.map(temporaryFolder, (folder) => join(folder, "sessions.db"))

/** Processes on one store, all of them open. */
const startMany = Effect.fnUntraced(function*(filename: string, count: number) {
  const apps = yield* Effect.all(Array.from({ length: count }, () => startApp({ filename })), {
    concurrency: "unbounded"
  })
  for (const app of apps) assert.strictEqual((yield* app.opened)._tag, "Opened")
  return apps
})

/** Runs the same lanes in every process at once, to the end, and gives the answers. */
const runAll = Effect.fnUntraced(
  function*(apps: ReadonlyArray<App>, lanes: (app: number) => ReadonlyArray<ReadonlyArray<Change>>) {
    const runs = yield* Effect.forEach(apps, (app, index) => app.run(lanes(index)))
    yield* Effect.forEach(apps, (app, index) => app.answers(1 + runs[index]!.flat().length), {
      concurrency: "unbounded"
    })
    return runs
  }
)

/** A process that keeps hold of a database. */
const startHolder = Effect.fnUntraced(function*(filename: string, sql: string) {
  const source = `const { DatabaseSync } = require("node:sqlite"); const db = new DatabaseSync(${
    JSON.stringify(filename)
  });
    db.exec(${JSON.stringify(sql)}); console.log("held"); process.stdin.resume()`
  const holder = yield* startChild([process.execPath, "-e", source])
  yield* holder.see((lines) => lines[0])
  return holder
})

/** Runs an effect and tells for how long at most the event loop did nothing else, in milliseconds. */
const longestGap = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  let longest = 0
  let last = yield* Clock.currentTimeMillis
  const ticking = Effect.gen(function*() {
    yield* Effect.sleep("1 millis")
    const now = yield* Clock.currentTimeMillis
    longest = Math.max(longest, now - last)
    last = now
  })
  const ticker = yield* Effect.forkChild(Effect.forever(ticking))
  const result = yield* effect
  yield* Fiber.interrupt(ticker)
  return { longest, result }
})

layer(program, { excludeTestServices: true })("processes on one store", (it) => {
  it.effect("update one session 200 times together: no update and no entry is lost", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      yield* inStore({ filename }, (ask) => Effect.map(ask(save("shared", "0")), written))
      const apps = yield* startMany(filename, 4)
      const runs = yield* runAll(apps, (app) => [
        Array.from({ length: 50 }, (): Change => ({ name: "count", key: "shared" })),
        Array.from({ length: 25 }, (_, index) => append("shared", `${app}/${index}`))
      ])
      const answers = runs.flatMap((lanes) => lanes.flat()).map(({ answer }) => answer()!)
      const versions = answers.map((answer) => written(answer).version)
      assert.strictEqual(new Set(versions).size, 300)
      for (const app of apps) {
        const { entries, state, version } = loaded(yield* app.ask({ name: "load", key: "shared" }))
        assert.strictEqual(state.text, "200")
        assert.strictEqual(version, Math.max(...versions))
        const all = [0, 1, 2, 3].flatMap((each) => Array.from({ length: 25 }, (_, index) => `${each}/${index}`))
        assert.deepStrictEqual(entries.toSorted(), all.toSorted())
      }
    }))

  it.effect("begin it together: one makes it, and each sees what the others saved", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      const apps = yield* startMany(filename, 4)
      const ledger = makeLedger()
      const runs = yield* runAll(
        apps,
        (app) => [[save(`acct/${app}`, "one"), save(`acct/${app}`, "two")], [save(`${app}`, "one")]]
      )
      for (const lanes of runs) ledger.noteLanes(lanes)
      for (const app of apps) yield* judge(ledger, app.ask)
      for (const app of apps) assert.strictEqual((yield* app.close).code, 0)
      yield* inStore({ filename }, (ask) => judge(ledger, ask))
    }))

  it.effect("outlive each other: who is killed with a transaction begun leaves nothing of it and no lock", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      const [app] = yield* startMany(filename, 1)
      const ledger = makeLedger()
      yield* changeAll(app!.ask, ledger, [save("a", "one")])
      const holder = yield* startHolder(filename, "BEGIN IMMEDIATE; UPDATE sessions SET kind = 'other', summary = ''")
      yield* app!.run([[save("a", "two")]])
      yield* holder.kill
      yield* app!.answers(3)
      yield* changeAll(app!.ask, ledger, [save("a", "three"), append("a", "entry")])
      yield* judge(ledger, app!.ask)
    }))

  it.effect("tell each other of changes, of a burst the newest version of every session", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      const adapter: Adapter = yield* open({ filename })
      const told: Array<Told> = []
      const changes = yield* adapter.changes
      yield* Effect.forkChild(Stream.runForEach(changes, (change) => Effect.sync(() => told.push(change))), {
        startImmediately: true
      })
      const apps = yield* startMany(filename, 2)
      const runs = yield* runAll(apps, (app) =>
        Array.from({ length: 5 }, (_, lane) =>
          Array.from({ length: 40 }, (_, index) =>
            save(`${app}-${lane}`, `${index}`))))
      const newest = runs.flatMap((lanes) =>
        lanes.map((lane) => written(lane.at(-1)!.answer()!).version)
      )
      const isTold = () =>
        newest.every((version) => told.some((change) => change._tag === "Changed" && change.version === version))
      yield* Effect.timeout(Effect.repeat(Effect.sleep("10 millis"), { until: isTold }), "5 seconds")
      // Versions of one session rise, and no change is told twice.
      for (const id of ["0-0", "1-4"]) {
        const versions = told.flatMap((change) =>
          change._tag !== "Missed" && change.key.id === id ? [change.version] : []
        )
        assert.deepStrictEqual(versions, [...new Set(versions)].toSorted((self, that) => self - that))
      }
      written(yield* apps[0]!.ask({ name: "remove", key: "0-0" }))
      const isRemoved = () => told.some((change) => change._tag === "Removed" && change.key.id === "0-0")
      yield* Effect.timeout(Effect.repeat(Effect.sleep("10 millis"), { until: isRemoved }), "5 seconds")
    }))
})

layer(program, { excludeTestServices: true })("while another process keeps the database locked", (it) => {
  it.effect("a save is Busy in time, the event loop goes on, and reads are served", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      const adapter = yield* open({ filename, busyTimeout: "1500 millis" })
      yield* saveIn(adapter, "a", 1)
      const holder = yield* startHolder(filename, "BEGIN EXCLUSIVE")
      const begun = yield* Clock.currentTimeMillis
      const { longest, result } = yield* longestGap(Effect.all([
        answerOf(saveIn(adapter, "a", 2)),
        answerOf(saveIn(adapter, "b", 2)),
        Effect.all(Array.from({ length: 20 }, () => Effect.delay(idsOf(adapter), "20 millis")))
      ], { concurrency: "unbounded" }))
      const passed = (yield* Clock.currentTimeMillis) - begun
      assert.deepStrictEqual([result[0], result[1]], ["Busy", "Busy"])
      for (const ids of result[2]) assert.deepStrictEqual(ids, ["a"])
      assert.isTrue(passed >= 1_400, `Busy after ${passed} ms`)
      // A loop that waits in place does nothing else for all that time.
      assert.isBelow(longest, passed / 2, "the longest time for which the event loop did nothing else")
      yield* holder.kill
      yield* saveIn(adapter, "a", 3)
    }))

  it.effect("from readers too, every call is Busy in time, and works when it is free", () =>
    Effect.gen(function*() {
      const filename = yield* filenameIn
      const ledger = makeLedger()
      yield* inStore({ filename }, (ask) => changeAll(ask, ledger, [save("a", "one")]))
      const holder = yield* startHolder(filename, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
      const app = yield* startApp({ filename, busyTimeout: 300 })
      assert.deepStrictEqual(refusal(yield* app.opened), ["Busy", "notApplied"])
      const waiting = yield* startApp({ filename, busyTimeout: 20_000 })
      yield* Effect.sleep("300 millis")
      yield* holder.kill
      yield* judge(ledger, waiting.ask)
      yield* changeAll(waiting.ask, ledger, [save("a", "two")])
    }))
})

/** The files of a folder that this process has open. */
const descriptorsIn = (folder: string): ReadonlyArray<string> =>
  readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target.startsWith(folder) ? [target.slice(folder.length + 1)] : []
    } catch {
      // It was closed meanwhile.
      return []
    }
  }).toSorted()

layer(program, { excludeTestServices: true })("the files that a process has open", (it) => {
  it.effect("are those of one connection and one lock, however many instances there are, and none at the end", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "sessions.db")
      const left = yield* Effect.scoped(Effect.gen(function*() {
        const adapters = yield* Effect.all(Array.from({ length: 5 }, () => open({ filename })))
        yield* Effect.forEach(adapters, (adapter, index) => saveIn(adapter, `${index}`, index))
        assert.deepStrictEqual(descriptorsIn(folder), [
          "sessions.db",
          "sessions.db-lock",
          "sessions.db-shm",
          "sessions.db-wal"
        ])
        return adapters[0]!
      }))
      assert.deepStrictEqual(descriptorsIn(folder), [])
      yield* left.probe
      assert.strictEqual(yield* answerOf(idsOf(left)), "Closed")
      assert.deepStrictEqual(descriptorsIn(folder), [])
    }))

  it.effect("do not pile up while somebody else is alone in the store", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "sessions.db")
      yield* inStore({ filename }, (ask) => Effect.asVoid(ask(save("a", "one"))))
      yield* startHolder(`${filename}-lock`, "BEGIN EXCLUSIVE")
      const opening = yield* Effect.forkChild(answerOf(Effect.scoped(open({ filename, busyTimeout: "800 millis" }))))
      yield* Effect.sleep("500 millis")
      assert.isAtMost(descriptorsIn(folder).length, 2)
      assert.strictEqual(yield* Fiber.join(opening), "Busy")
      assert.deepStrictEqual(descriptorsIn(folder), [])
    }))

  it.effect("are none after a save that waited for a lock while its store was closed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "sessions.db")
      yield* inStore({ filename }, (ask) => Effect.map(ask(save("a", "one")), written))
      const holder = yield* startHolder(filename, "BEGIN EXCLUSIVE")
      const waiting = yield* Effect.scoped(Effect.gen(function*() {
        const adapter = yield* open({ filename, busyTimeout: "20 seconds", closeTimeout: "50 millis" })
        const saving = yield* Effect.forkDetach(answerOf(saveIn(adapter, "a", 2)))
        yield* Effect.sleep("50 millis")
        return saving
      }))
      assert.strictEqual(yield* Fiber.join(waiting), "OutcomeUnknown")
      assert.deepStrictEqual(descriptorsIn(folder), [])
      yield* holder.kill
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(descriptorsIn(folder), [])
      const seen = loaded(yield* inStore({ filename }, (ask) => ask({ name: "load", key: "a" })))
      assert.strictEqual(seen.state.text, "one")
    }))
})
