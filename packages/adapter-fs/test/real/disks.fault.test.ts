import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failed, listed, loaded, refusal, temporaryFolder, written } from "../../../../testing/real/app.ts"
import { change, changeAll, judge, namesIn } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { makeNamespace, mountMemory } from "../../../../testing/real/mounts.ts"
import { type Answer, append, type Change, save } from "../../../../testing/real/notes.ts"
import { type AppOptions, program, startApp } from "./app.ts"
import { litterIn } from "./judge.ts"

const protocols = ["rename", "slots"] as const

/** A small disk, and a store on it. */
const smallDisk = Effect.fnUntraced(function*(size: string) {
  const namespace = yield* makeNamespace
  const disk = yield* temporaryFolder
  yield* mountMemory(namespace, disk, size)
  const directory = join(disk, "store")
  const start = (commit: "auto" | "rename" | "slots", options?: Partial<AppOptions>) =>
    startApp({ directory, commit, under: namespace.enter, ...options })
  return { namespace, disk, directory, start, outside: namespace.outside(directory) }
})

/** How many of the answers say that there was no space; all others are acknowledgements. */
const refusedCount = (answers: ReadonlyArray<Answer>): number => {
  const refused = answers.filter((answer) => answer._tag !== "Written")
  for (const answer of refused) assert.deepStrictEqual(refusal(answer), ["NoSpace", "notApplied"])
  return refused.length
}

const kilobytes = (count: number): string => "x".repeat(count * 1024)

layer(program, { excludeTestServices: true })("on a full disk", (it) => {
  it.effect.each(protocols)(
    "a save is refused whole, and works once there is space, in %s",
    (commit) =>
      Effect.gen(function*() {
        const { outside, start } = yield* smallDisk("1500k")
        const ledger = makeLedger()
        const { ask } = yield* start(commit)
        const ballast = join(outside, "..", "ballast")
        const crumb = join(outside, "..", "crumb")
        writeFileSync(ballast, kilobytes(800))
        writeFileSync(crumb, kilobytes(12))
        yield* changeAll(ask, ledger, [save("early", kilobytes(10)), append("early", "hello")])
        const fill = Array.from({ length: 40 }, (_, index) => save(`acct/fill-${index}`, kilobytes(20)))
        assert.isAbove(refusedCount(yield* change(ask, ledger, fill)), 10)

        // Room for the beginning of a write, not for all of it.
        rmSync(crumb)
        const names = namesIn(outside)
        const more: ReadonlyArray<Change> = [
          save("early", kilobytes(60)),
          append("early", kilobytes(60)),
          append("early", `again ${kilobytes(60)}`),
          { name: "commit", key: "early", state: { title: "early", text: "two" }, entries: [`both ${kilobytes(60)}`] },
          save("other/new", kilobytes(60))
        ]
        assert.strictEqual(refusedCount(yield* change(ask, ledger, more)), more.length)
        assert.deepStrictEqual(
          namesIn(outside).filter((name) => name !== "other"),
          names,
          "a refused save leaves nothing"
        )
        yield* judge(ledger, ask)
        const late = yield* start(commit)
        yield* judge(ledger, late.ask)

        rmSync(ballast)
        yield* changeAll(ask, ledger, more)
        yield* changeAll(late.ask, ledger, more)
        yield* judge(ledger, late.ask)
        assert.deepStrictEqual(litterIn(outside), [])
      })
  )

  it.effect("what there is no room to set aside stays as it is, and no part of it piles up", () =>
    Effect.gen(function*() {
      const { outside, start } = yield* smallDisk("256k")
      const first = yield* start("auto")
      written(yield* first.ask(save("a", "one")))
      yield* first.close
      const ballast = join(outside, "..", "ballast")
      const foreign = join(outside, "foreign.json")
      const text = JSON.stringify({ title: "foreign", text: kilobytes(60) })
      writeFileSync(foreign, text)
      writeFileSync(ballast, kilobytes(256 - 60 - 4 * 12))
      const names = namesIn(outside)
      for (let life = 0; life < 2; life++) {
        const { ask, close } = yield* start("auto", { adopt: "notes" })
        const { complete, keys, unreadable } = listed(yield* ask({ name: "list" }))
        assert.deepStrictEqual([complete, keys, unreadable.length], [false, ["a"], 1])
        yield* close
        assert.deepStrictEqual(namesIn(outside).filter((name) => name !== "lost-found"), names)
        assert.strictEqual(readFileSync(foreign, "utf8"), text)
      }
      rmSync(ballast)
      const { ask } = yield* start("auto", { adopt: "notes" })
      assert.strictEqual(loaded(yield* ask({ name: "load", key: "foreign" })).state.title, "foreign")
      const kept = readdirSync(join(outside, "lost-found")).filter((name) => !name.endsWith(".about.json"))
      assert.lengthOf(kept, 1)
    }))

  it.effect("without free inodes a save is refused that needs a file, and taken when it does not", () =>
    Effect.gen(function*() {
      const { outside, start } = yield* smallDisk("1m,nr_inodes=16")
      const ledger = makeLedger()
      const { ask } = yield* start("slots")
      const saves = Array.from({ length: 10 }, (_, index) => save(`${index}`, "one"))
      assert.isAbove(refusedCount(yield* change(ask, ledger, saves)), 3)
      yield* changeAll(ask, ledger, [save("0", "two"), save("0", "three")])
      yield* judge(ledger, ask)
      yield* judge(ledger, (yield* start("slots")).ask)
      assert.deepStrictEqual(litterIn(outside), [])
    }))
})

