import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { listed, loaded, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { makeNamespace, mountPassthrough } from "../../../../testing/real/mounts.ts"
import { save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"
import { inStore, litterIn } from "./judge.ts"

const tempsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".tmp"))

/** A store with a session, and a leftover of a write that looks like one of a program that died. */
const withLeftover = Effect.gen(function*() {
  const directory = join(yield* temporaryFolder, "store")
  yield* inStore({ directory }, (ask) => ask(save("a", "one")))
  const leftover = join(directory, `a.json.${"0".repeat(20)}.tmp`)
  copyFileSync(join(directory, "a.json"), leftover)
  return { directory, leftover }
})

layer(program, { excludeTestServices: true })("two processes on one store", (it) => {
  it.effect("tell each other of a session that one of them adopts", () =>
    Effect.gen(function*() {
      const directory = join(yield* temporaryFolder, "store")
      const watching = yield* Effect.provide(FsAdapter.make({ directory }), NodeServices.layer)
      const stream = yield* watching.changes
      writeFileSync(join(directory, "left.json.tmp"), JSON.stringify({ title: "left", text: "behind" }))
      const { opened } = yield* startApp({ directory, adopt: "notes" })
      assert.strictEqual((yield* opened)._tag, "Opened")
      const [first] = yield* Stream.runCollect(Stream.take(stream, 1))
      assert.isTrue(first?._tag === "Changed" && first.key.id === "left")
    }))

  it.effect("do not take each other's files from under a save that is on its way", () =>
    Effect.gen(function*() {
      const namespace = yield* makeNamespace
      const { backing, folder, held, tell } = yield* mountPassthrough(namespace, yield* temporaryFolder)
      const start = startApp({ directory: folder, under: namespace.enter })
      const ledger = makeLedger()
      const slow = yield* start
      yield* changeAll(slow.ask, ledger, [save("a", "one"), save("b", "one")])

      yield* tell({ hold: String.raw`/(a|new)\.json\.[0-9a-f]+\.tmp$` })
      const onTheWay = [save("a", "two"), save("new", "one")]
      const lanes = yield* slow.run(onTheWay.map((change) => [change]))
      yield* held(onTheWay.length)
      const temps = tempsIn(backing)
      assert.lengthOf(temps, onTheWay.length)
      const quick = yield* start
      yield* changeAll(quick.ask, ledger, [save("b", "two")])
      assert.strictEqual(loaded(yield* quick.ask({ name: "load", key: "a" })).state.text, "one")
      const { complete, keys } = listed(yield* quick.ask({ name: "list" }))
      assert.deepStrictEqual([complete, keys], [true, ["a", "b"]])
      yield* quick.close
      for (const temp of temps) assert.include(tempsIn(backing), temp)

      yield* tell({})
      yield* slow.close
      for (const { answer } of lanes.flat()) written(answer()!)
      ledger.noteLanes(lanes)
      yield* judge(ledger, (yield* start).ask)
      assert.deepStrictEqual(litterIn(backing), [])
    }))

  it.effect("leave leftovers alone while both are there, and clear them when one is", () =>
    Effect.gen(function*() {
      const { directory, leftover } = yield* withLeftover
      const other = yield* startApp({ directory })
      yield* other.opened
      copyFileSync(join(directory, "a.json"), leftover)
      yield* inStore({ directory }, () => Effect.sync(() => assert.isTrue(existsSync(leftover))))
      assert.strictEqual((yield* other.kill).signal, "SIGKILL")
      // The kernel gives the dead process's lock up with it: nothing is waited for.
      yield* inStore({ directory }, () => Effect.sync(() => assert.isFalse(existsSync(leftover))))
      assert.deepStrictEqual(litterIn(directory), [])
    }))

  it.effect("save to the same namespace at the same time, and each lists what both saved", () =>
    Effect.gen(function*() {
      const directory = join(yield* temporaryFolder, "store")
      const ledger = makeLedger()
      const apps = yield* Effect.all([startApp({ directory }), startApp({ directory, commit: "slots" })])
      const runs = yield* Effect.forEach(
        apps,
        (app, index) =>
          app.run(
            ["x", "y"].map((name) =>
              Array.from({ length: 10 }, (_, count) => save(`acct/org/${name}${index}`, `${count}`))
            )
          )
      )
      yield* Effect.forEach(apps, (app) => app.answers(21), { concurrency: "unbounded" })
      for (const lanes of runs) {
        for (const { answer } of lanes.flat()) written(answer()!)
        ledger.noteLanes(lanes)
      }
      for (const app of apps) yield* judge(ledger, app.ask)
      assert.deepStrictEqual(litterIn(directory), [])
    }))

  it.effect("wait for each other to open: none is left out and nothing is cleared twice", () =>
    Effect.gen(function*() {
      const { directory, leftover } = yield* withLeftover
      const apps = yield* Effect.all(Array.from({ length: 4 }, () => startApp({ directory })), {
        concurrency: "unbounded"
      })
      const ledger = makeLedger()
      for (const [index, { ask }] of apps.entries()) yield* changeAll(ask, ledger, [save(`${index}`, "one")])
      yield* changeAll(apps[0]!.ask, ledger, [save("a", "two")])
      for (const app of apps) assert.strictEqual((yield* app.close).code, 0)
      yield* inStore({ directory }, (ask) => judge(ledger, ask))
      assert.isFalse(existsSync(leftover))
    }))

  it.effect("adopt nothing over a save that another one acknowledged meanwhile", () =>
    Effect.gen(function*() {
      const namespace = yield* makeNamespace
      const { backing, folder, held, tell } = yield* mountPassthrough(namespace, yield* temporaryFolder)
      const ledger = makeLedger()
      const writer = yield* startApp({ directory: backing })
      yield* writer.opened
      writeFileSync(join(backing, "x.json.tmp"), JSON.stringify({ title: "x", text: "another program's" }))
      yield* tell({ hold: String.raw`/x\.json\.[0-9a-f]+\.tmp$` })
      const adopting = yield* startApp({ directory: folder, adopt: "notes", under: namespace.enter })
      yield* held(1)
      yield* changeAll(writer.ask, ledger, [save("x", "acknowledged")])
      yield* tell({})
      yield* adopting.opened
      // The other program's file was not adopted, so it would be a row of the listing.
      rmSync(join(backing, "x.json.tmp"))
      yield* judge(ledger, writer.ask)
    }))
})