layer(program, { excludeTestServices: true })("on a disk that is mounted again", (it) => {
  it.effect("read-only, a store refuses saves as ReadOnly and goes on reading", () =>
    Effect.gen(function*() {
      const { disk, namespace, start } = yield* smallDisk("1m")
      const ledger = makeLedger()
      const first = yield* start("auto")
      yield* changeAll(first.ask, ledger, [save("acct/a", "one"), append("acct/a", "hello"), save("b", "one")])
      yield* first.close
      yield* namespace.run("mount", "-o", "remount,ro", disk)
      const { ask } = yield* start("auto")
      const changes: ReadonlyArray<Change> = [
        save("acct/a", "two"),
        save("new/c", "one"),
        append("acct/a", "lost"),
        { name: "remove", key: "b" }
      ]
      for (const answer of yield* change(ask, ledger, changes)) {
        assert.deepStrictEqual(refusal(answer), ["ReadOnly", "notApplied"])
      }
      yield* judge(ledger, ask)
      yield* namespace.run("mount", "-o", "remount,rw", disk)
      yield* changeAll(ask, ledger, changes)
      yield* judge(ledger, ask)
    }))

  it.effect("over one session's file, a store saves that session in slots", () =>
    Effect.gen(function*() {
      const { directory, namespace, outside, start } = yield* smallDisk("1m")
      const ledger = makeLedger()
      const { ask } = yield* start("auto")
      yield* changeAll(ask, ledger, [save("acct/a", "one"), save("acct/b", "one")])
      const file = join(directory, "acct", "a.json")
      yield* namespace.run("mount", "--bind", file, file)
      const receipts = yield* changeAll(ask, ledger, [
        save("acct/a", "two"),
        save("acct/a", "three"),
        save("acct/a", "four")
      ])
      assert.deepStrictEqual(receipts.map(({ protocol }) => protocol), ["slots", "slots", "slots"])
      yield* judge(ledger, ask)
      const late = yield* start("auto")
      yield* changeAll(late.ask, ledger, [
        save("acct/a", "five"),
        { name: "remove", key: "acct/a" },
        save("acct/a", "again")
      ])
      yield* judge(ledger, late.ask)
      assert.deepStrictEqual(litterIn(outside), [])
    }))

  it.effect("with another store in its place, a store is unreadable rather than served from that one", () =>
    Effect.gen(function*() {
      const { directory, namespace, start } = yield* smallDisk("1m")
      const ledger = makeLedger()
      const { ask } = yield* start("auto")
      yield* changeAll(ask, ledger, [save("a", "one")])
      const other = join(directory, "..", "other")
      mkdirSync(namespace.outside(other))
      const stranger = yield* startApp({ directory: other, under: namespace.enter })
      written(yield* stranger.ask(save("b", "a stranger's")))
      yield* namespace.run("mount", "--bind", other, directory)
      for (const operation of [{ name: "list" } as const, { name: "load", key: "c" } as const, save("c", "one")]) {
        assert.strictEqual(failed(yield* ask(operation))._tag, "DirectoryUnreadable")
      }
      yield* namespace.run("umount", directory)
      yield* judge(ledger, ask)
      assert.strictEqual(loaded(yield* stranger.ask({ name: "load", key: "b" })).state.text, "a stranger's")
    }))
})
